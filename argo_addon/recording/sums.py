"""What recorded exchanges add up to: calls, tokens and time, by session, model, tool or day."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Literal

from .index import Found

By = Literal["session", "model", "tool", "day"]
Row = dict[str, object]

_NAMES: dict[By, Callable[[Found], str]] = {
    "session": lambda found: found.meta.session or "-",
    "model": lambda found: found.meta.model or found.meta.asked or "-",
    "tool": lambda found: found.meta.tool,
    "day": lambda found: time.strftime("%Y-%m-%d", time.localtime(found.entry.started)),
}


def by(found: Iterable[Found], what: By) -> list[Row]:
    """A row for each session, model, tool or day, in the order in which they began.

    `calls` and `failed` count, tokens are sums (`input` with those of the cache, `cached` those that came from it),
    `seconds` is how long the calls took together, `words` is what the user said first in a session.
    """
    groups: dict[str, list[Found]] = {}
    for one in sorted(found, key=lambda one: one.entry.started):
        if one.meta.upstream or one.meta.asked or one.meta.failed:  # not a list of models
            groups.setdefault(_NAMES[what](one), []).append(one)
    return [_row(what, name, group) for name, group in groups.items()]


def _row(what: By, name: str, group: list[Found]) -> Row:
    def total(member: str) -> int:
        return sum(getattr(one.meta, member) or 0 for one in group)

    times = [one.entry.times for one in group]
    row: Row = {
        what: name,
        "begun": group[0].entry.started,
        "calls": sum(times),
        "failed": sum(count for one, count in zip(group, times, strict=True) if one.meta.failed),
        "input": total("input_tokens"),
        "cached": total("cache_read"),
        "output": total("output_tokens"),
        "seconds": round(total("total_ms") / 1000, 1),
    }
    if what == "session":
        row |= {"tool": group[0].meta.tool, "words": next((one.meta.words for one in group if one.meta.words), "")}
    return row


_WIDE = {"session": 24, "words": 50}


def table(rows: list[Row], what: By) -> str:
    """The rows for a terminal, with a last one for all of them."""
    heads = [what, *(name for name in ("begun", "calls", "failed", "input", "cached", "output", "seconds"))]
    heads += ["tool", "words"] if what == "session" else []
    sums = {name: sum(_number(row[name]) for row in rows) for name in heads[2:8]}
    lines = [heads, *([_text(name, row[name]) for name in heads] for row in rows)]
    if len(rows) > 1:
        lines.append(["all", "", *(_text(name, sums[name]) for name in heads[2:8]), *("" for _ in heads[8:])])
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if 2 <= place < 8 else text.ljust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) else 0


def _text(name: str, value: object) -> str:
    if name == "begun" and isinstance(value, float):
        return time.strftime("%m-%d %H:%M", time.localtime(value))
    if isinstance(value, float):
        return f"{value:,.1f}"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= _WIDE.get(name, 60) else f"{text[: _WIDE.get(name, 60) - 1]}…"
