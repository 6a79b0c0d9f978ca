"""What Gemini refuses behind ARGO's Chat Completions, and where ARGO itself falls over. A rule a function.

The list with the source of each: docs/reference/simulator.md.
"""

from __future__ import annotations

import json
import re

from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules import schemas
from argo_addon.simulator.rules.chat_rules import Rule
from argo_addon.simulator.rules.chat_view import Body

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")


def fell_over() -> Refusal:
    """ARGO's own fault, seen as a 500."""
    return Refusal("'NoneType' object is not iterable", 500, plain=True)


def null_content(body: JsonObject) -> None:
    """Looked at before the shape: `content: null`, or none at all, crashes ARGO."""
    messages: Json = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and "role" in message and message.get("content") is None:
            raise fell_over()


def token_limits(body: Body, model: Model) -> None:
    """Both names at once crash ARGO; one may not exceed what the model writes."""
    if body.max_tokens is not None and body.max_completion_tokens is not None:
        raise fell_over()
    if body.limit is not None and body.limit > model.output:
        raise Refusal(
            f"Unable to submit request because it has a maxOutputTokens value of {body.limit} but the supported range "
            f"is from 1 (inclusive) to {model.output + 1} (exclusive). Update the value and try again."
        )


def fatal_temperature(body: Body, model: Model) -> None:
    """One temperature of two models crashes ARGO."""
    if body.temperature is not None and body.temperature == model.fatal_temperature:
        raise fell_over()


def system_text(body: Body, model: Model) -> None:
    """A system message is a string."""
    for index, message in enumerate(body.messages):
        if message.role == "system" and not isinstance(message.content, str):
            raise Refusal(f"messages[{index}].content: Input should be a valid string for a system message")


def pairs(body: Body, model: Model) -> None:
    """One call and its result, then the next; a call comes after the user or a result."""
    before = "none"
    for message in body.messages:
        if len(message.tool_calls) > 1:
            raise Refusal(
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        if message.tool_calls and before not in ("user", "tool"):
            raise Refusal(
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn."
            )
        if message.role != "system":
            before = message.role
    if all(message.role == "system" for message in body.messages):
        raise Refusal("* GenerateContentRequest.contents: contents is not specified")


def arguments(body: Body, model: Model) -> None:
    """Arguments in the history are read as JSON objects by ARGO, which falls over on others."""
    for message in body.messages:
        for call in message.tool_calls:
            try:
                value = json.loads(call.function.arguments)
            except ValueError as error:
                raise Refusal(str(error), 500, plain=True) from error
            if not isinstance(value, dict):
                raise Refusal("Invalid value at 'contents.parts.function_call.args' (type.googleapis.com/Struct)")


def tool_schemas(body: Body, model: Model) -> None:
    """Names begin with a letter; schemas hold what Vertex knows."""
    for index, tool in enumerate(body.tools):
        place = f"tools[0].function_declarations[{index}]"
        if not _NAME.fullmatch(tool.function.name):
            raise Refusal(
                f"{place}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric "
                "(a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
            )
        if tool.function.parameters:
            schemas.gemini(tool.function.parameters, f"{place}.parameters")


def response_schema(body: Body, model: Model) -> None:
    """The answer's schema holds what Vertex knows."""
    if body.response_format is not None and body.response_format.json_schema is not None:
        schemas.gemini(body.response_format.json_schema.schema, "generation_config.response_schema")


def context(size: int, body: Body, model: Model) -> None:
    """What was asked has room."""
    if size > model.context:
        raise Refusal(f"The input token count ({size}) exceeds the maximum number of tokens allowed ({model.context}).")


RULES: tuple[Rule, ...] = (
    token_limits,
    fatal_temperature,
    system_text,
    pairs,
    arguments,
    tool_schemas,
    response_schema,
)
