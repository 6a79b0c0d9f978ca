"""What cuts a turn short: stop sequences and the token limit. Knows no wire format."""

from __future__ import annotations

import msgspec

from argo_addon.simulator.agent.ask import Ask, Call, Turn

_CHARACTERS = 4
"""Of a token."""


def cut(turn: Turn, ask: Ask) -> Turn:
    """The turn up to its first stop sequence, and up to its limit."""
    return _to_limit(_to_sequence(turn, ask.stops), ask.limit)


def _to_sequence(turn: Turn, stops: tuple[str, ...]) -> Turn:
    found = [(place, stop) for stop in stops if stop and (place := turn.text.find(stop)) >= 0]
    if not found:
        return turn
    place, stop = min(found)
    return msgspec.structs.replace(turn, text=turn.text[:place], calls=(), stop="sequence", sequence=stop)


def _to_limit(turn: Turn, limit: int | None) -> Turn:
    if limit is None:
        return turn
    room = limit * _CHARACTERS
    written = len(turn.thinking) + len(turn.text) + sum(len(call.arguments) for call in turn.calls)
    if written <= room:
        return turn
    thinking = turn.thinking[:room]
    room -= len(thinking)
    text = turn.text[:room]
    room -= len(text)
    calls = []
    for call in turn.calls:
        if room <= 0:
            break
        calls.append(Call(call.name, call.arguments[:room]))
        room -= len(call.arguments)
    return msgspec.structs.replace(turn, thinking=thinking, text=text, calls=tuple(calls), stop="limit", sequence=None)


def tokens_written(turn: Turn) -> tuple[int, int]:
    """All tokens of a turn, and those of them that are thinking."""
    thinking = -(-len(turn.thinking) // _CHARACTERS)
    rest = len(turn.text) + sum(len(call.arguments) + len(call.name) for call in turn.calls)
    return max(1, thinking - (-rest // _CHARACTERS)), thinking
