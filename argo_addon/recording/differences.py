"""What differs between two bodies, and where in them a refusal points: JSON values, whatever they mean.

Items of lists are taken for each other by likeness: where one is left out, the others are compared with themselves.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

_BRIEF = 70
_MOST_COMPARED = 400
"""Characters of an item by which its likeness to another is judged."""
_MOST_ITEMS = 30
"""Items between two that are equal, of which each is compared with each."""
_ALIKE = 0.6
_NAMES = ("name", "id", "call_id", "tool_call_id", "tool_use_id")
Pair = tuple[int | None, int | None]


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The members in which two JSON values differ: their path, what they were and what they are."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{path}.{name}" if path else name
            if name not in after:
                yield f"- {inner}: {brief(before[name])}"
            elif name not in before:
                yield f"+ {inner}: {brief(after[name])}"
            else:
                yield from changed(before[name], after[name], inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _changed_items(before, after, path)
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield f"~ {path}: {brief(before)} -> {brief(after)}"


def _changed_items(before: list[Any], after: list[Any], path: str) -> Iterator[str]:
    for one, other in aligned(before, after):
        if one is not None and other is not None:
            moved = f"{one}" if one == other else f"{one} -> {other}"
            yield from changed(before[one], after[other], f"{path}[{moved}]")
        elif one is not None:
            yield f"- {path}[{one}]: {brief(before[one])}"
        elif other is not None:
            yield f"+ {path}[{other}]: {brief(after[other])}"


def brief(value: Any) -> str:
    """A value in a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]} … ({len(text)} characters)"


def aligned(before: list[Any], after: list[Any]) -> list[Pair]:
    """The places of items that belong together, in their order; None where there is nothing like it."""
    here, there = (
        [json.dumps(item, sort_keys=True, ensure_ascii=False) for item in items] for items in (before, after)
    )
    made: list[Pair] = []
    for kind, start, end, other, last in difflib.SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        if kind == "equal":
            made += zip(range(start, end), range(other, last), strict=True)
        elif end - start > _MOST_ITEMS or last - other > _MOST_ITEMS:
            made += zip(range(start, min(end, start + last - other)), range(other, last), strict=False)
            made += [(place, None) for place in range(start + last - other, end)]
            made += [(None, place) for place in range(other + end - start, last)]
        else:
            made += _alike(before, after, here, there, range(start, end), range(other, last))
    return made


def _alike(
    before: list[Any], after: list[Any], here: list[str], there: list[str], ones: range, others: range
) -> Iterator[Pair]:
    """Pairs the items between two that are equal, so that all together are as alike as they can be in their order."""
    scores = [[_likeness(before[one], after[other], here[one], there[other]) for other in others] for one in ones]
    best = [[0.0] * (len(others) + 1) for _ in range(len(ones) + 1)]  # of what follows
    for one in reversed(range(len(ones))):
        for other in reversed(range(len(others))):
            score = scores[one][other]
            paired = score + best[one + 1][other + 1] if score >= _ALIKE else 0.0
            best[one][other] = max(paired, best[one + 1][other], best[one][other + 1])
    one = other = 0
    while one < len(ones) and other < len(others):
        if best[one][other] == best[one + 1][other]:
            yield ones[one], None
            one += 1
        elif best[one][other] == best[one][other + 1]:
            yield None, others[other]
            other += 1
        else:
            yield ones[one], others[other]
            one, other = one + 1, other + 1
    yield from ((place, None) for place in ones[one:])
    yield from ((None, place) for place in others[other:])


def _likeness(one: Any, other: Any, here: str, there: str) -> float:
    """From 0 to more than 1, where they have the same name or id."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        same = isinstance(one, type(other)) and not isinstance(one, (str, int, float))
        return 1.0 if same else difflib.SequenceMatcher(None, here, there).ratio()
    named = [one[name] == other[name] for name in _NAMES if name in one and name in other]
    if named and not any(named):
        return 0.0
    alike = difflib.SequenceMatcher(None, here[:_MOST_COMPARED], there[:_MOST_COMPARED], autojunk=False).ratio()
    same_role = one.get("role") == other.get("role") and one.get("type") == other.get("type")
    return alike + (1.0 if named else 0.0) + (0.2 if same_role else -0.2)


# What a refusal names

_PATH = re.compile(r"(?P<quote>[`'\"]?)(?P<path>[A-Za-z_]\w*(?:\.\w+|\[\w+\]|\.\[\w+\])*)")


def named_in(message: str, body: Any) -> list[list[str]]:
    """The paths that a message names in a body, the most exact first, as the names and places that lead there."""
    if not isinstance(body, dict):
        return []
    found: dict[tuple[str, ...], None] = {}
    for named in _PATH.finditer(message):
        steps = tuple(re.findall(r"\w+", named["path"]))
        if steps[0] in body and (len(steps) > 1 or named["quote"] or named.start() == 0):
            found[steps] = None
    longest = sorted(found, key=len, reverse=True)
    return [
        list(path) for path in longest if not any(path != other and other[: len(path)] == path for other in longest)
    ]


def member_at(body: Any, path: list[str]) -> tuple[str, Any]:
    """Where a path leads to, as far as it leads, and what is there: names of kinds within it are passed over."""
    place, value = "", body
    for step in path:
        if isinstance(value, dict) and step in value:
            place, value = f"{place}.{step}" if place else step, value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            place, value = f"{place}[{step}]", value[int(step)]
    return place, value


def counterpart(upstream: Any, client: Any, path: list[str]) -> list[str] | None:
    """Where in the client's body that stands which the upstream's has at a path; None where nothing is like it."""
    if not (isinstance(upstream, dict) and isinstance(client, dict)):
        return None
    first = path[0]
    if first in client and not isinstance(upstream.get(first), list):
        return path
    if len(path) < 2 or not path[1].isdigit() or not isinstance(upstream.get(first), list):
        return path if first in client else None
    items = upstream[first]
    if int(path[1]) >= len(items):
        return None
    wanted = items[int(path[1])]
    lists = [first] if isinstance(client.get(first), list) else [
        name for name, value in client.items() if isinstance(value, list) and value
    ]  # fmt: skip
    scored = [(_similar(wanted, item), name, place) for name in lists for place, item in enumerate(client[name])]
    best, name, place = max(scored, default=(0.0, "", 0))
    return [name, str(place), *path[2:]] if best >= _ALIKE else None


def _similar(one: Any, other: Any) -> float:
    """How alike two items of two dialects are: by the name that they have somewhere, or by their words."""
    names = [{value for value in _strings(item, "name")} for item in (one, other)]
    if names[0] and names[0] & names[1]:
        return 2.0
    here, there = ("\n".join(_strings(item))[:2000] for item in (one, other))
    return difflib.SequenceMatcher(None, here, there, autojunk=False).ratio() if here and there else 0.0


def _strings(value: Any, member: str | None = None) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, str) and member in (None, name):
                yield one
            elif not isinstance(one, str):
                yield from _strings(one, member)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, member)
