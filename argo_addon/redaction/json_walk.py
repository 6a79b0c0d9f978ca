"""JSON taken apart where it stands: its texts, where they begin and end, and the names that they have.

It goes through a text once and never raises, so that JSON that was cut off and streams of events are taken apart too.
A text's place is kept, since what is written down stays as it came but for what is taken out.
"""

from __future__ import annotations

import bisect
import re
from typing import NamedTuple

_TEXT = r"[^\"\\]*(?:\\.[^\"\\]*)*"
_TOKEN = re.compile(
    rf"""(?P<line>(?:\r\n|\r|\n)data:)
    |"(?P<name>{_TEXT})"\s*:\s*(?:"(?P<value>{_TEXT})(?P<value_end>")?|(?P<opens>[{{\[])|(?P<scalar>[^\s"{{}}\[\],:]+))?
    |"(?P<text>{_TEXT})(?P<text_end>")?
    |(?P<mark>[{{}}\[\]])
    |(?P<other>[^\s"{{}}\[\],:]+)""",
    re.VERBOSE | re.DOTALL,
)
_SCALAR = re.compile(r"(?:-?\d[\d.eE+-]*|true|false|null)\Z")
_MARKS = frozenset({"index", "output_index", "content_index", "summary_index", "item_id", "thought", "jsonPath"})
"""Members that tell whose piece a text of a stream is."""
_NAMING = frozenset({"name", "key", "header"})
"""Members that say what their neighbour `value` is."""
_LONGEST_NAME = 80
_SHORTEST_SECRET = 8


DELTA, CHOICES, PARTS, LOGPROBS, ALTERNATIVES = (1 << place for place in range(5))
_KINDS = {
    "delta": DELTA, "choices": CHOICES, "parts": PARTS, "partialArgs": PARTS, "logprobs": LOGPROBS,
    "logprobsResult": LOGPROBS, "top_logprobs": ALTERNATIVES, "topCandidates": ALTERNATIVES,
}  # fmt: skip
"""Members in which an answer comes in pieces, in the dialects' streams."""


class Frame:
    """An object or a list that is open: whose member it is, what it lies in, and what it has said of itself so far."""

    __slots__ = ("is_list", "marks", "member", "name", "parent", "said", "within")

    def __init__(self, parent: Frame | None, *, is_list: bool) -> None:
        self.parent = parent
        self.is_list = is_list
        self.member: str
        self.name = "" if parent is None else parent.member
        self.member = self.name if is_list else ""
        self.said = ""
        self.marks: dict[str, str] = {}
        self.within: int = _KINDS.get(self.name, 0) | (0 if parent is None else parent.within)

    def all_marks(self) -> tuple[tuple[str, str], ...]:
        """What tells whose piece this is."""
        above = self.parent.all_marks() if self.parent is not None else ()
        return (*above, *self.marks.items())


class Leaf(NamedTuple):
    """A text, or a number, in JSON: where it stands without its quotes, its member's name, and what stands before it.

    `said` is the text before it in its list, or the value of its object's member `name` or `key`.
    """

    start: int
    end: int
    name: str
    said: str
    frame: Frame
    is_text: bool = True
    is_name: bool = False


class Taken(NamedTuple):
    """What was taken apart; `whole` says that it was JSON from its beginning to its end."""

    leaves: list[Leaf]
    whole: bool


class _Walk:
    """Where a walk through JSON is; `whole` says that it was JSON so far."""

    def __init__(self, text: str) -> None:
        self.whole = True
        self.leaves: list[Leaf] = []
        self._text = text
        self._frame = Frame(None, is_list=True)

    @property
    def is_over(self) -> bool:
        """Whether nothing is open."""
        return self._frame.parent is None

    def opens(self, mark: str) -> None:
        """An object or a list begins."""
        self._frame = Frame(self._frame, is_list=mark == "[")

    def closes(self, mark: str) -> None:
        """The innermost one ends."""
        above = self._frame.parent
        if above is None or self._frame.is_list is not (mark == "]"):
            self.whole = False
        self._frame = above or self._frame

    def name(self, start: int, end: int) -> None:
        """A member's name."""
        name = self._text[start:end]
        self._frame.member = unescaped(name) if "\\" in name else name
        if end - start >= _SHORTEST_SECRET:
            self.leaves.append(Leaf(start, end, "", "", self._frame, is_name=True))

    def value(self, start: int, end: int) -> None:
        """A text."""
        frame = self._frame
        self.leaves.append(Leaf(start, end, frame.member, frame.said, frame))
        if frame.is_list or frame.member in _NAMING:
            frame.said = self._text[start:end] if end - start < _LONGEST_NAME else ""
        elif frame.member in _MARKS:
            frame.marks[frame.member] = self._text[start:end]

    def cut_off(self, token: re.Match[str]) -> None:
        """A member without a value, or a text without an end."""
        self.whole = False
        if token.lastgroup in ("value", "text"):
            self.value(*token.span(token.lastgroup))

    def other(self, start: int, end: int) -> None:
        """A number or a constant, or what is no JSON."""
        word, frame = self._text[start:end], self._frame
        if _SCALAR.match(word) is None:
            self.whole = False
        elif frame.member in _MARKS:
            frame.marks[frame.member] = word
        elif word.isdigit() and (len(word) > 3 or frame.member == "bytes"):
            self.leaves.append(Leaf(start, end, frame.member, frame.said, frame, is_text=False))


def taken_apart(text: str, start: int = 0, end: int | None = None) -> Taken:
    """The texts of JSON, in their order, and what there is that may be a number in a secret's place."""
    walk = _Walk(text)
    for token in _TOKEN.finditer(text, start, len(text) if end is None else end):
        kind = token.lastgroup
        if token.start("name") >= 0:
            walk.name(*token.span("name"))
        if kind == "value_end":
            walk.value(*token.span("value"))
        elif kind == "scalar" or kind == "other":
            walk.other(*token.span(kind))
        elif kind == "opens":
            walk.opens(token["opens"])
        elif kind == "mark":
            (walk.opens if token["mark"] in "{[" else walk.closes)(token["mark"])
        elif kind == "text_end":
            walk.value(*token.span("text"))
        elif kind != "line":
            walk.cut_off(token)
    return Taken(walk.leaves, walk.whole and walk.is_over)


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def unescaped(raw: str) -> str:
    """What a text of JSON says, given what stands between its quotes."""
    return _ESCAPE.sub(_character, raw) if "\\" in raw else raw


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED.get(escape[2], escape[2])


class Places:
    """Where the characters of a text stand, given where the text stands and how it is escaped."""

    def __init__(self, raw: str, start: int) -> None:
        self._said, self._written = [0], [start]
        shorter = 0
        for escape in _ESCAPE.finditer(raw) if "\\" in raw else ():
            self._said += [escape.start() - shorter, escape.start() - shorter + 1]
            self._written += [start + escape.start(), start + escape.end()]
            shorter += len(escape[0]) - 1

    def of(self, place: int) -> int:
        """Where a character stands."""
        at = bisect.bisect_right(self._said, place) - 1
        return self._written[at] + place - self._said[at]
