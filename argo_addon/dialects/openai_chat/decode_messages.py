"""A Chat Completions request, read into the neutral form. It knows nothing of where the request is going.

`keep_extra` is True if it goes on to an upstream of this dialect: then what the neutral form has no word for is kept as
it stands. Otherwise what no other dialect could express is refused by its JSON path.
"""

from __future__ import annotations

import msgspec

from ...errors import ClientError
from ...ir.parts import (
    Extra,
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    ResultContent,
    Source,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from ...ir.request import Message, Role
from ...pieces import in_pieces
from ..base import Fields
from ..shared.data_url import image_of, source_of
from ..shared.raw_members import Shape, items_of, member
from . import decode_usual as usual
from . import wire

_NULL = msgspec.Raw(b"null")
_RAW = msgspec.json.Decoder(msgspec.Raw)
_TYPE = msgspec.json.Decoder(wire.PartType)
_TEXT_VALUE = msgspec.json.Decoder(str)
_MESSAGE = Shape(wire.Message)
_CALL = Shape(wire.ToolCall)
_TEXT = Shape(wire.TextPart)
_REFUSAL = Shape(wire.RefusalPart)
_IMAGE = Shape(wire.ImagePart)
_FILE = Shape(wire.FilePart)
_DETAIL = msgspec.json.Decoder(wire.ReasoningDetail)

_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}
_REASONING = ("reasoning_content", "reasoning", "reasoning_details")


def messages_of(fields: Fields, *, keep_extra: bool) -> tuple[Message, ...]:
    """The conversation. Raises ClientError that names the place of what does not fit."""
    if fields.get("messages", _NULL) == _NULL:
        raise ClientError(400, "messages: missing", param="messages")
    messages = None if keep_extra else usual.messages_of(fields["messages"])
    if messages is None:
        raws = [raw for raw, _ in items_of(fields, "messages", _RAW)]
        known = [None if keep_extra else usual.message_of(raw) for raw in in_pieces(raws)]
        messages = [
            known[number] or _message(raw, f"messages[{number}]", keep_extra)
            for number, raw in enumerate(in_pieces(raws))
        ]
    if not messages and not keep_extra:
        raise ClientError(400, "messages: empty: there is nothing to answer", param="messages")
    return tuple(messages)


def _message(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> Message:
    message = _MESSAGE.read(raw, json_path)
    extra = _MESSAGE.others(raw)
    if keep_extra:
        extra = {**extra, **_written(raw, message)}
    parts = _parts(message.content, f"{json_path}.content", keep_extra)
    if message.role == "function":
        where = f"{json_path}.role"
        raise ClientError(400, f"{where}: 'function' is no longer served: use tools and the role 'tool'", param=where)
    if message.role == "tool":
        if message.tool_call_id is None:
            raise ClientError(400, f"{json_path}.tool_call_id: missing", param=f"{json_path}.tool_call_id")
        result = ToolResultPart(message.tool_call_id, _result_content(parts), cache=_cache(message.cache_control))
        return Message("user", (result,), extra)
    if message.role == "assistant":
        calls = message.tool_calls or ()
        parts = (
            *(() if keep_extra else _reasoning(message, json_path)),
            *_not_empty(parts),
            *((TextPart(message.refusal, refusal=True),) if message.refusal else ()),
            *(_call(call, f"{json_path}.tool_calls[{number}]") for number, call in enumerate(calls)),
        )
    return Message(_ROLES[message.role], _cached(parts, _cache(message.cache_control)), extra)


def _written(raw: msgspec.Raw, message: wire.Message) -> Extra:
    """What of a message is kept word for word for its own dialect: its thoughts, and the name of its role."""
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    known = {name: members[name] for name in _REASONING if members.get(name, _NULL) != _NULL}
    return {**known, "role": members["role"]} if message.role == "developer" else known


def _not_empty(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part != TextPart(""))


def _result_content(parts: tuple[Part, ...]) -> tuple[ResultContent, ...]:
    kinds = (TextPart, ImagePart, FilePart, OpaquePart)
    return tuple(part for part in parts if isinstance(part, kinds))


def _cached(parts: tuple[Part, ...], cache: msgspec.Raw | None) -> tuple[Part, ...]:
    """The parts with a message's own cache breakpoint, which other gateways know, on the last of them."""
    if cache is None or not parts or isinstance(parts[-1], ReasoningPart):
        return parts
    return (*parts[:-1], msgspec.structs.replace(parts[-1], cache=cache))


def _reasoning(message: wire.Message, json_path: str) -> tuple[ReasoningPart, ...]:
    """The thoughts that come back: those which a provider has signed, else just their text."""
    details = message.reasoning_details or []
    found = []
    for number, raw in enumerate(details):
        detail = member(raw, _DETAIL, f"{json_path}.reasoning_details[{number}]")
        if detail.type == "reasoning.encrypted" and detail.data:
            found.append(ReasoningPart("", redacted=detail.data))
        elif detail.text or detail.signature:  # Claude may sign without telling what (pitfalls 5.7)
            goes_on = bool(found) and _is_unsigned(found[-1]) and not (detail.text and detail.signature)
            before = found.pop().text if goes_on else ""
            found.append(ReasoningPart(before + (detail.text or ""), detail.signature))
    if found:
        return tuple(found)
    text = message.reasoning_content
    if text is None and bytes(message.reasoning).startswith(b'"'):
        text = _TEXT_VALUE.decode(message.reasoning)
    return (ReasoningPart(text),) if text else ()


def _is_unsigned(part: ReasoningPart) -> bool:
    """Whether a thought may go on in the next detail: some clients keep a stream's pieces, the signature the last."""
    return part.redacted is None and not part.signature


def _call(raw: msgspec.Raw, json_path: str) -> ToolCallPart:
    call = _CALL.read(raw, json_path)
    extra, cache = _CALL.all_others(raw), _cache(call.cache_control)
    if call.custom is not None:
        return ToolCallPart(call.id or "", call.custom.name, call.custom.input, custom=True, cache=cache, extra=extra)
    if call.function is None:
        raise ClientError(400, f"{json_path}.function: missing", param=f"{json_path}.function")
    return ToolCallPart(call.id or "", call.function.name, text_of(call.function.arguments), cache=cache, extra=extra)


def text_of(arguments: msgspec.Raw) -> str:
    """Arguments as text: as they should come, or the JSON itself that some write in its place."""
    written = bytes(arguments)
    if written == b"null":
        return ""
    return _TEXT_VALUE.decode(written) if written.startswith(b'"') else written.decode()


def _parts(content: str | list[msgspec.Raw] | None, json_path: str, keep_extra: bool) -> tuple[Part, ...]:
    if content is None:
        return ()
    if isinstance(content, str):
        return (TextPart(content),)
    return tuple(_part(raw, f"{json_path}[{number}]", keep_extra) for number, raw in enumerate(content))


def _part(raw: msgspec.Raw, json_path: str, keep_extra: bool) -> Part:
    kind = member(raw, _TYPE, json_path).type
    match kind:
        case "text":
            text = _TEXT.read(raw, json_path)
            return TextPart(text.text, cache=_cache(text.cache_control), extra=_TEXT.others(raw))
        case "refusal":
            return TextPart(_REFUSAL.read(raw, json_path).refusal, refusal=True, extra=_REFUSAL.others(raw))
        case "image_url":
            image = _IMAGE.read(raw, json_path)
            about = image.image_url if isinstance(image.image_url, wire.ImageUrl) else wire.ImageUrl(image.image_url)
            source = source_of(about.url) if keep_extra else image_of(about.url, f"{json_path}.image_url.url")
            return ImagePart(source, about.detail, _cache(image.cache_control), _IMAGE.all_others(raw))
        case "file":
            return _file(raw, json_path)
        case "input_audio":
            fallback = TextPart("[a sound recording, which this model cannot hear]")
            return OpaquePart(kind, raw, json_path, (fallback,))
    if keep_extra:
        return OpaquePart(kind, raw, json_path)
    where = f"{json_path}.type"
    known = "text, image_url, file, input_audio, refusal"
    raise ClientError(400, f"{where}: unknown content part '{kind}'; known are {known}", param=where)


def _file(raw: msgspec.Raw, json_path: str) -> FilePart:
    part = _FILE.read(raw, json_path)
    about = part.file
    if about.file_data is not None:
        source = source_of(about.file_data, about.filename)
    elif about.file_id is not None:
        source = Source("file_id", about.file_id)
    else:
        where = f"{json_path}.file.file_data"
        raise ClientError(400, f"{where}: missing, and there is no file_id either", param=where)
    return FilePart(source, about.filename, _cache(part.cache_control), _FILE.all_others(raw))


def _cache(raw: msgspec.Raw) -> msgspec.Raw | None:
    return None if raw == _NULL else raw
