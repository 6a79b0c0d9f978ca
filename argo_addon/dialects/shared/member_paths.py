"""A member of a body by the path that an upstream names it by, taken out wherever it stands. It knows no dialect."""

from __future__ import annotations

import re

import msgspec

from ...ir.parts import Extra as Fields

Path = tuple[str, ...]
"""Names of members, each within the one before; `*` for the items of a list."""

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STEP = re.compile(r"[^.\[\]]+")
_encode = msgspec.json.Encoder().encode


def path_of(written: str) -> Path:
    """A path as errors write it, numbers of items left out.

    >>> path_of("tools[3].function.strict")
    ('tools', '*', 'function', 'strict')
    >>> path_of("tools.3.custom.strict")
    ('tools', '*', 'custom', 'strict')
    """
    return tuple("*" if step.isdecimal() else step for step in _STEP.findall(written))


def without(fields: Fields, path: Path) -> tuple[Fields, str]:
    """The body without a member, and the path of what was removed; the body itself and "" if it does not have it.

    Steps that are no member, as validators put kinds of blocks and tools into their paths, are passed over.
    """
    name, *rest = path
    if name not in fields:
        return fields, ""
    if not rest:
        return {key: value for key, value in fields.items() if key != name}, name
    left, removed = _without(fields[name], tuple(rest))
    return ({**fields, name: left}, name + removed) if removed else (fields, "")


def _without(raw: msgspec.Raw, path: Path) -> tuple[msgspec.Raw, str]:
    name, *rest = path
    if name == "*":
        if not rest or not bytes(raw).startswith(b"["):
            return raw, ""
        items = [_without(item, tuple(rest)) for item in _LIST.decode(raw)]
        removed = next((removed for _, removed in items if removed), "")
        return (msgspec.Raw(_encode([item for item, _ in items])), f"[]{removed}") if removed else (raw, "")
    if not bytes(raw).startswith(b"{"):
        return raw, ""
    left, removed = without(_OBJECT.decode(raw), path)
    if removed:
        return msgspec.Raw(_encode(left)), f".{removed}"
    return _without(raw, tuple(rest)) if rest else (raw, "")
