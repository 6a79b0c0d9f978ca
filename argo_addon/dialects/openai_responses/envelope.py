"""Thoughts that a provider has signed, in the one member of a reasoning item that clients send back word for word.

`encrypted_content` is `argo-proxy:` and base64 of JSON: the thoughts with their signatures (pitfalls 5.7). What was not
made here is not opened.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import OUR_MARK, ReasoningPart

_PREFIX = f"{OUR_MARK}:"


class _Sealed(msgspec.Struct, omit_defaults=True):
    text: str = ""
    signature: str | None = None
    redacted: str | None = None


_SEALED = msgspec.json.Decoder(_Sealed)


def sealed(part: ReasoningPart) -> str | None:
    """A thought for safe keeping with the client; None where there is nothing that a provider wants back."""
    if part.signature is None and part.redacted is None:
        return None
    content = msgspec.json.encode(_Sealed(part.text, part.signature, part.redacted))
    return _PREFIX + base64.b64encode(content).decode()


def opened(content: str) -> ReasoningPart | None:
    """The thought that was given to the client; None where it is not ours."""
    if not content.startswith(_PREFIX):
        return None
    try:
        kept = _SEALED.decode(base64.b64decode(content.removeprefix(_PREFIX), validate=True))
    except (*UNREADABLE, binascii.Error):
        return None
    return ReasoningPart(kept.text, kept.signature, kept.redacted)
