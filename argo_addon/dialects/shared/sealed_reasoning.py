"""Thoughts that a provider has signed, in the one member that a client sends back word for word (pitfalls 5.6, 5.7).

The envelope is base64 of `argo-proxy:` and JSON, the thoughts with their signatures. All of it is base64, since
Google's SDK takes it for bytes, and sends it back in the alphabet for URLs. What was not made here is not opened. It
knows no dialect: Responses keep it in `encrypted_content`, Google in `thoughtSignature`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import OUR_MARK, ReasoningPart

_PREFIX = f"{OUR_MARK}:".encode()
_FROM_URLS = str.maketrans("-_", "+/")


class _Sealed(msgspec.Struct, omit_defaults=True):
    text: str = ""
    signature: str | None = None
    redacted: str | None = None


_SEALED = msgspec.json.Decoder(list[_Sealed])


def sealed(parts: Sequence[ReasoningPart]) -> str | None:
    """Thoughts for safe keeping with the client; None where there is nothing that a provider wants back."""
    signed = [part for part in parts if part.signature is not None or part.redacted is not None]
    if not signed:
        return None
    content = msgspec.json.encode([_Sealed(part.text, part.signature, part.redacted) for part in signed])
    return base64.b64encode(_PREFIX + content).decode()


def opened(envelope: str) -> tuple[ReasoningPart, ...]:
    """The thoughts that were given to the client; none where it is not ours."""
    padded = envelope.translate(_FROM_URLS) + "=" * (-len(envelope) % 4)
    try:
        content = base64.b64decode(padded, validate=True)
        signed = _SEALED.decode(content.removeprefix(_PREFIX)) if content.startswith(_PREFIX) else []
    except (*UNREADABLE, ValueError):  # no base64, no JSON, other JSON
        return ()
    return tuple(ReasoningPart(one.text, one.signature, one.redacted) for one in signed)
