"""Ids and names in a form that an API takes, the same for the same every time (pitfalls 4.1, 4.10, 6.6)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from ..errors import UNREADABLE
from ..recent import Recent

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")


def fitted_identifier(name: str, longest: int) -> str:
    """The name itself if it is made of letters, digits, `_` and `-` and not too long, else one made from it.

    What is made ends in a hash of the name, so that two names stay two.
    """
    if len(name) <= _LONGEST_REMEMBERED:  # a conversation comes again with each call, and so do its ids
        return _fitted(name, longest)
    return _fitted.__wrapped__(name, longest)


_LONGEST_REMEMBERED = 64


@lru_cache(4096)
def _fitted(name: str, longest: int) -> str:
    if name and len(name) <= longest and _REFUSED.search(name) is None:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{_REFUSED.sub('_', name)[: longest - 9]}_{digest}"


class _Named(msgspec.Struct):
    name: str = ""


class _Tool(msgspec.Struct):
    """A tool on offer: named itself, as Claude's are, or by its function."""

    name: str = ""
    function: _Named | None = None


_TOOLS = msgspec.json.Decoder(list[_Tool] | None)


def all_names_fit(fields: Mapping[str, msgspec.Raw], longest: int) -> bool:
    """Whether the names of the tools that a body offers can stay; what cannot be read is the upstream's to judge."""
    return _all_fit(bytes(fields.get("tools", b"null")), longest)


def _look(tools_as_written: bytes, longest: int) -> bool:
    try:
        tools = _TOOLS.decode(tools_as_written) or []
    except UNREADABLE:
        return True
    names = (tool.name if tool.function is None else tool.function.name for tool in tools)
    return all(not name or fitted_identifier(name, longest) == name for name in names)


_all_fit = Recent(_look)


def made_up_id(answer: str, number: int) -> str:
    """The id of a call that came without one: the same for the same answer, another for each call."""
    return f"call_{hashlib.sha256(f'{answer}/{number}'.encode()).hexdigest()[:24]}"


def own_id(given: str | None, taken: set[str], answer: str, number: int) -> str:
    """The id of a call: the one that it came with, unless an earlier call of the answer has it. `taken` are theirs.

    Clients pair results with calls by their ids, and APIs refuse a conversation in which two calls have the same.
    """
    identifier = given if given and given not in taken else made_up_id(answer, number)
    taken.add(identifier)
    return identifier
