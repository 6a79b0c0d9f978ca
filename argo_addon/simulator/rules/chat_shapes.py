"""Chat Completions as shapes: every parameter that it takes, each role's message.

Source: the Chat Completions reference.
"""

from __future__ import annotations

from argo_addon.simulator.rules.shapes import (
    Anything,
    Either,
    Items,
    Null,
    Number,
    Record,
    Shape,
    Switch,
    Tagged,
    Text,
    either,
    maybe,
)

_OBJECT = Record({}, rest=Anything())
_NAME = Text(pattern="[a-zA-Z0-9_-]+", most=64)

_TEXT = Record({"type": Text(), "text": Text()}, {"prompt_cache_breakpoint": maybe(_OBJECT)})
_IMAGE_URL = Record({"url": Text(least=1)}, {"detail": maybe(Text(("auto", "low", "high")))})
_PARTS: dict[str, Shape] = {
    "text": _TEXT,
    "image_url": Record({"type": Text(), "image_url": _IMAGE_URL}, {"prompt_cache_breakpoint": maybe(_OBJECT)}),
    "input_audio": Record(
        {"type": Text(), "input_audio": Record({"data": Text(), "format": Text(("wav", "mp3"))})},
    ),
    "file": Record(
        {"type": Text(), "file": Record({}, {"file_data": Text(), "file_id": Text(), "filename": Text()})},
    ),
}
_REFUSAL = Record({"type": Text(), "refusal": Text()})


def _content(*kinds: str, refusal: bool = False) -> Either:
    parts = {kind: _PARTS[kind] for kind in kinds} | ({"refusal": _REFUSAL} if refusal else {})
    return either(Text(), Items(Tagged("type", parts), 1))


def _call(identifier: Shape, others: dict[str, Shape]) -> Shape:
    function = Record({"name": Text(least=1), "arguments": Text()})
    return Tagged("type", {"function": Record({"id": identifier, "type": Text(), "function": function}, others)})


def _messages(identifier: Shape, call_extras: dict[str, Shape]) -> Shape:
    named: dict[str, Shape] = {"name": Text()}
    texts, everything = _content("text"), _content("text", "image_url", "input_audio", "file")
    assistant = Record(
        {"role": Text()},
        {
            **named,
            "content": maybe(_content("text", refusal=True)),
            "refusal": maybe(Text()),
            "tool_calls": Items(_call(identifier, call_extras), 1),
            "audio": maybe(_OBJECT),
            "function_call": maybe(_OBJECT),
            "annotations": Items(_OBJECT),
        },
    )
    roles: dict[str, Shape] = {
        "system": Record({"role": Text(), "content": texts}, named),
        "assistant": assistant,
        "user": Record({"role": Text(), "content": everything}, named),
        "function": Record({"role": Text(), "content": either(Text(), Null()), "name": Text()}),
        "tool": Record({"role": Text(), "content": texts, "tool_call_id": identifier}, named),
    }
    return Tagged("role", roles)


_FUNCTION = Record(
    {"name": _NAME},
    {"description": maybe(Text()), "parameters": maybe(_OBJECT), "strict": maybe(Switch())},
)
_GPT_FUNCTION = Record(
    {"name": _NAME},
    {"description": maybe(Text(most=1024)), "parameters": maybe(_OBJECT), "strict": maybe(Switch())},
)


def _tools(function: Shape, most: int | None) -> Shape:
    return Items(Tagged("type", {"function": Record({"type": Text(), "function": function})}), 1, most)


_NAMED_CHOICE = Record({"type": Text(), "function": Record({"name": Text()})})
_ALLOWED = Record(
    {
        "type": Text(),
        "allowed_tools": Record({"mode": Text(("auto", "required")), "tools": Items(_OBJECT, 1)}),
    }
)
_MODES = Text(("none", "auto", "required"))
_JSON_SCHEMA = Record({"name": _NAME}, {"description": Text(), "schema": _OBJECT, "strict": maybe(Switch())})
_RESPONSE_FORMAT = Tagged(
    "type",
    {
        "text": Record({"type": Text()}),
        "json_object": Record({"type": Text()}),
        "json_schema": Record({"type": Text(), "json_schema": _JSON_SCHEMA}),
    },
)
_LIMIT = maybe(Number(1, whole=True))

_COMMON: dict[str, Shape] = {
    "user": Text(),
    "audio": maybe(_OBJECT),
    "frequency_penalty": maybe(Number(-2, 2)),
    "function_call": Anything(),
    "functions": Items(_OBJECT, 1),
    "logit_bias": maybe(_OBJECT),
    "logprobs": maybe(Switch()),
    "max_completion_tokens": _LIMIT,
    "max_tokens": _LIMIT,
    "metadata": maybe(Record({}, rest=Text(most=512))),
    "modalities": maybe(Items(Text(("text",)))),
    "moderation": maybe(_OBJECT),
    "parallel_tool_calls": Switch(),
    "prediction": maybe(_OBJECT),
    "presence_penalty": maybe(Number(-2, 2)),
    "reasoning_effort": maybe(Text(("none", "minimal", "low", "medium", "high", "xhigh", "max"))),
    "response_format": _RESPONSE_FORMAT,
    "safety_identifier": maybe(Text()),
    "seed": maybe(Number(whole=True)),
    "service_tier": maybe(Text(("auto", "default", "flex", "scale", "priority", "fast"))),
    "store": maybe(Switch()),
    "stream": maybe(Switch()),
    "stream_options": maybe(Record({}, {"include_usage": Switch(), "include_obfuscation": Switch()})),
    "temperature": maybe(Number(0, 2)),
    "top_logprobs": maybe(Number(0, 20, whole=True)),
    "top_p": maybe(Number(0, 1)),
    "verbosity": maybe(Text(("low", "medium", "high"))),
    "web_search_options": _OBJECT,
}


def _request(messages: Shape, others: dict[str, Shape]) -> Record:
    return Record({"model": Text(), "messages": Items(messages, 1)}, {**_COMMON, **others})


GPT = _request(
    _messages(Text(most=40), {}),
    {
        "prompt_cache_key": maybe(Text()),
        "prompt_cache_options": maybe(_OBJECT),
        "prompt_cache_retention": maybe(Text(("in_memory", "24h"))),
        "n": maybe(Number(1, 128, whole=True)),
        "stop": maybe(either(Text(), Items(Text(), 1, 4))),
        "tools": _tools(_GPT_FUNCTION, 128),
        "tool_choice": either(_MODES, Tagged("type", {"function": _NAMED_CHOICE, "allowed_tools": _ALLOWED})),
    },
)
GEMINI = _request(
    _messages(Text(), {"extra_content": maybe(_OBJECT)}),
    {
        "n": maybe(Number(1, 8, whole=True)),
        "stop": maybe(either(Text(), Items(Text(), 1, 5))),
        "tools": _tools(_FUNCTION, None),
        "tool_choice": either(_MODES, Tagged("type", {"function": _NAMED_CHOICE})),
    },
)
EMBEDDINGS = Record(
    {
        "model": Text(),
        "input": either(
            Text(least=1), Items(either(Text(least=1), Number(0, whole=True), Items(Number(0, whole=True), 1)), 1, 2048)
        ),
    },
    {
        "user": Text(),
        "dimensions": Number(1, whole=True),
        "encoding_format": Text(("float", "base64")),
    },
)
