"""An Ollama request's conversation, read into the neutral form.

Older clients write no ids: a call gets one from its place, and a result is of the call that its `tool_name` names, or
else of the first that waits.
"""

from __future__ import annotations

import msgspec

from ...errors import ClientError
from ...ir.parts import ImagePart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ...ir.request import Message, Role
from ..base import Fields
from ..shared.data_url import image_of
from ..shared.open_calls import OpenCalls
from ..shared.raw_members import Shape, member, optional
from . import wire

_MESSAGE = Shape(wire.Message)
_CALL = Shape(wire.Call)
_LIST = msgspec.json.Decoder(list[msgspec.Raw] | None)
_TEXT = msgspec.json.Decoder(str | None)
_IMAGES = msgspec.json.Decoder(list[str] | None)
_ARGUMENTS = msgspec.json.Decoder(str)
_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_RESULT = "tool"


def messages_of(fields: Fields) -> tuple[Message, ...]:
    """The conversation of `/api/chat`. Raises ClientError that names the place of what does not fit."""
    given = optional(fields, "messages", _LIST)
    if not given:
        raise ClientError(400, "messages: empty: there is nothing to answer", param="messages")
    conversation = _Conversation()
    return tuple(conversation.message(raw, f"messages[{number}]") for number, raw in enumerate(given))


def prompt_of(fields: Fields) -> tuple[Message, ...]:
    """The conversation that the prompt of `/api/generate` is, its system text first. Raises as above."""
    prompt, system = optional(fields, "prompt", _TEXT), optional(fields, "system", _TEXT)
    images = _images(optional(fields, "images", _IMAGES), "images")
    if not prompt and not images:
        raise ClientError(400, "prompt: missing, or empty", param="prompt")
    before = (Message("system", (TextPart(system),)),) if system else ()
    return (*before, Message("user", (*images, *_text(prompt))))


class _Conversation:
    """The conversation as it is read: the calls that wait for their results."""

    def __init__(self) -> None:
        self._open = OpenCalls()
        self._calls = 0

    def message(self, raw: msgspec.Raw, json_path: str) -> Message:
        message, extra = _MESSAGE.read_with_others(raw, json_path)
        if message.role == _RESULT:
            return Message("user", self._result(message, json_path), extra)
        if message.role not in _ROLES:
            where = f"{json_path}.role"
            known = ", ".join((*_ROLES, _RESULT))
            raise ClientError(400, f"{where}: unknown role '{message.role}'; known are {known}", param=where)
        parts: list[Part] = [ReasoningPart(message.thinking)] if message.thinking else []
        parts += _images(message.images, f"{json_path}.images")
        parts += _text(message.content)
        for number, call in enumerate(message.tool_calls or ()):
            parts.append(self._call(call, f"{json_path}.tool_calls[{number}]"))
        return Message(_ROLES[message.role], tuple(parts), extra)

    def _call(self, raw: msgspec.Raw, json_path: str) -> ToolCallPart:
        call, others = _CALL.read_with_others(raw, json_path)
        self._calls += 1
        written = call.function.arguments
        where = f"{json_path}.function.arguments"
        arguments = member(written, _ARGUMENTS, where) if bytes(written)[:1] == b'"' else bytes(written).decode()
        made = ToolCallPart(
            call.id or f"{call.function.name}_{self._calls}", call.function.name, arguments, extra=others
        )
        self._open.add(made)
        return made

    def _result(self, message: wire.Message, json_path: str) -> tuple[Part, ...]:
        name = message.tool_name or message.name or ""
        call = self._open.take(message.tool_call_id, name)
        if call is None and not name:
            call = self._open.take_oldest()
        identifier = call.id if call is not None else message.tool_call_id or name
        shown = _images(message.images, f"{json_path}.images")
        return (ToolResultPart(identifier, (TextPart(message.content or ""), *shown)),)


def _text(text: str | None) -> tuple[TextPart, ...]:
    return (TextPart(text),) if text else ()


def _images(images: list[str] | None, json_path: str) -> tuple[ImagePart, ...]:
    return tuple(
        ImagePart(image_of(image, f"{json_path}[{number}]")) for number, image in enumerate(images or ()) if image
    )
