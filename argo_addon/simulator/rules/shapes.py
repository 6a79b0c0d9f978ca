"""Shapes of JSON: tables that a body is held against. A miss is a `Problem` that names its place. Knows no vendor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

Kind = Literal["string", "integer", "number", "boolean", "array", "object", "null"]
Miss = Literal["missing", "unknown", "type", "value", "tag", "pattern", "short", "long", "few", "many", "low", "high"]


class Tag(str):
    """A step of a path that names the arm of a tagged union, as pydantic does; only some vendors show it."""

    __slots__ = ()


Path = tuple["str | int", ...]


class Problem(Exception):
    """A body that does not fit its shape."""

    def __init__(self, miss: Miss, path: Path, wanted: object = None, got: object = None) -> None:
        super().__init__(miss, path, wanted, got)
        self.miss = miss
        self.path = path
        self.wanted = wanted
        self.got = got


class Shape(Protocol):
    """What a value is held against."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The JSON types that may fit."""

    def check(self, value: object, path: Path) -> None:
        """Raises Problem."""


def kind_of(value: object) -> Kind:
    """The JSON type of a value."""
    if value is None:
        return "null"
    return _KINDS[type(value)]


_KINDS: dict[type, Kind] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


class Anything(msgspec.Struct, frozen=True):
    """Any JSON."""

    kinds: tuple[Kind, ...] = ("string", "integer", "number", "boolean", "array", "object", "null")

    def check(self, value: object, path: Path) -> None:
        pass


class Null(msgspec.Struct, frozen=True):
    """null."""

    kinds: tuple[Kind, ...] = ("null",)

    def check(self, value: object, path: Path) -> None:
        if value is not None:
            raise Problem("type", path, self.kinds, kind_of(value))


class Switch(msgspec.Struct, frozen=True):
    """true or false."""

    kinds: tuple[Kind, ...] = ("boolean",)

    def check(self, value: object, path: Path) -> None:
        if not isinstance(value, bool):
            raise Problem("type", path, self.kinds, kind_of(value))


class Number(msgspec.Struct, frozen=True):
    """A number, limits included."""

    least: float | None = None
    most: float | None = None
    whole: bool = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("integer",) if self.whole else ("integer", "number")

    def check(self, value: object, path: Path) -> None:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            raise Problem("type", path, ("integer",) if self.whole else ("number",), kind_of(value))
        if self.least is not None and value < self.least:
            raise Problem("low", path, self.least, value)
        if self.most is not None and value > self.most:
            raise Problem("high", path, self.most, value)


class Text(msgspec.Struct, frozen=True):
    """A string."""

    values: tuple[str, ...] = ()
    pattern: str | None = None
    least: int = 0
    most: int | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("string",)

    def check(self, value: object, path: Path) -> None:
        if not isinstance(value, str):
            raise Problem("type", path, self.kinds, kind_of(value))
        if self.values and value not in self.values:
            raise Problem("value", path, self.values, value)
        if len(value) < self.least:
            raise Problem("short", path, self.least, len(value))
        if self.most is not None and len(value) > self.most:
            raise Problem("long", path, self.most, len(value))
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise Problem("pattern", path, self.pattern, value)


class Items(msgspec.Struct, frozen=True):
    """An array."""

    item: Shape
    least: int = 0
    most: int | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("array",)

    def check(self, value: object, path: Path) -> None:
        if not isinstance(value, list):
            raise Problem("type", path, self.kinds, kind_of(value))
        if len(value) < self.least:
            raise Problem("few", path, self.least, len(value))
        if self.most is not None and len(value) > self.most:
            raise Problem("many", path, self.most, len(value))
        for index, item in enumerate(value):
            self.item.check(item, (*path, index))


class Record(msgspec.Struct, frozen=True):
    """An object with these members; other members are refused unless `rest` says what they are."""

    needed: Mapping[str, Shape]
    others: Mapping[str, Shape] = {}
    rest: Shape | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("object",)

    def check(self, value: object, path: Path) -> None:
        if not isinstance(value, dict):
            raise Problem("type", path, self.kinds, kind_of(value))
        for name in self.needed:
            if name not in value:
                raise Problem("missing", (*path, name))
        for name, member in value.items():
            shape = self.needed.get(name) or self.others.get(name) or self.rest
            if shape is None:
                raise Problem("unknown", (*path, name))
            shape.check(member, (*path, name))


class Tagged(msgspec.Struct, frozen=True):
    """An object whose member `by` says which of the arms it is; `default` is the arm of one without it."""

    by: str
    arms: Mapping[str, Shape]
    default: str | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("object",)

    def check(self, value: object, path: Path) -> None:
        if not isinstance(value, dict):
            raise Problem("type", path, self.kinds, kind_of(value))
        tag = value.get(self.by)
        if tag is None and self.default is None:
            raise Problem("missing", (*path, self.by))
        name = self.default if tag is None else tag
        if not isinstance(name, str) or name not in self.arms:
            raise Problem("tag", (*path, self.by), tuple(self.arms), tag)
        self.arms[name].check(value, (*path, Tag(name)))


class Either(msgspec.Struct, frozen=True):
    """The shape that has the value's JSON type."""

    shapes: tuple[Shape, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kind for shape in self.shapes for kind in shape.kinds)

    def check(self, value: object, path: Path) -> None:
        kind = kind_of(value)
        for shape in self.shapes:
            if kind in shape.kinds:
                shape.check(value, path)
                return
        raise Problem("type", path, self.kinds, kind)


def either(*shapes: Shape) -> Either:
    """See Either."""
    return Either(shapes)


def maybe(shape: Shape) -> Either:
    """The shape, or null."""
    return Either((shape, Null()))
