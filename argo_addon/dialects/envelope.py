"""Thoughts that a provider has signed, in the one member that a client sends back word for word (pitfalls 5.6, 5.7).

The envelope is `argo-proxy:` and base64 of JSON: the thoughts with their signatures. What was not made here is not
opened. It knows no dialect: Responses keep it in `encrypted_content`, Google in `thoughtSignature`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from ..errors import UNREADABLE
from ..ir.parts import OUR_MARK, ReasoningPart

_PREFIX = f"{OUR_MARK}:"


class _Sealed(msgspec.Struct, omit_defaults=True):
    text: str = ""
    signature: str | None = None
    redacted: str | None = None


_SEALED = msgspec.json.Decoder(list[_Sealed])


def sealed(parts: Sequence[ReasoningPart]) -> str | None:
    """Thoughts for safe keeping with the client; None where there is nothing that a provider wants back."""
    kept = [part for part in parts if part.signature is not None or part.redacted is not None]
    if not kept:
        return None
    content = msgspec.json.encode([_Sealed(part.text, part.signature, part.redacted) for part in kept])
    return _PREFIX + base64.b64encode(content).decode()


def opened(content: str) -> tuple[ReasoningPart, ...]:
    """The thoughts that were given to the client; none where it is not ours."""
    if not content.startswith(_PREFIX):
        return ()
    try:
        kept = _SEALED.decode(base64.b64decode(content.removeprefix(_PREFIX), validate=True))
    except (*UNREADABLE, ValueError):  # no base64, no JSON, other JSON
        return ()
    return tuple(ReasoningPart(one.text, one.signature, one.redacted) for one in kept)
