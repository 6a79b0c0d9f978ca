"""The legacy gateway's checks (argo.md, "The legacy gateway"). Knows no HTTP."""

from __future__ import annotations

from argo_addon.simulator import catalogue
from argo_addon.simulator.agent.ask import Ask, Tool
from argo_addon.simulator.agent.play import last_said
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import voices
from argo_addon.simulator.rules.shapes import Anything, Items, Number, Problem, Record, Text, either, maybe

_OBJECT = Record({}, rest=Anything())
_PROMPT = either(Text(), Items(Text(), 1))
_MESSAGE = Record(
    {"role": Text(("system", "user", "assistant", "tool")), "content": maybe(either(Text(), Items(_OBJECT)))},
    rest=Anything(),
)
_CHAT = Record(
    {"user": Text(), "model": Text()},
    {
        "messages": Items(_MESSAGE, 1),
        "system": either(Text(), Items(Text())),
        "prompt": _PROMPT,
        "stop": maybe(either(Text(), Items(Text()))),
        "temperature": maybe(Number(0, 2)),
        "top_p": maybe(Number(0, 1)),
        "max_tokens": maybe(Number(1, whole=True)),
        "max_completion_tokens": maybe(Number(1, whole=True)),
        "tools": Items(_OBJECT, 1),
        "tool_choice": Anything(),
    },
)
_EMBED = Record({"user": Text(), "model": Text(), "prompt": Items(Text(), 1)})


def _hold(body: JsonObject, shape: Record) -> None:
    try:
        shape.check(body, ())
    except Problem as problem:
        raise voices.openai(problem) from problem


def check_embed(body: JsonObject) -> tuple[Model, tuple[str, ...]]:
    """The model and the texts. Raises Refusal."""
    _hold(body, _EMBED)
    model = catalogue.find(str(body["model"]), "embedding")
    if model is None:
        raise Refusal(f"Model {body['model']} not found", 404)
    prompt = body["prompt"]
    return model, tuple(str(text) for text in prompt) if isinstance(prompt, list) else ()


def check_chat(body: JsonObject) -> Ask:
    """What is asked. Raises Refusal."""
    _hold(body, _CHAT)
    model = catalogue.find(str(body["model"]), "claude", "gpt", "gemini")
    if model is None:
        raise Refusal(f"Model {body['model']} not found", 404)
    if ("messages" in body) == ("prompt" in body):
        raise Refusal("One of 'messages' and 'prompt' is required.")
    _known_limits(body, model)
    messages = body.get("messages")
    conversation = [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []
    users = [_text(message.get("content")) for message in conversation if message.get("role") == "user"]
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    return Ask(
        model=model,
        text=last_said(users or _texts(body.get("prompt"))),
        system="".join(_texts(body.get("system"))),
        results=_results(conversation),
        tools=_tools(body.get("tools")),
        choice="none" if body.get("tool_choice") == "none" else "auto",
        limit=limit if isinstance(limit, int) else None,
        stops=tuple(_texts(body.get("stop"))),
    )


def _known_limits(body: JsonObject, model: Model) -> None:
    """What the models refuse everywhere they refuse here too."""
    if model.family == "claude" and body.get("max_tokens") is None:
        raise Refusal("max_tokens: Field required")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise Refusal("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    for name in ("temperature", "top_p"):
        sent = body.get(name)
        fixed = model.traits.sampling == "default" and (name == "top_p" or sent != 1)
        if sent is not None and (model.traits.sampling == "none" or fixed):
            raise Refusal(f"Unsupported parameter: '{name}' is not supported with this model.", param=name)


def _texts(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "".join(str(part["text"]) for part in parts if "text" in part)


def _results(messages: list[JsonObject]) -> tuple[str, ...] | None:
    """Results at the end: messages of role `tool`, or Claude's `tool_result` blocks."""
    found: list[str] = []
    for message in reversed(messages):
        content = message.get("content")
        blocks = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
        told = [_text(part.get("content")) for part in blocks if part.get("type") == "tool_result"]
        if message.get("role") == "tool" and not told:
            told = [_text(content)]
        if not told:
            break
        found[:0] = told
    return tuple(found) or None


def _tools(tools: Json) -> tuple[Tool, ...]:
    """In OpenAI's, Claude's or Gemini's layout."""
    found = []
    for tool in tools if isinstance(tools, list) else ():
        inner = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            raise Refusal("Missing required parameter: 'tools[].name'.")
        schema = inner.get("input_schema", inner.get("parameters"))
        found.append(Tool(str(inner["name"]), schema if isinstance(schema, dict) else {"type": "object"}))
    return tuple(found)
