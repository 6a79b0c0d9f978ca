"""The legacy gateway's checks (argo.md, "The legacy gateway"). Knows no HTTP."""

from __future__ import annotations

from argo_addon.simulator import catalogue
from argo_addon.simulator.agent.ask import Ask
from argo_addon.simulator.agent.play import last_said, says_to_run
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import legacy_tools, voices
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
    legacy_tools.check_history(conversation, model.family)
    text = last_said(_users_texts(conversation) or _texts(body.get("prompt")))
    asks_anew = bool(conversation) and _says_behind_results(conversation[-1])
    choice, named = legacy_tools.choice(body.get("tool_choice"))
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    return Ask(
        model=model,
        text=text,
        system="".join(_texts(body.get("system"))) + _system(conversation),
        results=None if asks_anew else _results(conversation, walks_back=model.family == "gemini"),
        tools=legacy_tools.tools(body.get("tools"), model.family),
        choice=choice,
        named=named,
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


def _said(message: JsonObject) -> list[str]:
    """The texts of a message, its results' not among them."""
    content = message.get("content")
    return [content] if isinstance(content, str) else [str(part["text"]) for part in _blocks(content) if "text" in part]


def _blocks(content: Json) -> list[JsonObject]:
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _users_texts(messages: list[JsonObject]) -> list[str]:
    """The user's, since the assistant spoke; where the conversation ends otherwise, those before."""
    found: list[str] = []
    for message in reversed(messages):
        if message.get("role") == "user":
            found[:0] = _said(message)
        elif message.get("role") != "system" and found:
            break
    return found


def _system(messages: list[JsonObject]) -> str:
    return "".join(text for message in messages if message.get("role") == "system" for text in _said(message))


def _says_behind_results(message: JsonObject) -> bool:
    """Whether the user says to run a command in the turn that holds results: that is a new request."""
    return message.get("role") == "user" and says_to_run("\n".join(_said(message)))


def _results(messages: list[JsonObject], *, walks_back: bool) -> tuple[str, ...] | None:
    """Results at the end: messages of role `tool`, or Claude's `tool_result` blocks.

    Gemini's come one behind each call: with `walks_back`, all since the user spoke.
    """
    found: list[str] = []
    for message in reversed(messages):
        blocks = [part for part in _blocks(message.get("content")) if part.get("type") == "tool_result"]
        told = ["".join(_said(part)) for part in blocks]
        if message.get("role") == "tool":
            told = ["".join(_said(message))]
        if not told and not (walks_back and found and message.get("tool_calls")):
            break
        found[:0] = told
    return tuple(found) or None
