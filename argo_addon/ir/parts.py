"""What messages and answers are made of. The words are those of OpenTelemetry's gen_ai conventions, where it has one.

`extra` holds the members that only the dialect knows which they came from, still as they were written: that dialect
puts them back, any other leaves them out and tells. `cache` is a prompt-cache breakpoint (Anthropic's `cache_control`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

Extra = dict[str, msgspec.Raw]
"""Members of a JSON object, the values still as they were written, byte for byte."""


class _NoMembers(dict[str, msgspec.Raw]):
    """One for all that have none: msgspec gives each a dict of its own where the default is a plain one."""

    def __setitem__(self, name: str, value: msgspec.Raw) -> None:
        raise TypeError("it is everyone's")


NO_EXTRA: Extra = _NoMembers()

OUR_MARK = "argo-proxy"
"""How a signature begins under reasoning that no Claude has signed: it never goes to a Claude (pitfalls 5.5)."""

GEMINI_MARK = f"{OUR_MARK}:gemini:"
"""How a signature begins that is Gemini's for the call behind it: it wants it back with that call (pitfalls 5.8)."""


_TEXT = msgspec.json.Decoder(str)


class Citation(msgspec.Struct, frozen=True):
    """Where something in a text comes from. `start` and `end` are characters of the text that it stands with.

    `raw` is the citation as its dialect writes it.
    """

    raw: msgspec.Raw
    url: str | None = None
    title: str | None = None
    quoted: str | None = None
    start: int | None = None
    end: int | None = None


class TextPart(msgspec.Struct, frozen=True, gc=False):
    """Text. `refusal` marks the words with which a model declines.

    `written` is the text, or the JSON string that it came in, unless that is empty: a conversation may have a megabyte
    of it, and most of that goes on without anyone reading it. JSON is written of either the same way.
    """

    written: str | msgspec.Raw
    refusal: bool = False
    citations: tuple[Citation, ...] = ()
    cache: msgspec.Raw | None = None
    extra: Extra = NO_EXTRA

    @property
    def text(self) -> str:
        """The text."""
        written = self.written
        return written if isinstance(written, str) else _TEXT.decode(written)

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing."""
        written = self.written
        if not isinstance(written, str) and bytes(written)[1:2].isalnum():
            return False
        return not self.text.strip()

    @property
    def is_bare(self) -> bool:
        """Whether it is a text and nothing else."""
        return self.cache is None and not (self.refusal or self.citations or self.extra)

    def with_text(self, text: str) -> TextPart:
        """The same of another text."""
        return msgspec.structs.replace(self, written=text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextPart) and _compared(self) == _compared(other)


def _compared(part: TextPart) -> tuple[object, ...]:
    return part.text, part.refusal, part.citations, part.cache, part.extra


class ReasoningPart(msgspec.Struct, frozen=True, gc=False):
    """What a model thought. `redacted` is thinking that came encrypted, in place of the text."""

    text: str
    signature: str | None = None
    redacted: str | None = None
    extra: Extra = NO_EXTRA


class Source(msgspec.Struct, frozen=True):
    """Where an image's or a file's bytes are: in `value` as base64 or text, or at the URL or file id that it holds."""

    kind: Literal["base64", "text", "url", "file_id"]
    value: str
    media_type: str | None = None


class ImagePart(msgspec.Struct, frozen=True):
    """An image. `detail` is how closely to look at it: low, high, auto."""

    source: Source
    detail: str | None = None
    cache: msgspec.Raw | None = None
    extra: Extra = NO_EXTRA


class FilePart(msgspec.Struct, frozen=True):
    """A document."""

    source: Source
    name: str | None = None
    cache: msgspec.Raw | None = None
    extra: Extra = NO_EXTRA


class ToolCallPart(msgspec.Struct, frozen=True, gc=False):
    """A call of one of the client's tools. `arguments` is the JSON that the model wrote, as it wrote it.

    `custom` marks a call of a tool that takes free text: then `arguments` is that text.
    """

    id: str
    name: str
    arguments: str
    custom: bool = False
    cache: msgspec.Raw | None = None
    extra: Extra = NO_EXTRA


class OpaquePart(msgspec.Struct, frozen=True):
    """What only one dialect has: the blocks of built-in tools, for one.

    `fallback` stands for it in other dialects; where it is empty it is left out, and the loss reported. `json_path` is
    where it stood in the body.
    """

    kind: str
    raw: msgspec.Raw
    json_path: str = ""
    fallback: tuple[TextPart, ...] = ()
    cache: msgspec.Raw | None = None


class ToolReferencePart(msgspec.Struct, frozen=True):
    """A tool that a search among the deferred ones has found: from here on it may be called.

    `raw` is the reference as its dialect writes it.
    """

    name: str
    raw: msgspec.Raw = msgspec.Raw(b"")
    cache: msgspec.Raw | None = None


ResultContent = TextPart | ImagePart | FilePart | OpaquePart | ToolReferencePart
"""What a tool's result is made of."""


class ToolResultPart(msgspec.Struct, frozen=True, gc=False):
    """What a call of a tool brought."""

    call_id: str
    content: tuple[ResultContent, ...]
    is_error: bool = False
    cache: msgspec.Raw | None = None
    extra: Extra = NO_EXTRA


Part = TextPart | ReasoningPart | ImagePart | FilePart | ToolCallPart | ToolResultPart | OpaquePart | ToolReferencePart
