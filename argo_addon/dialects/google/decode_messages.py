"""A GenAI request's conversation, read into the neutral form.

Results name their calls by id, or else by the function's name, in the order in which the calls came (pitfalls 1.30). A
call that came without an id gets one from its place.
"""

from __future__ import annotations

import msgspec

from ...errors import ClientError
from ...ir.parts import (
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ResultContent,
    Source,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from ...ir.request import Message
from ...pieces import in_pieces
from ..base import Fields
from ..shared.data_url import in_base64, unbroken
from ..shared.raw_members import member, object_in
from ..shared.sealed_reasoning import opened
from . import wire
from .decode_members import EitherSpelling, items_or_item, with_camel_names
from .decode_usual import Calls, all_usual, result_text

_NULL = msgspec.Raw(b"null")
_TEXT = msgspec.json.Decoder(str)
_CONTENT = EitherSpelling(wire.Content)
_PART = EitherSpelling(wire.Part)
_BLOB = EitherSpelling(wire.Blob)
_FILE = EitherSpelling(wire.FileData)
_CALL = EitherSpelling(wire.FunctionCall)
_RESPONSE = EitherSpelling(wire.FunctionResponse)
_BESIDE = frozenset({"videoMetadata", "mediaResolution", "partMetadata"})
"""What may stand beside the member that says what a part is."""
_WITHIN: dict[str, EitherSpelling[wire.Blob] | EitherSpelling[wire.FileData] | EitherSpelling[wire.FunctionCall]] = {
    "inlineData": _BLOB, "fileData": _FILE, "functionCall": _CALL
}  # fmt: skip


def messages_of(fields: Fields) -> tuple[Message, ...]:
    """The conversation, the system instruction first. Raises ClientError that names the place of what does not fit."""
    raw = fields.get("contents", _NULL)
    if raw == _NULL:
        raise ClientError(400, "contents: missing", param="contents")
    system = _system(fields)
    if usual := all_usual(raw):
        return (*system, *usual)
    conversation = Conversation()
    contents = items_or_item(raw, "contents")
    if not (contents or system):
        raise ClientError(400, "contents: empty: there is nothing to answer", param="contents")
    return (
        *system,
        *(conversation.message(content, f"contents[{number}]") for number, content in enumerate(in_pieces(contents))),
    )


def _system(fields: Fields) -> tuple[Message, ...]:
    raw = fields.get("systemInstruction", _NULL)
    if raw == _NULL:
        return ()
    system = Conversation().message(raw, "systemInstruction")
    return (Message("system", system.parts, system.extra),) if system.parts or system.extra else ()


class Conversation(Calls):
    """The conversation as it is read, content by content."""

    def message(self, raw: msgspec.Raw, json_path: str) -> Message:
        if (usual := self.usual(raw)) is not None:
            return usual
        written = bytes(raw).lstrip()
        if written.startswith(b'"'):
            return Message("user", (TextPart(member(raw, _TEXT, json_path)),))
        bare = written.startswith(b"[")  # parts, without the content around them
        content = wire.Content(raw) if bare else _CONTENT.read(raw, json_path)
        parts = [
            part
            for number, inner in enumerate(items_or_item(content.parts, f"{json_path}.parts"))
            for part in self._parts(inner, f"{json_path}.parts[{number}]")
        ]
        extra = {} if bare else _CONTENT.others(raw)
        return Message("assistant" if content.role == "model" else "user", tuple(parts), extra)

    def _parts(self, raw: msgspec.Raw, json_path: str) -> tuple[Part, ...]:
        if bytes(raw).startswith(b'"'):
            return (TextPart(member(raw, _TEXT, json_path)),)
        part = _PART.read(raw, json_path)
        thoughts = opened(part.thought_signature) if part.thought_signature is not None else ()
        if part.function_call != _NULL:
            call = self._call(part.function_call, f"{json_path}.functionCall")
            return (*thoughts, msgspec.structs.replace(call, extra=_unsupported(raw)))
        if part.function_response != _NULL:
            return (self._result(part.function_response, f"{json_path}.functionResponse", _PART.others(raw)),)
        if part.thought:
            return thoughts  # a thought of ours comes back signed, or not at all (pitfalls 1.31)
        if part.text is not None:
            return (*thoughts, TextPart(part.text, extra=_unsupported(raw))) if part.text else thoughts
        return (*thoughts, *_media(part, raw, json_path))

    def _call(self, raw: msgspec.Raw, json_path: str) -> ToolCallPart:
        call = _CALL.read(raw, json_path)
        return self.called(call.name, call.id, call.args)

    def _result(self, raw: msgspec.Raw, json_path: str, beside: Fields) -> ToolResultPart:
        response = _RESPONSE.read(raw, json_path)
        call = self.call_of(response.id, response.name)
        text, failed = result_text(response.response)
        content: list[ResultContent] = [TextPart(text)]
        for number, inner in enumerate(items_or_item(response.parts, f"{json_path}.parts")):
            where = f"{json_path}.parts[{number}]"
            content += _media(_PART.read(inner, where), inner, where)
        return ToolResultPart(call, tuple(content), failed, extra={**beside, **_RESPONSE.others(raw)})


def _unsupported(raw: msgspec.Raw) -> Fields:
    """What a part says besides, and what it is said of says besides, by its path."""
    unsupported = _PART.others(raw)
    for name, value in with_camel_names(object_in(raw)).items():
        if name in _WITHIN:
            unsupported.update({f"{name}.{inner}": more for inner, more in _WITHIN[name].others(value).items()})
    return unsupported


def _media(part: wire.Part, raw: msgspec.Raw, json_path: str) -> tuple[ImagePart | FilePart | OpaquePart, ...]:
    if part.inline_data != _NULL:
        blob = _BLOB.read(part.inline_data, f"{json_path}.inlineData")
        source = in_base64(_usual(blob.data), blob.mime_type)
        return _of_kind(source, source.media_type or "", blob.display_name, raw, json_path)
    if part.file_data != _NULL:
        file = _FILE.read(part.file_data, f"{json_path}.fileData")
        kind = file.mime_type or ""
        return _of_kind(Source("url", file.file_uri, file.mime_type), kind, file.display_name, raw, json_path)
    others = [name for name in _PART.others(raw) if name not in _BESIDE]
    if not others:
        return ()
    if others[0] in _BUILT_IN:
        return (OpaquePart(others[0], raw, json_path),)
    known = "text, inlineData, fileData, functionCall, functionResponse"
    message = f"{json_path}.{others[0]}: unknown part; known are {known} and those of built-in tools"
    raise ClientError(400, message, param=f"{json_path}.{others[0]}")


_OF_URLS = str.maketrans("-_", "+/")


def _usual(data: str) -> str:
    """Base64 in the usual alphabet, padded: Google's SDK writes that for URLs, in which others cannot read it."""
    data = unbroken(data).translate(_OF_URLS)
    return data + "=" * (-len(data) % 4)


_BUILT_IN = frozenset({"executableCode", "codeExecutionResult", "toolCall", "toolResponse"})


def _of_kind(
    source: Source, kind: str, name: str | None, raw: msgspec.Raw, json_path: str
) -> tuple[ImagePart | FilePart | OpaquePart, ...]:
    if kind.startswith("image/"):
        named: Fields = {} if name is None else {"displayName": raw}
        return (ImagePart(source, extra={**named, **_unsupported(raw)}),)
    if kind.startswith(("audio/", "video/")):
        what = "a sound recording" if kind.startswith("audio/") else "a video"
        return (OpaquePart(kind, raw, json_path, (TextPart(f"[{what}, which this model cannot take]"),)),)
    return (FilePart(source, name, extra=_unsupported(raw)),)
