"""The Chat Completions API's JSON, field for field, as far as it is read here.

Source: the OpenAI API reference ("Chat Completions", "Models", "Error codes").
"""

from __future__ import annotations

from typing import Literal

import msgspec

_TEXT = msgspec.json.Decoder(str)
_NOTHING = (b"", b"null", b"[]", b'""')


class ErrorDetail(msgspec.Struct):
    """`error` within an error body or a stream's chunk. ARGO and the look-alikes write numbers as codes too."""

    message: str
    type: str | None = None
    param: str | None = None
    code: str | int | None = None


class ErrorBody(msgspec.Struct):
    """An error, as an answer's body or as the data of a chunk."""

    error: ErrorDetail


class Said(msgspec.Struct):
    """The little of a delta or message that tells what the model says and does, of whatever type it is.

    Other vendors' look-alikes write lists as content, for one; what passes is not ours to judge.
    """

    content: msgspec.Raw = msgspec.Raw(b"")
    tool_calls: msgspec.Raw = msgspec.Raw(b"")
    reasoning_content: msgspec.Raw = msgspec.Raw(b"")

    @property
    def text(self) -> str:
        """The content, where it is text."""
        written = bytes(self.content)
        return _TEXT.decode(written) if written.startswith(b'"') else ""

    @property
    def acts(self) -> bool:
        """Whether there is something besides text."""
        return any(bytes(raw) not in _NOTHING for raw in (self.tool_calls, self.reasoning_content)) or bytes(
            self.content
        ).startswith((b"[", b"{"))


class ChunkChoice(msgspec.Struct):
    """The little of a choice that tells what it says and whether it has ended."""

    index: msgspec.Raw = msgspec.Raw(b"0")
    finish_reason: msgspec.Raw = msgspec.Raw(b"")
    delta: Said | None = None

    @property
    def ended(self) -> bool:
        """Whether it names a finish reason."""
        return bytes(self.finish_reason) not in _NOTHING


class ReplyChoice(msgspec.Struct):
    """The little of a plain answer's choice that tells what it says."""

    message: Said | None = None


class Chunk(msgspec.Struct):
    """The little of a chunk that tells what it is."""

    choices: list[ChunkChoice] | None = None
    error: ErrorDetail | None = None


class ReplyBody(msgspec.Struct):
    """The little of a plain answer that tells whether it is one, and what it says."""

    choices: list[ReplyChoice] | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


class ModelEntry(msgspec.Struct):
    """One model of the list; `display_name` is an extension that other fields' readers skip (pitfalls 8.3)."""

    id: str
    created: int
    owned_by: str
    display_name: str
    object: Literal["model"] = "model"


class ModelPage(msgspec.Struct):
    """The list of models."""

    data: list[ModelEntry]
    object: Literal["list"] = "list"
