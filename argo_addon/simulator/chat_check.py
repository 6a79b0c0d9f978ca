"""What ARGO's Chat Completions endpoint refuses, rule by rule. docs/reference/simulator.md lists them with their sources."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from .chat_wire import Assistant, Developer, ImagePart, Request, System, ToolMessage, User
from .facts import MODELS, Facts
from .paths import chat_refusal_of
from .refusal import Refused
from .schemas import check_for_gemini

_DECODER = msgspec.json.Decoder(Request)
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CRASH = "'NoneType' object is not iterable"
MAX_DESCRIPTION = 1024
MAX_IMAGES = 50
MAX_TOOLS = 128


def check(body: bytes, headers: Mapping[str, str]) -> tuple[Request, Facts]:
    """The request, if ARGO takes it. Raises Refused."""
    try:
        request = _DECODER.decode(body)
    except msgspec.MsgspecError as error:
        raise chat_refusal_of(error) from error
    facts = MODELS.get(request.model)
    if facts is None or facts.family == "claude":
        raise Refused(
            f"The model `{request.model}` does not exist or you do not have access to it.", 404, code="model_not_found"
        )
    for rule in (_roles, _limits, _sampling, _effort, _tools, _pairs, *(_GEMINI if facts.family == "gemini" else _GPT)):
        rule(request, facts)
    return request, facts


def _roles(request: Request, facts: Facts) -> None:
    if not request.messages:
        raise Refused("Invalid 'messages': empty array. Expected an array with minimum length 1.")
    for index, message in enumerate(request.messages):
        if isinstance(message, Developer):
            raise Refused(f"Unknown parameter: 'messages[{index}].tool_calls'.")
        if (
            isinstance(message, Assistant)
            and message.content is None
            and not message.tool_calls
            and facts.family == "gpt"
        ):
            raise Refused(f"Invalid value for 'messages[{index}].content': expected a string, got null.")
        if isinstance(message, (User, System)) and message.content is None and facts.family == "gpt":
            raise Refused(f"Invalid value for 'messages[{index}].content': expected a string, got null.")


def _limits(request: Request, facts: Facts) -> None:
    both = request.max_tokens is not None and request.max_completion_tokens is not None
    if both and facts.family == "gemini":
        raise Refused(_CRASH, 500)
    if both:
        raise Refused("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    if request.max_tokens is not None and not facts.old_token_name:
        raise Refused(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
    limit = request.max_tokens if request.max_tokens is not None else request.max_completion_tokens
    if limit is not None and limit < 1:
        raise Refused("Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1.")
    if limit is not None and limit > facts.max_output and facts.family == "gpt":
        raise Refused(
            f"max_tokens is too large: {limit}. This model supports at most {facts.max_output} completion tokens."
        )
    stops = request.stop if isinstance(request.stop, list) else []
    if len(stops) > 4:
        raise Refused("Invalid 'stop': array too long. Expected an array with maximum length 4.")


def _sampling(request: Request, facts: Facts) -> None:
    if facts.sampling == "default" and request.temperature not in (None, 1):
        raise Refused(
            "Unsupported value: 'temperature' does not support this value with this model. Only the default (1) value is supported."
        )
    if facts.sampling == "default" and request.top_p is not None:
        raise Refused("Unsupported parameter: 'top_p' is not supported with this model.")
    if request.temperature is not None and not 0 <= request.temperature <= 2:
        raise Refused("Invalid 'temperature': Expected a value between 0 and 2.")
    if facts.faulty_temperature is not None and request.temperature == facts.faulty_temperature:
        raise Refused(_CRASH, 500)


def _effort(request: Request, facts: Facts) -> None:
    if request.reasoning_effort is None or request.reasoning_effort == "none":
        return
    if request.reasoning_effort not in ("minimal", "low", "medium", "high", "xhigh", "max"):
        raise Refused(f"Invalid value for 'reasoning_effort': '{request.reasoning_effort}'.")
    if request.tools and not facts.effort_with_tools:
        raise Refused(
            f"Function tools with reasoning_effort are not supported for {request.model} in /v1/chat/completions."
        )
    if request.model in ("gpt4o", "gpt41", "gpt41mini", "gpt41nano"):
        raise Refused("Unrecognized request argument supplied: reasoning_effort")


def _tools(request: Request, facts: Facts) -> None:
    tools = request.tools
    if tools is not None and not tools:
        raise Refused(
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
    for member in ("tool_choice", "parallel_tool_calls"):
        if getattr(request, member) is not None and not tools:
            raise Refused(f"Invalid value for '{member}': '{member}' is only allowed when 'tools' are specified.")
    names = [tool.function.name for tool in tools or []]
    for index, name in enumerate(names):
        if not _NAME.fullmatch(name):
            raise Refused(
                f"Invalid 'tools[{index}].function.name': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$', at most 64 characters."
            )
    if isinstance(request.tool_choice, dict):
        name = request.tool_choice.get("function", {}).get("name")
        if request.tool_choice.get("type") == "function" and name not in names:
            raise Refused(f"Tool choice 'function' not found in 'tools' parameter: {name}.")
    elif request.tool_choice not in (None, "none", "auto", "required"):
        raise Refused("Invalid value for 'tool_choice'.")


def _pairs(request: Request, facts: Facts) -> None:
    """Every call is answered by the tool messages right behind it, every tool message answers a call."""
    waiting: list[str] = []
    for index, message in enumerate(request.messages):
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in waiting:
                raise Refused(
                    f"Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls' (messages[{index}])."
                )
            waiting.remove(message.tool_call_id)
            continue
        if waiting:
            raise Refused(
                f"An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}"
            )
        if isinstance(message, Assistant):
            waiting = [call.id for call in message.tool_calls or []]
            for position, call in enumerate(message.tool_calls or []):
                if len(call.id) > 40:
                    raise Refused(
                        f"Invalid 'messages[{index}].tool_calls[{position}].id': string too long. Expected a string with maximum length 40, but got a string with length {len(call.id)} instead."
                    )
    if waiting:
        raise Refused(
            f"An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}"
        )


# GPT and the o-series


def _gpt_tools(request: Request, facts: Facts) -> None:
    tools = request.tools or []
    if len(tools) > MAX_TOOLS:
        raise Refused(
            f"Invalid 'tools': array too long. Expected an array with maximum length {MAX_TOOLS}, but got an array with length {len(tools)} instead."
        )
    for index, tool in enumerate(tools):
        length = len(tool.function.description or "")
        if length > MAX_DESCRIPTION:
            raise Refused(
                f"Invalid 'tools[{index}].function.description': string too long. Expected a string with maximum length {MAX_DESCRIPTION}, but got a string with length {length} instead."
            )
        parameters = tool.function.parameters
        if parameters and parameters.get("type") != "object":
            raise Refused(
                f"Invalid schema for function '{tool.function.name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{parameters.get('type')}\"'."
            )


def _images(request: Request, facts: Facts) -> None:
    parts = [
        part
        for message in request.messages
        if isinstance(message, User) and isinstance(message.content, list)
        for part in message.content
    ]
    count = sum(isinstance(part, ImagePart) for part in parts)
    if count > MAX_IMAGES:
        raise Refused(f"Too many images in request. Maximum is {MAX_IMAGES}, got {count}.")


# Gemini


def _gemini_contents(request: Request, facts: Facts) -> None:
    for index, message in enumerate(request.messages):
        if message.content is None:
            raise Refused(_CRASH, 500)
        if isinstance(message, System) and not isinstance(message.content, str):
            raise Refused(f"messages[{index}].content: a system message's content must be a string")


def _gemini_calls(request: Request, facts: Facts) -> None:
    for message in request.messages:
        if isinstance(message, Assistant) and len(message.tool_calls or []) > 1:
            raise Refused(
                "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
            )


def _gemini_tools(request: Request, facts: Facts) -> None:
    for index, tool in enumerate(request.tools or []):
        check_for_gemini(tool.function.parameters, f"tools[0].function_declarations[{index}].parameters")


_GPT = (_gpt_tools, _images)
_GEMINI = (_gemini_contents, _gemini_calls, _gemini_tools)
