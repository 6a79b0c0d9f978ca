"""The little of an answer that tells what the model says and does, of whatever type it is. It knows no request."""

from __future__ import annotations

import msgspec

from ..shared.lenient import Lenient

_TEXT = msgspec.json.Decoder(str)
NOTHING = (b"", b"null", b"[]", b'""')


class DeltaContent(msgspec.Struct):
    """The little of a delta or message that tells what the model says and does, of whatever type it is.

    Other vendors' look-alikes write lists as content, for one; what passes is not ours to judge.
    """

    content: msgspec.Raw = msgspec.Raw(b"")
    tool_calls: msgspec.Raw = msgspec.Raw(b"")
    reasoning_content: msgspec.Raw = msgspec.Raw(b"")
    refusal: msgspec.Raw = msgspec.Raw(b"")

    @property
    def text(self) -> str:
        """The content, as far as it is text; a refusal where there is none."""
        written = bytes(self.content)
        if written.startswith(b'"'):
            return _TEXT.decode(written)
        if written.startswith(b"["):
            return "".join(part.text for part in _PARTS.decode(written))
        refused = bytes(self.refusal)
        return _TEXT.decode(refused) if refused.startswith(b'"') else ""

    @property
    def has_acted(self) -> bool:
        """Whether there is something besides text."""
        return any(bytes(raw) not in NOTHING for raw in (self.tool_calls, self.reasoning_content)) or bytes(
            self.content
        ).startswith((b"[", b"{"))


class DeltaContentPart(msgspec.Struct):
    """A part of a content that is a list."""

    text: str = ""


class _Parts:
    """Reads contents that are lists, whatever stands in them."""

    def __init__(self) -> None:
        self._list = msgspec.json.Decoder(list[msgspec.Raw])
        self._part = Lenient(DeltaContentPart)

    def decode(self, written: bytes) -> list[DeltaContentPart]:
        return self._part.objects(self._list.decode(written))


_PARTS = _Parts()
