"""What both GPT and Gemini refuse behind ARGO's Chat Completions, beyond the shape of the body. A rule a function.

The list with the source of each: docs/reference/simulator.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.refusals import Refusal
from argo_addon.simulator.rules.chat_view import Body, Choice, Message

Rule = Callable[[Body, Model], None]

_DATA_URL = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,(.*)", re.DOTALL)


def unsupported(name: str, hint: str = "") -> Refusal:
    """A parameter that a model does not take."""
    return Refusal(
        f"Unsupported parameter: '{name}' is not supported with this model.{hint}",
        param=name,
        code="unsupported_parameter",
    )


def tool_results(body: Body, model: Model) -> None:
    """Each call's result comes right after the call, each result after its call."""
    waiting: list[str] = []
    answered: set[str] = set()
    for index, message in enumerate(body.messages):
        if message.role == "tool":
            if message.tool_call_id not in waiting and message.tool_call_id not in answered:
                raise Refusal(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            waiting = [name for name in waiting if name != message.tool_call_id]
            answered.add(message.tool_call_id)
            continue
        _unanswered(waiting, index)
        waiting, answered = [call.id for call in message.tool_calls], set()
    _unanswered(waiting, len(body.messages))


def _unanswered(waiting: list[str], index: int) -> None:
    if waiting:
        raise Refusal(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}",
            param=f"messages.[{index}].role",
        )


def tools(body: Body, model: Model) -> None:
    """Names are unique; a choice needs tools and one of them."""
    names = [tool.function.name for tool in body.tools]
    if len(names) != len(set(names)):
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal(f"Invalid 'tools': duplicate function name '{twice}'.", param="tools", code="invalid_value")
    for name in ("tool_choice", "parallel_tool_calls"):
        if getattr(body, name) is not None and not names:
            raise Refusal(
                f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.", param=name
            )
    for name in _named(body.tool_choice):
        if name not in names:
            raise Refusal(
                f"Invalid value for 'tool_choice': function '{name}' is not one of the 'tools'.", param="tool_choice"
            )


def _named(choice: str | Choice | None) -> list[str]:
    if not isinstance(choice, Choice):
        return []
    allowed = [tool.function for tool in choice.allowed_tools.tools] if choice.allowed_tools is not None else []
    return [function.name for function in (choice.function, *allowed) if function is not None]


def streaming(body: Body, model: Model) -> None:
    """Options of a stream need a stream."""
    if body.stream_options is not None and not body.stream:
        raise Refusal(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )


def metadata(body: Body, model: Model) -> None:
    """Metadata is for what is stored."""
    if body.metadata is not None and not body.store:
        raise Refusal("The 'metadata' parameter is only allowed when 'store' is enabled.", param="metadata")


def effort(body: Body, model: Model) -> None:
    """Each model has its own levels."""
    asked = body.reasoning_effort
    if asked is None:
        return
    if "reasoning_effort" in model.traits.refuses:
        raise unsupported("reasoning_effort")
    if asked not in model.traits.efforts:
        values = ", ".join(f"'{value}'" for value in sorted(model.traits.efforts))
        raise Refusal(
            f"Unsupported value: 'reasoning_effort' does not support '{asked}' with this model. Supported values are: "
            f"{values}.",
            param="reasoning_effort",
            code="unsupported_value",
        )


def images(body: Body, model: Model) -> None:
    """Images are data URLs of a known kind, or of the web."""
    for message in body.messages:
        for url in image_urls(message):
            found = _DATA_URL.fullmatch(url)
            if found is None and not url.startswith(("https://", "http://")):
                raise Refusal(
                    "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
                    "['png', 'jpeg', 'gif', 'webp'].",
                    code="invalid_image_format",
                )
            try:
                base64.b64decode(found[2] if found is not None else "", validate=True)
            except binascii.Error:
                raise Refusal("Invalid base64 image_url.", code="invalid_base64") from None


def image_urls(message: Message) -> list[str]:
    """The images of a message."""
    return [part.image_url.url for part in message.parts if part.image_url is not None]


RULES: tuple[Rule, ...] = (tool_results, tools, streaming, metadata, effort, images)
