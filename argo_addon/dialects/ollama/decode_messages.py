"""An Ollama request's conversation, read into the neutral form.

Older clients write no ids: a call gets one from its place, and a result is of the call that its `tool_name` names, or
else of the first that waits.
"""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE, ClientError
from ...ir.parts import Extra, ImagePart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from ...ir.request import Message, Role
from ...pieces import in_pieces
from ..base import Fields
from ..shared.data_url import image_of
from ..shared.open_calls import OpenCalls
from ..shared.raw_members import Shape, member, optional
from ..shared.usual import NULL_BEGINS, TEXT_BEGINS, Unusual, first_byte, written_text
from . import wire

_MESSAGE = Shape(wire.Message)
_CALL = Shape(wire.Call)
_ALL_USUAL = msgspec.json.Decoder(list[wire.UsualMessage])
_NULL = msgspec.Raw(b"null")
_LIST = msgspec.json.Decoder(list[msgspec.Raw] | None)
_TEXT = msgspec.json.Decoder(str | None)
_IMAGES = msgspec.json.Decoder(list[str] | None)
_ARGUMENTS = msgspec.json.Decoder(str)
_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_RESULT = "tool"


def messages_of(fields: Fields) -> tuple[Message, ...]:
    """The conversation of `/api/chat`. Raises ClientError that names the place of what does not fit."""
    if usual := _all_usual(fields.get("messages", _NULL)):
        return tuple(usual)
    given = optional(fields, "messages", _LIST)
    if not given:
        raise ClientError(400, "messages: empty: there is nothing to answer", param="messages")
    conversation = _Conversation()
    return tuple(conversation.message(raw, f"messages[{number}]") for number, raw in enumerate(in_pieces(given)))


def prompt_of(fields: Fields) -> tuple[Message, ...]:
    """The conversation that the prompt of `/api/generate` is, its system text first. Raises as above."""
    prompt, system = optional(fields, "prompt", _TEXT), optional(fields, "system", _TEXT)
    images = _images(optional(fields, "images", _IMAGES), "images")
    if not prompt and not images:
        raise ClientError(400, "prompt: missing, or empty", param="prompt")
    before = (Message("system", (TextPart(system),)),) if system else ()
    return (*before, Message("user", (*images, *_text(prompt))))


def _all_usual(raw: msgspec.Raw) -> list[Message] | None:
    """The conversation, if all of it is as it mostly comes: read in one pass, what is long as it was written.

    What is not goes the longer way, which tells what is wrong, or is left out; both ways read the same.
    """
    conversation = _Conversation()
    try:
        return [conversation.usual(message) for message in in_pieces(_ALL_USUAL.decode(raw))]
    except (*UNREADABLE, Unusual):
        return None


class _Conversation:
    """The conversation as it is read: the calls that wait for their results."""

    def __init__(self) -> None:
        self._open = OpenCalls()
        self._calls = 0

    def usual(self, message: wire.UsualMessage) -> Message:
        """A usual message. Raises Unusual, or what a decoder raises."""
        begins = first_byte(message.content)
        written: str | msgspec.Raw = "" if begins == NULL_BEGINS else written_text(message.content)
        if message.role == _RESULT:
            identifier = self._call_of(message.tool_call_id, message.tool_name or message.name or "")
            return Message("user", (ToolResultPart(identifier, (TextPart(written),)),))
        parts: list[Part] = [ReasoningPart(message.thinking)] if message.thinking else []
        if written:
            parts.append(TextPart(written))
        for call in message.tool_calls or ():
            given = call.function.arguments
            text = _ARGUMENTS.decode(given) if first_byte(given) == TEXT_BEGINS else bytes(given).decode()
            arguments = "{}" if given is wire.ABSENT else text
            parts.append(self._called(call.id, call.function.name, arguments, {}))
        return Message(_ROLES[message.role], tuple(parts))

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
        written = call.function.arguments
        where = f"{json_path}.function.arguments"
        arguments = member(written, _ARGUMENTS, where) if bytes(written)[:1] == b'"' else bytes(written).decode()
        return self._called(call.id, call.function.name, arguments, others)

    def _called(self, identifier: str | None, name: str, arguments: str, extra: Extra) -> ToolCallPart:
        """A call, which waits for its result from now on."""
        self._calls += 1
        made = ToolCallPart(identifier or f"{name}_{self._calls}", name, arguments, extra=extra)
        self._open.add(made)
        return made

    def _result(self, message: wire.Message, json_path: str) -> tuple[Part, ...]:
        identifier = self._call_of(message.tool_call_id, message.tool_name or message.name or "")
        shown = _images(message.images, f"{json_path}.images")
        return (ToolResultPart(identifier, (TextPart(message.content or ""), *shown)),)

    def _call_of(self, identifier: str | None, name: str) -> str:
        """The id of the call that a result is of."""
        call = self._open.take(identifier, name)
        if call is None and not name:
            call = self._open.take_oldest()
        return call.id if call is not None else identifier or name


def _text(text: str | None) -> tuple[TextPart, ...]:
    return (TextPart(text),) if text else ()


def _images(images: list[str] | None, json_path: str) -> tuple[ImagePart, ...]:
    return tuple(
        ImagePart(image_of(image, f"{json_path}[{number}]")) for number, image in enumerate(images or ()) if image
    )
