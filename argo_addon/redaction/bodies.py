"""Finds the secrets of a text, whatever it is: JSON within JSON at any depth, a stream that cuts them in pieces, prose.

It walks once. Nothing but the secrets is touched, so that JSON stays JSON of the same shape, byte for byte.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from .clean import clean_of
from .event_shapes import EventShapes
from .forms import by_form, long_words
from .json_walk import (
    ALTERNATIVES,
    CHOICES,
    DELTA,
    LOGPROBS,
    PARTS,
    Frame,
    Leaf,
    Places,
    objects_in_lists,
    taken_apart,
    unescaped,
)
from .named_values import by_name, lowered
from .names import GONE, Strength, goes, strength
from .pairs import by_pair, encoded, in_urls, places_in, says_text

Edit = tuple[int, int, str]
"""Where something goes, and what comes there."""

_JSON = re.compile(r"[\s\ufeff]*[{\[\"]")
_LIST = re.compile(r"[\s\ufeff]*\[")
_EVENTS = re.compile(r"[\s\ufeff]*(?:data|event|id|retry)?:")
_DATA = re.compile(r"^data: ?(?P<data>[^\r\n]*(?:(?:\r\n|\r|\n)data:[^\r\n]*)*)", re.MULTILINE)
_DULL = re.compile(r"(?:\s|event: ?[\w.]{0,80}$|: ?\w{0,40}$|data: ?\[DONE\]$)*\Z", re.MULTILINE)
_LINE = re.compile(r"[^\n]+")
_FLAG = re.compile(r"--[\w-]+\Z")
_WHOLE = frozenset({"id", "type", "role", "name", "call_id", "finish_reason", "stop_reason", "signature"})
"""Members of a piece that are said at once."""
_SHORTEST = 8
"""Characters that a secret has with its name, at the least."""
_LONG = 4000
_BLOB = re.compile(r"(?:data:[\w/+.-]+;base64,)?(?P<data>[A-Za-z0-9+/\r\n]{4000,}={0,2})\Z")
_ELEMENT = 120
"""Characters of a message or a tool that is worth to be known again."""
_strength = lru_cache(maxsize=4096)(strength)


def without_secrets(
    text: str, known: Iterable[str] = (), found: set[str] | None = None, joined: list[str] | None = None
) -> str:
    """The text with its secrets taken out; `known` are words that are secret.

    `found` is told of those that stand behind names, `joined` of the texts that a stream has in pieces, made whole.
    """
    return _edited(text, _Search(known, set() if found is None else found, joined).of_all(text))


def _is_picture(text: str) -> bool:
    """Whether a text is data in base64 that says no text."""
    blob = _BLOB.match(text)
    return blob is not None and not says_text(blob["data"])


def _edited(text: str, edits: Iterable[Edit]) -> str:
    pieces, place = list[str](), 0
    for start, end, instead in edits:
        pieces += [text[place:start], instead]
        place = end
    return "".join([*pieces, text[place:]])


def _merged(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in their order, those that overlap as one."""
    made: list[Edit] = []
    for start, end, instead in sorted(edits):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]), made[-1][2] or instead)
        elif start < end:
            made.append((start, end, instead))
    return made


class _Search:
    """One look through a text: `known` are words that are secret, `found` takes what is found by its name."""

    def __init__(self, known: Iterable[str], found: set[str], joined: list[str] | None) -> None:
        self._words = tuple(sorted({word for word in known if word}, key=len, reverse=True))
        self._clean = clean_of("\n".join(self._words))
        self._found = found
        self._joined = joined
        self._within = False  # what was base64
        self._dull: set[str] = set()  # what stands between the events of a stream

    def of_all(self, text: str) -> list[Edit]:
        """What is to be changed in a body, in its order."""
        if _EVENTS.match(text) is not None and _DATA.search(text) is not None:
            return _merged(self._of_events(text))
        if _is_lines(text):  # Ollama's streams
            return _merged(self._of_lines(text))
        if _LIST.match(text) is not None:  # Google's streams
            leaves, whole, _ = taken_apart(text)
            return _merged([*self._of_leaves(text, leaves, stream=True), *(() if whole else self._of_plain(text))])
        return self.of(text, is_body=True)

    def of(self, text: str, *, is_body: bool = False) -> list[Edit]:
        """What is to be changed in a text, at any depth of JSON within JSON."""
        if len(text) < _SHORTEST or (len(text) > _LONG and _is_picture(text)) or self._clean.has(text):
            return []
        if _JSON.match(text) is None:
            edits = _merged(self._of_plain(text))
        elif is_body and "logprobs" not in text:  # whose pieces are looked at together
            edits = self._of_body(text)
        else:
            edits = self._of_json(text, *taken_apart(text)[:2])
        if not edits and not self._within:
            self._clean.add(text)
        return edits

    def _of_json(self, text: str, leaves: list[Leaf], whole: bool) -> list[Edit]:
        return _merged([*self._of_leaves(text, leaves), *(() if whole else self._of_plain(text))])

    def _of_body(self, text: str) -> list[Edit]:
        """A body's secrets; messages and tools that were clean before are not looked at again."""
        elements = objects_in_lists(text, _ELEMENT)
        fresh = [span for span in elements if not self._clean.has(text[slice(*span)])]
        new = set(fresh)
        leaves, whole, _ = taken_apart(text, without=[span for span in elements if span not in new])
        edits = self._of_json(text, leaves, whole)
        places = [start for start, _, _ in edits]
        for start, end in fresh:
            if bisect.bisect_left(places, start) == bisect.bisect_left(places, end):
                self._clean.add(text[start:end])
        return edits

    def _of_plain(self, text: str, start: int = 0) -> Iterator[Edit]:
        """The secrets of a text that is taken as it is, which begins at `start` of another."""
        lower, words = lowered(text), long_words(text)
        named = [*by_name(text, lower), *by_pair(text, lower)]
        self._found.update(text[one:end] for one, end in named)
        told = [word for word in self._words if word in text]
        known = (one.span() for one in _any_of(tuple(told)).finditer(text)) if told else ()
        inside = encoded(text, words, self._holds) if not self._within else ()
        yield from ((start + one, start + end, GONE) for one, end in (*by_form(text, words), *named, *known, *inside))
        for begun, word, said in in_urls(text):
            if edits := self.of(said):
                places = places_in(word)
                yield from ((start + begun + places[one], start + begun + places[end], GONE) for one, end, _ in edits)

    def _holds(self, text: str) -> bool:
        """Whether what was encoded holds a secret; what is encoded in it is not opened."""
        self._within = True
        try:
            return bool(self.of(text))
        finally:
            self._within = False

    def _of_events(self, text: str) -> Iterator[Edit]:
        shapes, leaves = EventShapes(_is_streamed, _is_open), list[Leaf]()
        place = 0
        for start, begun, end in _data_in(text):
            yield from self._of_rest(text, place, start)
            place = end
            whole = _JSON.match(text, begun, end) is not None and self._of_event(text, begun, end, shapes, leaves)
            if not whole:
                yield from self._of_rest(text, begun, end)
        yield from self._of_rest(text, place, len(text))
        yield from self._of_leaves(text, leaves, stream=True)

    def _of_lines(self, text: str) -> Iterator[Edit]:
        shapes, leaves = EventShapes(_is_streamed, _is_open), list[Leaf]()
        whole = [
            self._of_event(text, *line.span(), shapes, leaves) for line in _LINE.finditer(text) if not line[0].isspace()
        ]
        yield from self._of_leaves(text, leaves, stream=True)
        if not all(whole):
            yield from self._of_plain(text)

    def _of_event(self, text: str, start: int, end: int, shapes: EventShapes, leaves: list[Leaf]) -> bool:
        """Adds what may hold a secret in an event's JSON to `leaves`; returns whether it was JSON to its end."""
        told = shapes.leaves(text, start, end)
        if told is not None:
            leaves += told
            return True
        taken = taken_apart(text, start, end)
        leaves += taken.leaves
        if taken.whole:
            others = (leaf for leaf in taken.leaves if not _is_piece(leaf, stream=True))
            if not any(edit for leaf in others for edit in self._of_leaf(text, leaf)):
                shapes.learn(text, start, end, taken)
        return taken.whole

    def _of_rest(self, text: str, start: int, end: int) -> Iterator[Edit]:
        rest = text[start:end]
        if rest in self._dull:
            return
        if _DULL.match(rest) is None:
            yield from self._of_plain(rest, start)
        elif len(rest) < _LONG:
            self._dull.add(rest)

    def _of_leaves(self, text: str, leaves: list[Leaf], *, stream: bool = False) -> Iterator[Edit]:
        pieces: dict[object, list[Leaf]] = {}
        whose: dict[tuple[Frame, str], list[Leaf]] = {}  # a thousand events of one shape share a frame
        for leaf in leaves:
            if leaf.is_text and (texts := whose.get((leaf.frame, leaf.name))) is not None and not leaf.is_name:
                texts.append(leaf)
            elif _is_piece(leaf, stream):
                texts = pieces.setdefault((leaf.name, leaf.frame.all_marks()), [])
                whose[leaf.frame, leaf.name] = texts
                texts.append(leaf)
            else:
                yield from self._of_leaf(text, leaf)
        opened: set[int] = set()
        for joined in pieces.values():
            for leaf, edits in self._of_pieces(text, joined):
                yield from edits
                if leaf.name == "token":
                    opened.add(id(leaf.frame))
        if opened:
            yield from _beside(leaves, opened)

    def _of_pieces(self, text: str, pieces: list[Leaf]) -> Iterator[tuple[Leaf, list[Edit]]]:
        """What goes from the pieces of one text: the first piece of a secret says that it is gone."""
        raw = [text[piece.start : piece.end] for piece in pieces]
        said = [unescaped(one) for one in raw] if "\\" in "".join(raw) else raw
        whole = "".join(said)
        edits, place = self.of(whole), 0
        if self._joined is not None:
            self._joined.append(_edited(whole, edits))
        for piece, words in zip(pieces, said, strict=True) if edits else ():
            end = place + len(words)
            own = [
                (max(start, place) - place, min(stop, end) - place, instead if start >= place else "")
                for start, stop, instead in edits
                if start < end and stop > place
            ]
            if own:
                yield piece, _moved(own, text, piece)
            place = end

    def _of_leaf(self, text: str, leaf: Leaf) -> Iterator[Edit]:
        if not leaf.is_text:
            if _strength(leaf.name) == "strong":
                yield leaf.start, leaf.end, "0"
            return
        value = unescaped(text[leaf.start : leaf.end])
        if not leaf.is_name and goes(_told_by(leaf), value):
            self._found.add(value)
            yield leaf.start, leaf.end, GONE
        else:
            yield from _moved(self.of(value), text, leaf)


def _told_by(leaf: Leaf) -> Strength:
    """How sure its name says that it is secret, or what stands before it."""
    if leaf.frame.is_list and leaf.said and _FLAG.match(leaf.said) is not None:
        return _strength(leaf.said)
    if leaf.said and leaf.name.lower() == "value":
        return _strength(leaf.said)
    return _strength(leaf.name) or (_strength(leaf.name.rstrip("sS")) if leaf.frame.is_list else "")


def _moved(edits: list[Edit], text: str, leaf: Leaf) -> list[Edit]:
    """Edits of what a text of JSON says, as edits of where it stands."""
    if not edits:
        return edits
    places = Places(text[leaf.start : leaf.end], leaf.start)
    return [(places.of(start), places.of(end), instead) for start, end, instead in edits]


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, words))})(?![A-Za-z0-9])")


def _data_in(text: str) -> Iterator[tuple[int, int, int]]:
    """Where the data of events stand: their lines' beginning, their own, and their end."""
    place = text.find("data:")
    while place >= 0:
        event = _DATA.match(text, place)
        if event is None:  # within a line
            place = text.find("data:", place + 1)
        else:
            yield place, *event.span("data")
            place = text.find("data:", event.end())


def _is_streamed(leaf: Leaf) -> bool:
    return _is_piece(leaf, stream=True)


def _is_open(name: str) -> bool:
    """Whether a number may be a secret as the member of such a name, or a piece of one."""
    return name == "bytes" or _strength(name) == "strong"


def _is_lines(text: str) -> bool:
    """Whether a body is a stream of objects, one in each line."""
    end = text.find("\n") + 1
    first, then = text[:end].strip(" \t\r\n\ufeff"), text[end : end + _LONG].lstrip()
    return first.startswith("{") and first.endswith("}") and then.startswith("{")


def _is_piece(leaf: Leaf, stream: bool) -> bool:
    """Whether a text is a piece of one, which goes on in the next event."""
    within, name = leaf.frame.within, leaf.name
    if not leaf.is_text or leaf.is_name:
        return False
    if within & LOGPROBS:
        return name == "token" and not within & ALTERNATIVES
    if not stream or name in _WHOLE:
        return False
    if within & PARTS:
        return name == "text" or name == "stringValue"
    if name == "response" or (name in ("content", "thinking") and leaf.frame.name in ("message", "")):
        return True
    return bool(within & DELTA) or name == "delta" or (
        name in ("text", "thinking") and (leaf.frame.name == "content_block" or bool(within & CHOICES))
    )  # fmt: skip


def _beside(leaves: list[Leaf], opened: set[int]) -> Iterator[Edit]:
    """What the probabilities of a secret's pieces say of them once more: their bytes, and the other candidates."""
    for leaf in leaves:
        if not leaf.frame.within & LOGPROBS:
            continue
        frame: Frame | None = leaf.frame
        while frame is not None and id(frame) not in opened:
            frame = frame.parent
        is_candidate = leaf.name == "token" and bool(leaf.frame.within & ALTERNATIVES)
        if leaf.is_text and is_candidate and (frame is not None or leaf.frame.within & ALTERNATIVES):
            yield leaf.start, leaf.end, GONE
        elif not leaf.is_text and frame is not None and leaf.name == "bytes":
            yield leaf.start, leaf.end, "0"
