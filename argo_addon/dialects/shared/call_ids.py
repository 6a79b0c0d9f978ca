"""Ids of calls as an upstream takes them: another upstream may have made them otherwise (pitfalls 4.1).

It knows no dialect.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from ...translation.identifiers import fitted_identifier
from .outline import UNFIT
from .raw_members import object_in
from .usual import TEXT_BEGINS, first_byte

_TEXT = msgspec.json.Decoder(str)
_encode = msgspec.json.Encoder().encode


@lru_cache(16)
def _misfit(longest: int) -> re.Pattern[bytes]:
    return re.compile(rb'id"\s*:(?!\s*"[a-zA-Z0-9_-]{1,%d}")' % longest)


def ids_fit(written: bytes, longest: int) -> bool:
    """Whether no id in a written body needs a change. It may say no without need: of an id in a tool's arguments."""
    return _misfit(longest).search(written) is None


_FIT = re.compile(rb'"[a-zA-Z0-9_-]+"').fullmatch


def length_of(raw: msgspec.Raw) -> float:
    """How many characters an id has, UNFIT if some are none that every upstream takes; 0 for what is no text."""
    if _FIT(raw):
        return len(raw) - 2
    return UNFIT if first_byte(raw) == TEXT_BEGINS else 0


def with_fitting_text(raw: msgspec.Raw, longest: int) -> msgspec.Raw:
    """An id that is taken, the same for the same; itself if it is so already, or no text."""
    if not bytes(raw).startswith(b'"'):
        return raw
    text = _TEXT.decode(raw)
    fit = fitted_identifier(text, longest)
    return raw if fit == text else msgspec.Raw(_encode(fit))


def with_fitting_member(raw: msgspec.Raw, name: str, longest: int) -> msgspec.Raw:
    """An object whose member `name` is such an id; itself if there is nothing to change."""
    members = object_in(raw)
    if name not in members:
        return raw
    fit = with_fitting_text(members[name], longest)
    return raw if fit is members[name] else msgspec.Raw(_encode({**members, name: fit}))
