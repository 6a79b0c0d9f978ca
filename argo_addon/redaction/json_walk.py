"""JSON taken apart where it stands: its texts, where they begin and end, and the names that they have.

It goes through a text once and never raises, so that JSON that was cut off and streams of events are taken apart too.
A text's place is kept, since what is written down stays as it came but for what is taken out.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterable
from typing import NamedTuple

TEXT = r"[^\"\\]*(?:\\.[^\"\\]*)*"
_TOKEN = re.compile(
    rf"""(?P<line>(?:\r\n|\r|\n)data:)
    |"(?P<name>{TEXT})"\s*:\s*(?:"(?P<value>{TEXT})(?P<value_end>")?|(?P<opens>[{{\[])|(?P<scalar>[^\s"{{}}\[\],:]+))?
    |"(?P<text>{TEXT})(?P<text_end>")?
    |(?P<mark>[{{}}\[\]])
    |(?P<other>[^\s"{{}}\[\],:]+)""",
    re.VERBOSE | re.DOTALL,
)
_DIGITS = frozenset("-0123456789")
_SCALAR = re.compile(r"(?:-?\d[\d.eE+-]*|true|false|null)\Z")
MARKS = frozenset({"index", "output_index", "content_index", "summary_index", "item_id", "thought", "jsonPath"})
"""Members that tell whose piece a text of a stream is."""
NAMING = frozenset({"name", "key", "header"})
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
    """What was taken apart; `whole` says that it was JSON from its beginning to its end.

    `numbers` says where a number stands, and as whose member.
    """

    leaves: list[Leaf]
    whole: bool
    numbers: list[tuple[int, int, str]]


class _Walk:
    """Where a walk through JSON is; `whole` says that it was JSON so far."""

    def __init__(self, text: str) -> None:
        self.whole = True
        self.leaves: list[Leaf] = []
        self.numbers: list[tuple[int, int, str]] = []
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
        if frame.is_list or frame.member in NAMING:
            frame.said = self._text[start:end] if end - start < _LONGEST_NAME else ""
        elif frame.member in MARKS:
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
        elif frame.member in MARKS:
            frame.marks[frame.member] = word
            return
        elif word[0] in _DIGITS:
            self.numbers.append((start, end, frame.member))
        if word.isdigit() and (len(word) > 3 or frame.member == "bytes"):
            self.leaves.append(Leaf(start, end, frame.member, frame.said, frame, is_text=False))


def taken_apart(text: str, start: int = 0, end: int | None = None, without: Iterable[tuple[int, int]] = ()) -> Taken:
    """The texts of JSON, in their order, and what there is that may be a number in a secret's place.

    `without` are objects in lists that are left out, in their order: where they begin and end.
    """
    walk = _Walk(text)
    for begun, stop in without:
        _go_on(walk, text, start, begun)
        start = stop
    _go_on(walk, text, start, len(text) if end is None else end)
    return Taken(walk.leaves, walk.whole and walk.is_over, walk.numbers)


def _go_on(walk: _Walk, text: str, start: int, end: int) -> None:
    for token in _TOKEN.finditer(text, start, end):
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


_BETWEEN = r"[^\"{}\[\]]*"
_BRACKET = re.compile(rf"{_BETWEEN}(?:\"{TEXT}\"{_BETWEEN})*(?P<bracket>[{{}}\[\]])", re.DOTALL)


def objects_in_lists(text: str, shortest: int) -> list[tuple[int, int]]:
    """Where the objects stand that are in lists of JSON's outermost object: messages and tools, in requests.

    Those below so many characters are left out. What is behind a place that cannot be JSON is not looked at.
    """
    found: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    place = -1
    while (token := _BRACKET.match(text, place + 1)) is not None:
        bracket, place = token["bracket"], token.start("bracket")
        if bracket in "{[":
            opened.append((bracket, place))
            continue
        if not opened or opened[-1][0] != _OPENED_BY[bracket]:
            break
        _, start = opened.pop()
        if bracket == "}" and place - start >= shortest and [one for one, _ in opened] == ["{", "["]:
            found.append((start, place + 1))
    return found


_OPENED_BY = {"}": "{", "]": "["}


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


_read = json.JSONDecoder(strict=False).decode


def unescaped(raw: str) -> str:
    """What a text of JSON says, given what stands between its quotes, a character for each escape."""
    if "\\" not in raw:
        return raw
    if "\\u" not in raw:  # it would join what two escapes say
        try:
            return str(_read(f'"{raw}"'))
        except ValueError:  # no escape that JSON has
            pass
    return _ESCAPE.sub(_character, raw)


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
