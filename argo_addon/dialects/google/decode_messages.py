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
from ..base import Fields
from ..shared.data_url import in_base64
from ..shared.raw_members import member, object_in
from ..shared.sealed_reasoning import opened
from . import wire
from .decode_members import Either, several, spelled

_NULL = msgspec.Raw(b"null")
_TEXT = msgspec.json.Decoder(str)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CONTENT = Either(wire.Content)
_PART = Either(wire.Part)
_BLOB = Either(wire.Blob)
_FILE = Either(wire.FileData)
_CALL = Either(wire.FunctionCall)
_RESPONSE = Either(wire.FunctionResponse)
_SAID_IN = ("output", "result", "error")
_BESIDE = frozenset({"videoMetadata", "mediaResolution", "partMetadata"})
"""What may stand beside the member that says what a part is."""
_WITHIN: dict[str, Either[wire.Blob] | Either[wire.FileData] | Either[wire.FunctionCall]] = {
    "inlineData": _BLOB, "fileData": _FILE, "functionCall": _CALL
}  # fmt: skip


def messages_of(fields: Fields) -> tuple[Message, ...]:
    """The conversation, the system instruction first. Raises ClientError that names the place of what does not fit."""
    raw = fields.get("contents", _NULL)
    if raw == _NULL:
        raise ClientError(400, "contents: missing", param="contents")
    talk = _Talk()
    contents, system = several(raw, "contents"), _system(fields)
    if not (contents or system):
        raise ClientError(400, "contents: empty: there is nothing to answer", param="contents")
    return (*system, *(talk.message(content, f"contents[{place}]") for place, content in enumerate(contents)))


def _system(fields: Fields) -> tuple[Message, ...]:
    raw = fields.get("systemInstruction", _NULL)
    if raw == _NULL:
        return ()
    said = _Talk().message(raw, "systemInstruction")
    return (Message("system", said.parts, said.extra),) if said.parts or said.extra else ()


class _Talk:
    """The conversation as it is read: the calls that wait for their results."""

    def __init__(self) -> None:
        self._open: list[ToolCallPart] = []
        self._calls = 0

    def message(self, raw: msgspec.Raw, place: str) -> Message:
        written = bytes(raw).lstrip()
        if written.startswith(b'"'):
            return Message("user", (TextPart(member(raw, _TEXT, place)),))
        bare = written.startswith(b"[")  # parts, without the content around them
        content = wire.Content(raw) if bare else _CONTENT.read(raw, place)
        parts = [
            part
            for number, inner in enumerate(several(content.parts, f"{place}.parts"))
            for part in self._parts(inner, f"{place}.parts[{number}]")
        ]
        extra = {} if bare else _CONTENT.others(raw)
        return Message("assistant" if content.role == "model" else "user", tuple(parts), extra)

    def _parts(self, raw: msgspec.Raw, place: str) -> tuple[Part, ...]:
        if bytes(raw).startswith(b'"'):
            return (TextPart(member(raw, _TEXT, place)),)
        part = _PART.read(raw, place)
        kept = opened(part.thought_signature) if part.thought_signature is not None else ()
        if part.function_call != _NULL:
            call = self._call(part.function_call, f"{place}.functionCall")
            return (*kept, msgspec.structs.replace(call, extra=_unsaid(raw)))
        if part.function_response != _NULL:
            return (self._result(part.function_response, f"{place}.functionResponse", _PART.others(raw)),)
        if part.thought:
            return kept  # a thought of ours comes back signed, or not at all (pitfalls 1.31)
        if part.text is not None:
            return (*kept, TextPart(part.text, extra=_unsaid(raw))) if part.text else kept
        return (*kept, *_media(part, raw, place))

    def _call(self, raw: msgspec.Raw, place: str) -> ToolCallPart:
        call = _CALL.read(raw, place)
        self._calls += 1
        identifier = call.id or f"{call.name}_{self._calls}"
        arguments = "{}" if call.args == _NULL else bytes(call.args).decode()
        made = ToolCallPart(identifier, call.name, arguments)
        self._open.append(made)
        return made

    def _result(self, raw: msgspec.Raw, place: str, beside: Fields) -> ToolResultPart:
        response = _RESPONSE.read(raw, place)
        call = self._call_of(response)
        text, failed = _said(response.response)
        content: list[ResultContent] = [TextPart(text)]
        for number, inner in enumerate(several(response.parts, f"{place}.parts")):
            where = f"{place}.parts[{number}]"
            content += _media(_PART.read(inner, where), inner, where)
        return ToolResultPart(call, tuple(content), failed, extra={**beside, **_RESPONSE.others(raw)})

    def _call_of(self, response: wire.FunctionResponse) -> str:
        """The id of the call that a result is of."""
        found = next((call for call in self._open if response.id is not None and call.id == response.id), None)
        if found is None:  # Gemini CLI may put the name before the id, or make ids of its own (pitfalls 4.2)
            ends = (call for call in self._open if response.id is not None and response.id.endswith(f"__{call.id}"))
            found = next(ends, None) or next((call for call in self._open if call.name == response.name), None)
        if found is None:
            return response.id or response.name
        self._open.remove(found)
        return found.id


def _said(raw: msgspec.Raw) -> tuple[str, bool]:
    """What a result says, and whether it is a failure: one member's text, else all of it as JSON."""
    if raw == _NULL:
        return "", False
    written = bytes(raw)
    if not written.startswith(b"{"):
        return (_TEXT.decode(written) if written.startswith(b'"') else written.decode()), False
    members = _OBJECT.decode(written)
    failed = "error" in members
    name = next((name for name in _SAID_IN if name in members), None)
    if name is None or len(members) > 1:
        return written.decode(), failed
    value = bytes(members[name])
    return (_TEXT.decode(value) if value.startswith(b'"') else value.decode()), failed


def _unsaid(raw: msgspec.Raw) -> Fields:
    """What a part says besides, and what it is said of says besides, by its path."""
    unsaid = _PART.others(raw)
    for name, value in spelled(object_in(raw)).items():
        if name in _WITHIN:
            unsaid.update({f"{name}.{inner}": more for inner, more in _WITHIN[name].others(value).items()})
    return unsaid


def _media(part: wire.Part, raw: msgspec.Raw, place: str) -> tuple[ImagePart | FilePart | OpaquePart, ...]:
    if part.inline_data != _NULL:
        blob = _BLOB.read(part.inline_data, f"{place}.inlineData")
        source = in_base64(_usual(blob.data), blob.mime_type)
        return _of_kind(source, source.media_type or "", blob.display_name, raw, place)
    if part.file_data != _NULL:
        file = _FILE.read(part.file_data, f"{place}.fileData")
        kind = file.mime_type or ""
        return _of_kind(Source("url", file.file_uri, file.mime_type), kind, file.display_name, raw, place)
    others = [name for name in _PART.others(raw) if name not in _BESIDE]
    if not others:
        return ()
    if others[0] in _BUILT_IN:
        return (OpaquePart(others[0], raw, place),)
    known = "text, inlineData, fileData, functionCall, functionResponse"
    message = f"{place}.{others[0]}: unknown part; known are {known} and those of built-in tools"
    raise ClientError(400, message, param=f"{place}.{others[0]}")


_OF_URLS = str.maketrans("-_", "+/")


def _usual(data: str) -> str:
    """Base64 in the usual alphabet, padded: Google's SDK writes that for URLs, in which others cannot read it."""
    data = data.translate(_OF_URLS)
    return data + "=" * (-len(data) % 4)


_BUILT_IN = frozenset({"executableCode", "codeExecutionResult", "toolCall", "toolResponse"})


def _of_kind(
    source: Source, kind: str, name: str | None, raw: msgspec.Raw, place: str
) -> tuple[ImagePart | FilePart | OpaquePart, ...]:
    if kind.startswith("image/"):
        named: Fields = {} if name is None else {"displayName": raw}
        return (ImagePart(source, extra={**named, **_unsaid(raw)}),)
    if kind.startswith(("audio/", "video/")):
        what = "a sound recording" if kind.startswith("audio/") else "a video"
        return (OpaquePart(kind, raw, place, (TextPart(f"[{what}, which this model cannot take]"),)),)
    return (FilePart(source, name, extra=_unsaid(raw)),)
