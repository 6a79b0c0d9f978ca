"""Frames that differ from the one before in nothing but their text, as those of an answer mostly do.

What is told of such a frame is told as of the one before, with another text. Where the text stands is learned from two
frames that were read the ordinary way; whatever does not fit is read that way too. It knows no dialect.
"""

from __future__ import annotations

import msgspec

from ..errors import UNREADABLE

_TEXT = msgspec.json.Decoder(str)
_encode = msgspec.json.Encoder().encode
_LEAST = len('""')
"""Characters of an empty text."""


class Repeats:
    """Knows the last frame that told a text and nothing else, once two such frames have come in a row."""

    __slots__ = ("_before", "_behind", "_end", "_least", "_start", "_text", "known", "raw")

    def __init__(self) -> None:
        self.known = False
        """Whether the next frame may be looked at."""
        self.raw = b""
        """The text that was found last, as it was written."""
        self._before = self._behind = b""
        self._start = self._end = self._least = 0
        self._text = ""

    def text_in(self, frame: bytes) -> str | None:
        """The frame's text, if all else in it is as in the one before and the text is not empty; asked where `known`.

        The text must be a whole JSON string, so that the frame is the same JSON with another text.
        """
        if len(frame) > self._least and frame.startswith(self._before) and frame.endswith(self._behind):
            raw = frame[self._start : self._end]
            try:
                text = _TEXT.decode(raw)
            except UNREADABLE:
                return None
            self.raw = raw
            return text
        return None

    def with_text(self, raw: bytes) -> bytes:
        """The last frame with this text, which is JSON; asked where `known`."""
        return b"%b%b%b" % (self._before, raw, self._behind)

    def learn(self, frame: bytes, text: str) -> None:
        """Takes a frame that was read the ordinary way and told this text and nothing else.

        A text may stand in a frame by chance, where something else is meant: so it takes two that differ.
        """
        written = _encode(text)
        if self._behind and text != self._text and frame == self._before + written + self._behind:
            self._start, self._end = len(self._before), -len(self._behind)
            self._least = self._start - self._end + _LEAST
            self.known = True
            return
        place = frame.find(written)
        if place < 0 or not text or frame.find(written, place + 1) >= 0:
            self.forget()
            return
        self.known = False
        self._before, self._behind, self._text = frame[:place], frame[place + len(written) :], text

    def forget(self) -> None:
        """The frame told something else: the next text may be told otherwise."""
        self.known = False
        self._before = self._behind = b""
