"""A conversation of the Messages API, read into the neutral form.

`keep_extra` is as in decode_request.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from ...errors import UNREADABLE, ClientError
from ...ir.parts import (
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    ResultContent,
    Source,
    TextPart,
    ToolCallPart,
    ToolReferencePart,
    ToolResultPart,
)
from ...ir.request import Message
from ...pieces import in_pieces
from ..base import Fields
from ..shared.data_url import in_base64, typed
from ..shared.raw_members import Shape, member
from ..shared.usual import LIST_BEGINS, Unusual, first_byte, written_text
from . import wire
from .citations import cited
from .tools import is_built_in

_NULL = msgspec.Raw(b"null")

_MESSAGE = Shape(wire.Message)
_TYPE = msgspec.json.Decoder(wire.BlockType)
_TEXT = Shape(wire.TextBlock)
_IMAGE = Shape(wire.ImageBlock)
_DOCUMENT = Shape(wire.DocumentBlock)
_TOOL_USE = Shape(wire.ToolUseBlock)
_TOOL_RESULT = Shape(wire.ToolResultBlock)
_THINKING_BLOCK = Shape(wire.ThinkingBlock)
_REDACTED = Shape(wire.RedactedBlock)
_SEARCH_RESULT = Shape(wire.SearchResultBlock)
_REFERENCE = Shape(wire.ToolReferenceBlock)
_OTHER = Shape(wire.OtherBlock)


_USUAL = msgspec.json.Decoder(wire.UsualMessage)
_ALL_USUAL = msgspec.json.Decoder(list[wire.UsualMessage])
_USUAL_TEXTS = msgspec.json.Decoder(list[wire.UsualText | wire.UsualThinking])  # alone, it may come without a type
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def messages_of(fields: Fields, keep_extra: bool) -> list[Message]:
    """The conversation. Raises ClientError that names the place of what does not fit."""
    raw = fields.get("messages", _NULL)
    if raw == _NULL:
        raise ClientError(400, "messages: missing", param="messages")
    messages = None if keep_extra else _all_usual(raw)
    if messages is None:
        items: list[msgspec.Raw] = member(raw, _LIST, "messages")
        usual = [None if keep_extra else _usual(item) for item in in_pieces(items)]
        messages = [usual[number] or _message(item, number, keep_extra) for number, item in enumerate(in_pieces(items))]
    if not messages and not keep_extra:
        raise ClientError(400, "messages: empty: there is nothing to answer", param="messages")
    return messages


def _message(raw: msgspec.Raw, number: int, keep_extra: bool) -> Message:
    """Any message, the usual ones too."""
    json_path = f"messages[{number}]"
    message, others = _MESSAGE.read_with_others(raw, json_path)
    parts = parts_of(message.content, f"{json_path}.content", keep_extra)
    if not keep_extra:
        _refuse_misplaced(message.role, parts, f"{json_path}.content")
    return Message(message.role, parts, others)


# What conversations are mostly made of, read in one pass. What is not usual goes the way above, which tells what is
# wrong; both ways read a usual message alike.


def _all_usual(raw: msgspec.Raw) -> list[Message] | None:
    """The conversation, if all of it is usual."""
    try:
        return of_usual(_ALL_USUAL.decode(raw))
    except (*UNREADABLE, KeyError, Unusual):
        return None


def _usual(raw: msgspec.Raw) -> Message | None:
    """A message, if it is usual."""
    try:
        return of_usual([_USUAL.decode(raw)])[0]
    except (*UNREADABLE, KeyError, Unusual):
        return None


def of_usual(messages: list[wire.UsualMessage]) -> list[Message]:
    """The messages in the neutral form. Raises Unusual, KeyError or what a decoder raises where one is not usual."""
    made: list[Message] = []
    for message in in_pieces(messages):
        role, content = message.role, message.content
        if isinstance(content, str):
            made.append(Message(role, (TextPart(content),)))
            continue
        read = _PARTS_OF_USUAL[role]
        if len(content) == 1:  # a result, as a rule
            block = content[0]
            made.append(Message(role, (read[type(block)](block),)))
        else:
            made.append(Message(role, tuple([read[type(block)](block) for block in content])))
    return made


def _text_of_usual(block: wire.UsualText) -> TextPart:
    written, cache = written_text(block.text), block.cache_control
    return TextPart(written) if cache is wire.ABSENT else TextPart(written, cache=cache_of(cache))


def _call_of_usual(block: wire.UsualToolUse) -> ToolCallPart:
    cache, given = block.cache_control, block.input
    arguments = "{}" if given is wire.ABSENT or given == _NULL else str(given, "utf-8")
    if cache is wire.ABSENT:
        return ToolCallPart(block.id, block.name, arguments)
    return ToolCallPart(block.id, block.name, arguments, False, cache_of(cache))


def _result_of_usual(block: wire.UsualToolResult) -> ToolResultPart:
    raw, cache = block.content, block.cache_control
    content: tuple[ResultContent, ...]
    if raw is wire.ABSENT:
        content = ()
    elif first_byte(raw) == LIST_BEGINS:
        read = _PARTS_OF_USUAL["system"]  # texts only
        content = tuple([read[type(text)](text) for text in _USUAL_TEXTS.decode(raw)])
    else:
        content = (TextPart(written_text(raw)),)
    if cache is wire.ABSENT and not block.is_error:
        return ToolResultPart(block.tool_use_id, content)
    return ToolResultPart(block.tool_use_id, content, bool(block.is_error), cache_of(cache))


def _thought_of_usual(block: wire.UsualThinking) -> ReasoningPart:
    return ReasoningPart(block.thinking, block.signature or None)


def _arguments_of(written: msgspec.Raw) -> str:
    return "{}" if written is wire.ABSENT or written == _NULL else bytes(written).decode()


_PARTS_OF_USUAL: dict[str, dict[type, Callable[[Any], Any]]] = {
    "system": {wire.UsualText: _text_of_usual},
    "user": {wire.UsualText: _text_of_usual, wire.UsualToolResult: _result_of_usual},
    "assistant": {
        wire.UsualText: _text_of_usual,
        wire.UsualToolUse: _call_of_usual,
        wire.UsualThinking: _thought_of_usual,
    },
}
"""What may stand in whose turn."""


_ROLE_OF_PART = {ToolCallPart: "assistant", ReasoningPart: "assistant", ToolResultPart: "user"}


def _refuse_misplaced(role: str, parts: tuple[Part, ...], json_path: str) -> None:
    for number, part in enumerate(parts):
        required = _ROLE_OF_PART.get(type(part), role)
        if required != role:
            where = f"{json_path}[{number}]"
            raise ClientError(400, f"{where}: this block belongs into a turn of the {required}'s", param=where)


def parts_of(content: str | list[msgspec.Raw], json_path: str, keep_extra: bool) -> tuple[Part, ...]:
    """What stands at a place, of any kind. Raises ClientError that names the place of what does not fit."""
    if isinstance(content, str):
        return (TextPart(content),)
    return tuple(_part(raw, f"{json_path}[{number}]", keep_extra) for number, raw in enumerate(content))


_LEADING_TYPE = re.compile(rb'\{\s*"type"\s*:\s*"([a-z_]+)"')


def _kind_of(raw: msgspec.Raw, json_path: str) -> str:
    """What a block is: told by its first member as a rule, without reading the rest."""
    leading = _LEADING_TYPE.match(raw)
    return member(raw, _TYPE, json_path).type if leading is None else leading[1].decode()


def _part(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> Part:
    match _kind_of(raw, json_path):
        case "tool_use":
            call, others = _TOOL_USE.read_with_others(raw, json_path)
            cache = cache_of(call.cache_control)
            return ToolCallPart(call.id, call.name, _arguments_of(call.input), cache=cache, extra=others)
        case "tool_result":
            return _tool_result(raw, json_path, keep_extra)
        case "thinking":
            thought, others = _THINKING_BLOCK.read_with_others(raw, json_path)
            return ReasoningPart(thought.thinking, thought.signature or None, extra=others)
        case "redacted_thinking":
            redacted, others = _REDACTED.read_with_others(raw, json_path)
            return ReasoningPart("", redacted=redacted.data, extra=others)
        case _:
            return _content(raw, json_path, keep_extra)


def _tool_result(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> ToolResultPart:
    result, others = _TOOL_RESULT.read_with_others(raw, json_path)
    content: tuple[ResultContent, ...]
    if isinstance(result.content, str):
        content = (TextPart(result.content),)
    else:
        json_paths = [f"{json_path}.content[{number}]" for number in range(len(result.content or ()))]
        content = tuple(_content(*item, keep_extra) for item in zip(result.content or (), json_paths, strict=True))
    return ToolResultPart(
        result.tool_use_id,
        content,
        bool(result.is_error),
        cache_of(result.cache_control),
        others,
    )


def _content(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> ResultContent:
    """What may stand in a result as well as in a turn."""
    kind = _kind_of(raw, json_path)
    match kind:
        case "text":
            block, others = _TEXT.read_with_others(raw, json_path)
            citations = tuple(cited(citation) for citation in block.citations or ())
            return TextPart(block.text, citations=citations, cache=cache_of(block.cache_control), extra=others)
        case "image":
            image = _IMAGE.read(raw, json_path)
            source = _source(image.source, f"{json_path}.source", keep_extra)
            source = source if keep_extra else typed(source, f"{json_path}.source.media_type")
            return ImagePart(source, cache=cache_of(image.cache_control), extra=_IMAGE.all_others(raw))
        case "document":
            return _document(raw, json_path, keep_extra)
        case "search_result":
            found = _SEARCH_RESULT.read(raw, json_path)
            text = "\n".join([f"{found.title} ({found.source})", *(block.text for block in found.content)])
            return OpaquePart(kind, raw, json_path, (TextPart(text),), cache_of(found.cache_control))
        case "tool_reference":
            reference = _REFERENCE.read(raw, json_path)
            return ToolReferencePart(reference.tool_name, raw, cache_of(reference.cache_control))
        case _ if keep_extra or is_built_in(kind):
            return _built_in(kind, raw, json_path)
    known = "text, image, document, search_result, tool_use, tool_result, thinking, redacted_thinking"
    where = f"{json_path}.type"
    message = f"{where}: unknown content block '{kind}'; known are {known} and the blocks of built-in tools"
    raise ClientError(400, message, param=where)


class _Compaction(msgspec.Struct):
    content: str | None = None


_COMPACTION = msgspec.json.Decoder(_Compaction)


def _built_in(kind: str, raw: msgspec.Raw, json_path: str) -> OpaquePart:
    fallback: tuple[TextPart, ...] = ()
    if kind == "compaction" and (summary := member(raw, _COMPACTION, json_path).content):
        fallback = (TextPart(summary),)  # what came before it is there no more
    return OpaquePart(kind, raw, json_path, fallback, cache_of(_OTHER.read(raw, json_path).cache_control))


_NOT_TEXT = TextPart("[an image of this document, which could not be passed on]")


def _document(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> ResultContent:
    block = _DOCUMENT.read(raw, json_path)
    cache = cache_of(block.cache_control)
    if block.source.type == "content":
        inner = block.source.content
        parts = parts_of(inner if inner is not None else [], f"{json_path}.source.content", True)
        texts = [part if isinstance(part, TextPart) else _NOT_TEXT for part in parts]
        return OpaquePart("document", raw, json_path, tuple(TextPart(part.text) for part in texts), cache)
    source = _source(block.source, f"{json_path}.source", keep_extra)
    source = source if keep_extra else typed(source, f"{json_path}.source.media_type")
    return FilePart(source, block.title, cache, _DOCUMENT.all_others(raw))


def _source(source: wire.BlockSource, json_path: str, keep_extra: bool) -> Source:
    where, value = {
        "base64": ("data", source.data),
        "text": ("data", source.data),
        "url": ("url", source.url),
        "file": ("file_id", source.file_id),
        "content": ("data", None),
    }[source.type]
    if value is None:
        raise ClientError(400, f"{json_path}.{where}: missing", param=f"{json_path}.{where}")
    match source.type:
        case "text":
            return Source("text", value, source.media_type)
        case "url":
            return Source("url", value)
        case "file":
            return Source("file_id", value)
    return Source("base64", value, source.media_type) if keep_extra else in_base64(value, source.media_type)


def cache_of(raw: msgspec.Raw) -> msgspec.Raw | None:
    """A cache breakpoint, if there is one."""
    return None if raw == _NULL else raw
