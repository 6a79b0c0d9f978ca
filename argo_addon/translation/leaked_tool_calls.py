"""Calls of tools that leaked into the text as a Python repr, found and made calls again. It knows no dialect.

argo.md: seen on the legacy path and now and then on the native one, always Claude's:
`{'id': 'toolu_vrtx_…', 'input': {…}, 'name': '…', 'type': 'tool_use'}`. Text that merely talks of such a thing stays:
only a whole repr, of a tool that is offered, is a call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence, Set
from typing import Literal

import msgspec

from ..errors import UNREADABLE
from ..ir.parts import TextPart, ToolCallPart
from ..ir.response import Choice, Finish, Response, ResponsePart, consistent_finish
from ..recent import Recent

_replace = msgspec.structs.replace
SIGN = "{'id': 'toolu_"
"""How every leaked call begins."""
_HEAD = re.compile(r"\{'id': 'toolu_\w{1,100}', 'input': \{")
_ID = re.compile(r"\w{0,100}")
_BEHIND_ID = "', 'input': {"
_LONGEST = 200_000
"""Characters of a repr that are worth waiting for."""
_NO_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError)


class _Offered(msgspec.Struct):
    name: str = ""


class _Leaked(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    input: dict[str, msgspec.Raw]
    name: str
    type: Literal["tool_use"]


_LEAKED = msgspec.json.Decoder(_Leaked)
_OFFERED = msgspec.json.Decoder(list[_Offered])


def tool_names_in(fields: Mapping[str, msgspec.Raw]) -> frozenset[str]:
    """The names of the tools that a body for a Claude offers; none of what cannot be read."""
    return _names(bytes(fields.get("tools", b"[]")))


def _read_names(tools: bytes) -> frozenset[str]:
    try:
        return frozenset(tool.name for tool in _OFFERED.decode(tools))
    except UNREADABLE:
        return frozenset()


_names = Recent(_read_names)


class LeakFinder:
    """Takes a text piece by piece, and gives it back without the calls in it. `names` are the tools on offer.

    Text is held back only from where a call may begin until it is certain whether it is one.
    """

    def __init__(self, names: Set[str]) -> None:
        self.calls: list[ToolCallPart] = []
        self._names = names
        self._held = ""
        self._scan = _Scan()

    def feed(self, text: str) -> str:
        """The text that may go out by now."""
        if not self._held and "{" not in text:
            return text
        self._held += text
        out: list[str] = []
        while self._held:
            start = self._held.find("{")
            if start != 0:
                start = len(self._held) if start < 0 else start
                out.append(self._held[:start])
                self._held = self._held[start:]
            elif (end := self._end()) is not None:
                out.append(self._taken(end))
            else:
                break
        return "".join(out)

    @property
    def holds(self) -> bool:
        """Whether text is held back."""
        return bool(self._held)

    def rest(self) -> str:
        """What was held back and is no call after all: the text has ended."""
        held, self._held = self._held, ""
        self._scan = _Scan()
        return held

    def _end(self) -> int | None:
        """How much of what is held is decided; None if more is needed to tell."""
        if _HEAD.match(self._held) is None:
            return None if _may_become_head(self._held) else 1
        end = self._scan.end_in(self._held)
        return len(self._held) if end is None and len(self._held) > _LONGEST else end

    def _taken(self, end: int) -> str:
        candidate, self._held = self._held[:end], self._held[end:]
        self._scan = _Scan()
        call = _call_in(candidate) if end > 1 else None
        if call is None or call.name not in self._names:
            return candidate
        self.calls.append(call)
        return ""


class _Scan:
    """Looks for the brace that closes the first one, in a text that grows."""

    def __init__(self) -> None:
        self._at = 0
        self._depth = 0
        self._quote = ""
        self._escaped = False

    def end_in(self, text: str) -> int | None:
        """Where the repr ends; None if it goes on."""
        for at in range(self._at, len(text)):
            if self._closes(text[at]):
                return at + 1
        self._at = len(text)
        return None

    def _closes(self, char: str) -> bool:
        if self._quote:
            if self._escaped or char == "\\":
                self._escaped = not self._escaped
            elif char == self._quote:
                self._quote = ""
            return False
        if char in "'\"":
            self._quote = char
        elif char in "{}":
            self._depth += 1 if char == "{" else -1
        return self._depth == 0


def _may_become_head(text: str) -> bool:
    if len(text) <= len(SIGN):
        return SIGN.startswith(text)
    if not text.startswith(SIGN):
        return False
    identifier = _ID.match(text, len(SIGN))
    return identifier is not None and _BEHIND_ID.startswith(text[identifier.end() :])


def _call_in(candidate: str) -> ToolCallPart | None:
    """The call that a repr is; None where it is no repr of one. Line ends in a text of it need not be escaped."""
    for written in (candidate, candidate.replace("\n", "\\n")):
        try:
            leaked = _LEAKED.decode(msgspec.json.encode(ast.literal_eval(written)))
        except (*_NO_LITERAL, *UNREADABLE):
            continue
        return ToolCallPart(leaked.id, leaked.name, msgspec.json.encode(leaked.input).decode())
    return None


def repaired(parts: Sequence[ResponsePart], names: Set[str]) -> tuple[ResponsePart, ...]:
    """An answer's parts with the calls that leaked into their text, which come last."""
    if not any(isinstance(part, TextPart) and SIGN in part.text for part in parts):
        return tuple(parts)
    finder = LeakFinder(names)
    kept: list[ResponsePart] = []
    for part in parts:
        text = finder.feed(part.text) + finder.rest() if isinstance(part, TextPart) else ""
        if not isinstance(part, TextPart) or text == part.text:
            kept.append(part)
        elif text.strip():
            kept.append(part.with_text(text))
    known = {part.id for part in kept if isinstance(part, ToolCallPart)}
    return (*kept, *(call for call in finder.calls if call.id not in known))


def finish_with_calls(finish: Finish) -> Finish:
    """How an answer ended that has calls after all. The upstream's own word for it holds no longer."""
    true = consistent_finish(finish, True)
    return true if true is finish else _replace(true, raw="")


def repaired_response(response: Response, names: Set[str]) -> Response:
    """An answer with the calls that leaked into its text."""
    return _replace(response, choices=tuple(_repaired_choice(choice, names) for choice in response.choices))


def _repaired_choice(choice: Choice, names: Set[str]) -> Choice:
    parts = repaired(choice.parts, names)
    return choice if parts == choice.parts else _replace(choice, parts=parts, finish=finish_with_calls(choice.finish))
