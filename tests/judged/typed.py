"""Whether a JSON value keeps to a type of the SDKs' request side, unknown members forbidden at every level.

The SDKs describe what may be sent as TypedDicts, which nothing checks while a program runs; pydantic would take unknown
members. Here every hint is followed down, and what is wrong is told with its path.
"""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from typing_extensions import NotRequired, Required, get_type_hints, is_typeddict

_SIMPLE: dict[object, Callable[[object], bool]] = {
    object: lambda value: True,
    Any: lambda value: True,
    str: lambda value: isinstance(value, str),
    bool: lambda value: isinstance(value, bool),
    int: lambda value: isinstance(value, int) and not isinstance(value, bool),
    float: lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    type(None): lambda value: value is None,
}
_LITERAL: object = Literal
_UNIONS = (Union, types.UnionType)
_NEEDED: tuple[object, ...] = (Required,)
_MARKS = (Required, NotRequired, Annotated)
_MAPPINGS = (dict, collections.abc.Mapping)


def problems(value: object, hint: Any, path: str = "") -> list[str]:
    """What is wrong with a value of decoded JSON under a type hint; nothing if it fits."""
    if hint in _SIMPLE:
        return [] if _SIMPLE[hint](value) else [f"{path}: {_shown(value)} is no {getattr(hint, '__name__', hint)}"]
    if is_typeddict(hint):
        return _of_typed_dict(value, hint, path)
    origin: object = get_origin(hint)
    if origin in _MARKS:
        return problems(value, get_args(hint)[0], path)
    if origin is _LITERAL:
        return [] if value in get_args(hint) else [f"{path}: {_shown(value)} is none of {get_args(hint)}"]
    if origin in _UNIONS:
        return _of_union(value, get_args(hint), path)
    if origin in _MAPPINGS:
        return _of_mapping(value, get_args(hint)[1], path)
    if origin is not None and len(get_args(hint)) == 1:  # List, Iterable, Sequence and the SDKs' SequenceNotStr
        return _of_list(value, get_args(hint)[0], path)
    return [f"{path}: {_shown(value)} is no {hint}"]  # an open file, a model object: no JSON


def _shown(value: object) -> str:
    return repr(value)[:80]


def _of_typed_dict(value: object, hint: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {_shown(value)} is no {hint.__name__}"]
    members = get_type_hints(hint, include_extras=True)
    open_ended = getattr(hint, "__pydantic_config__", {}).get("extra") == "allow"
    found = [] if open_ended else [f"{path}.{name}: unknown to {hint.__name__}" for name in value.keys() - members]
    for name, member in members.items():
        if name in value:
            found += problems(value[name], member, f"{path}.{name}")
        elif get_origin(member) in _NEEDED:
            found.append(f"{path}.{name}: missing in {hint.__name__}")
    return found


def _of_union(value: object, arms: tuple[Any, ...], path: str) -> list[str]:
    """Nothing if one arm fits; else what is wrong under the arm that comes nearest."""
    found = [problems(value, arm, path) for arm in arms]
    return [] if [] in found else min(found, key=lambda wrong: _distance(wrong, path))


def _distance(wrong: list[str], path: str) -> tuple[bool, bool, int]:
    """How far off an arm is: farthest if it is of another form altogether, then if it is of another `type` or role."""
    other = tuple(f"{path}.{name}:" for name in ("type", "role"))
    return any(one.startswith(f"{path}:") for one in wrong), any(one.startswith(other) for one in wrong), len(wrong)


def _of_mapping(value: object, member: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {_shown(value)} is no object"]
    return [found for name, one in value.items() for found in problems(one, member, f"{path}.{name}")]


def _of_list(value: object, member: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: {_shown(value)} is no list"]
    return [found for place, one in enumerate(value) for found in problems(one, member, f"{path}[{place}]")]
