"""The Chat Completions endpoint's checks in their order, and those of embeddings. Knows no HTTP."""

from __future__ import annotations

import msgspec

from argo_addon.simulator import catalogue
from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import chat_rules, chat_shapes, gemini_rules, gpt_rules, voices
from argo_addon.simulator.rules.chat_view import Body
from argo_addon.simulator.rules.shapes import Problem, Record
from argo_addon.simulator.usage import tokens_of

_SHAPES = {"gpt": chat_shapes.GPT, "gemini": chat_shapes.GEMINI}
_RULES = {"gpt": gpt_rules.RULES, "gemini": gemini_rules.RULES}
_CONTEXT = {"gpt": gpt_rules.context, "gemini": gemini_rules.context}
_FIXED_DIMENSIONS = "ada002"


def unknown_model(name: object) -> Refusal:
    """The 404 of OpenAI."""
    return Refusal(f"The model `{name}` does not exist or you do not have access to it.", 404, code="model_not_found")


def _hold(body: JsonObject, shape: Record) -> None:
    try:
        shape.check(body, ())
    except Problem as problem:
        raise voices.openai(problem) from problem


def find(body: JsonObject) -> Model | None:
    """The model that is asked for, if Chat Completions serves it."""
    name = body.get("model")
    return catalogue.find(name, "gpt", "gemini") if isinstance(name, str) else None


def check(body: JsonObject) -> tuple[Body, Model]:
    """Raises Refusal."""
    model = find(body)
    if model is None and isinstance(body.get("model"), str):
        raise unknown_model(body["model"])
    family = model.family if model is not None else "gpt"
    _developer_role(body.get("messages"))
    if family == "gemini":
        gemini_rules.null_content(body)
    if model is not None:
        _refused_parameters(body, model)
    _hold(body, _SHAPES[family])
    assert model is not None  # the shape has a model
    view = msgspec.convert(body, Body)
    for rule in (*chat_rules.RULES, *_RULES[family]):
        rule(view, model)
    _CONTEXT[family](tokens_of(body), view, model)
    return view, model


def _developer_role(messages: Json) -> None:
    """Refused with the message that misled its finders (argo.md)."""
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict) and message.get("role") == "developer":
            name = f"messages[{index}].tool_calls"
            raise Refusal(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")


def _refused_parameters(body: JsonObject, model: Model) -> None:
    for name in sorted(model.traits.refuses - {"max_tokens"}):
        if body.get(name) is not None:
            raise chat_rules.unsupported(name)


def check_embeddings(body: JsonObject) -> tuple[Model, tuple[str, ...], int, bool]:
    """The model, the texts, the dimensions, and whether base64 is wanted. Raises Refusal."""
    name = body.get("model")
    model = catalogue.find(name, "embedding") if isinstance(name, str) else None
    if model is None and isinstance(name, str):
        raise unknown_model(name)
    _hold(body, chat_shapes.EMBEDDINGS)
    assert model is not None  # the shape has a model
    asked = body.get("dimensions")
    if asked is not None and model.id == _FIXED_DIMENSIONS:
        raise Refusal("This model does not support specifying dimensions.", param="dimensions")
    dimensions = asked if isinstance(asked, int) else model.output
    if dimensions > model.output:
        raise Refusal(
            f"Invalid value for 'dimensions' = {dimensions}. Must be less than or equal to {model.output}.",
            param="dimensions",
        )
    wanted = body["input"]
    items = wanted if isinstance(wanted, list) and not all(isinstance(item, int) for item in wanted) else [wanted]
    return model, tuple(str(item) for item in items), dimensions, body.get("encoding_format") == "base64"
