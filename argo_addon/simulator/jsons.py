"""JSON: its type, reading and writing. Knows no format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = bool | int | float | str | "list[Json]" | "dict[str, Json]" | None
else:
    Json = Any  # msgspec reads annotations at run time, and none that refer to themselves
JsonObject: TypeAlias = dict[str, Json]


def dump(value: object, *, escaped: bool = False) -> str:
    """As models write it: a blank after `:` and `,`; `escaped` writes non-ASCII text as `\\uXXXX`."""
    return json.dumps(value, ensure_ascii=escaped)


def compact(value: object) -> str:
    """Without blanks, as vendors' servers write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parse(raw: bytes) -> Json:
    """Raises ValueError, with json's own words; NaN and Infinity are no JSON."""

    def refuse(name: str) -> Json:
        raise ValueError(f"{name} is not JSON")

    value: Json = json.loads(raw.decode("utf-8"), parse_constant=refuse)
    return value
