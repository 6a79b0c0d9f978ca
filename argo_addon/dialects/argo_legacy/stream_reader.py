"""The stream of streamchat: bare UTF-8, without events, without an end of its own. It knows nothing of HTTP."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from ...errors import UpstreamError
from ...ir.events import ChoiceEnd, Event, PartEnd, PartStart, ResponseEnd, ResponseStart, TextDelta
from ...ir.parts import TextPart
from ...ir.response import Finish, FinishReason, Usage
from ...translation.tokens import of_parts
from ..base import Reader


class TextReader(Reader):
    """Reads the bytes as they come; characters may be cut between them. `prompt` is how many tokens that has."""

    def __init__(self, prompt: int) -> None:
        self._prompt = prompt
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._texts: list[str] = []

    def read(self, data: bytes) -> Sequence[Event]:
        """What a piece tells. Raises UnicodeDecodeError if it is no UTF-8."""
        text = self._decoder.decode(data)
        if not text:
            return ()
        begins = not self._texts
        self._texts.append(text)
        delta = TextDelta(0, text)
        return (
            (ResponseStart("", "", usage=Usage(self._prompt)), PartStart(0, TextPart("")), delta)
            if begins
            else (delta,)
        )

    def close(self) -> Sequence[Event]:
        """The end, if there was an answer and its last character is whole."""
        if not self._texts:
            raise UpstreamError(502, "ARGO ended the stream without a word of an answer.")
        if self._decoder.getstate()[0]:
            raise UpstreamError(502, "ARGO ended the stream in the middle of a character.")
        self.complete = True
        usage = Usage(self._prompt, of_parts([TextPart("".join(self._texts))]))
        return PartEnd(0), ChoiceEnd(0, Finish(FinishReason.STOP)), ResponseEnd(usage)
