"""The whole body of a Responses request: the conversation, and the tools, limits and forms around it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ...errors import ClientError
from ...ir.request import OutputFormat, Reasoning, Request, ToolChoice
from ..base import Fields
from ..openai.tool_choice import choice_in_a_word
from ..shared.raw_members import Positive, Shape, member, object_in, objects_in, optional
from . import wire
from .compaction import asks
from .decode_messages import messages_of
from .decode_usual import usual_items
from .state import in_background, is_kept
from .tools import ClientTool, name_of, tools_of

_NULL = msgspec.Raw(b"null")
_NUMBER = msgspec.json.Decoder(float | None)
_POSITIVE = msgspec.json.Decoder(Positive | None)
_FLAG = msgspec.json.Decoder(bool | None)
_CHOICE = msgspec.json.Decoder(str | wire.ToolChoice)
_CHOICE_OBJECT = Shape(wire.ToolChoice)
_CHOSEN = Shape(wire.ChosenTool)
_REASONING = msgspec.json.Decoder(wire.ReasoningOptions | None)
_TEXT = msgspec.json.Decoder(wire.TextOptions | None)
_KEY = msgspec.json.Decoder(str | None)
_WORDS = msgspec.json.Decoder(list[str] | None)
_PROMPT = msgspec.json.Decoder(wire.Prompt | None)
_Options = Shape[wire.ReasoningOptions] | Shape[wire.TextOptions] | Shape[wire.StreamOptions]
_OPTIONS: dict[str, _Options] = {
    "reasoning": Shape(wire.ReasoningOptions),
    "text": Shape(wire.TextOptions),
    "stream_options": Shape(wire.StreamOptions),
}
_GIVEN = frozenset({"summary", "generate_summary", "context", "reasoning.encrypted_content"})
_encode = msgspec.json.Encoder().encode

_KNOWN = frozenset(
    {"model", "stream", "user",  # read elsewhere
     "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens", "temperature",
     "top_p", "reasoning", "text",
     "store", "include", "metadata", "client_metadata", "stream_options", "prompt_cache_key", "prompt_cache_retention",
     "safety_identifier", "background", "previous_response_id", "conversation",
     "context_management"}  # says nothing to a model
)  # fmt: skip
_MEANINGLESS = {"truncation": (b'"disabled"', b'"auto"'), "service_tier": (b'"auto"', b'"default"')}
_STORED = {
    "previous_response_id": "send the whole conversation as input",
    "conversation": "send the whole conversation as input",
}
"""Members that refer to what OpenAI keeps, and what to do in their place."""


def decode_request(fields: Fields) -> Request:
    """The request. Raises ClientError that names the place of what does not fit."""
    compacts = asks(fields)
    items = usual_items(fields.get("input", _NULL))
    tools, names = tools_of(fields, brought=items is None)
    text = optional(fields, "text", _TEXT) or wire.TextOptions()
    reasoning = optional(fields, "reasoning", _REASONING)
    effort = None if reasoning is None else reasoning.effort
    return Request(
        dialect="openai_responses",
        messages=messages_of(fields, names, items),
        tools=tools,
        tool_choice=ToolChoice("none") if compacts and tools else _tool_choice(fields, names),
        parallel_calls=optional(fields, "parallel_tool_calls", _FLAG),
        max_tokens=optional(fields, "max_output_tokens", _POSITIVE),
        temperature=optional(fields, "temperature", _NUMBER),
        top_p=optional(fields, "top_p", _NUMBER),
        reasoning=None if effort is None else Reasoning(effort=effort),
        output_format=None if compacts else _output_format(text.format),
        verbosity=text.verbosity,
        cache_key=optional(fields, "prompt_cache_key", _KEY),
        extra={
            **{name: value for name, value in fields.items() if name not in _KNOWN and _says(name, value)},
            **_unsupported_within(fields),
        },
    )


def _says(name: str, value: msgspec.Raw) -> bool:
    return value != _NULL and bytes(value) not in _MEANINGLESS.get(name, ())


def _unsupported_within(fields: Fields) -> Fields:
    """What the options say that no model here takes, by its path; summaries of thoughts are given anyway."""
    unsupported: Fields = {}
    for name, shape in _OPTIONS.items():
        others = shape.all_others(fields.get(name, _NULL))
        unsupported.update({f"{name}.{inner}": value for inner, value in others.items() if inner not in _GIVEN})
    wanted = [word for word in optional(fields, "include", _WORDS) or () if word not in _GIVEN]
    unsupported.update({f"include.{word}": msgspec.Raw(b"true") for word in wanted})
    return unsupported


def refuse_stored(fields: Fields, *, kept: bool) -> None:
    """Raises ClientError for what refers to earlier answers that are not kept here, and what OpenAI alone has."""
    for name, remedy in _STORED.items():
        if not kept and fields.get(name, _NULL) != _NULL:
            message = f"{name}: refers to what is not kept here: {remedy}"
            raise ClientError(400, message, param=name, code="previous_response_not_found")
    prompt = optional(fields, "prompt", _PROMPT)
    if prompt is not None:
        message = f"prompt: '{prompt.id}' is kept by OpenAI, not here: send its text as instructions and input"
        raise ClientError(400, message, param="prompt", code="unsupported_parameter")
    optional(fields, "service_tier", _KEY)
    if not in_background(fields):
        return
    if not kept:
        message = "background: needs responses to be kept: `responses_store` in the gateway's config is off"
        raise ClientError(400, message, param="background")
    if not is_kept(fields):
        raise ClientError(400, "background: needs store: leave one of them out", param="background")


def _tool_choice(fields: Fields, tools: Mapping[str, ClientTool]) -> ToolChoice | None:
    raw = fields.get("tool_choice", _NULL)
    if raw == _NULL:
        return None
    choice = member(raw, _CHOICE, "tool_choice")
    if isinstance(choice, str):
        return choice_in_a_word(choice)
    extra = _CHOICE_OBJECT.others(raw)
    if choice.type == "allowed_tools":
        for tool in objects_in(object_in(raw).get("tools", _NULL)):
            extra.update({f"tools[].{name}": value for name, value in _CHOSEN.others(tool).items()})
        names = (name_of(tool.name, tool.namespace, tools) for tool in choice.tools if tool.name is not None)
        return ToolChoice(choice.mode, tuple(names), extra)
    if choice.name is None:
        return ToolChoice("tool", (choice.type,), extra)  # a tool of the provider's, by its type
    return ToolChoice("tool", (name_of(choice.name, choice.namespace, tools),), extra)


def _output_format(form: wire.Format | None) -> OutputFormat | None:
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return OutputFormat()
    if form.schema is None:
        where = "text.format.schema"
        raise ClientError(400, f"{where}: missing: what the answer is to be like", param=where)
    schema = msgspec.Raw(_encode(form.schema))
    return OutputFormat(schema, form.name, form.description, form.strict)
