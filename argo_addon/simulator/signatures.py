"""Signatures of thinking, verifiable without memory. Knows nothing of requests."""

from __future__ import annotations

import base64
import hashlib
import hmac

_KEY = b"the simulator's own key, no secret"


def _mac(kind: str, text: str) -> bytes:
    return hmac.new(_KEY, f"claude\0{kind}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha512).digest()


def sign(thinking: str) -> str:
    """The signature of a thinking block, base64 as Anthropic's."""
    return base64.b64encode(b"\x12\x40" + _mac("thinking", thinking)).decode()


def is_signed(thinking: str, signature: str) -> bool:
    """Whether the simulator gave this block, untouched."""
    return hmac.compare_digest(sign(thinking).encode(), signature.encode("utf-8", "surrogatepass"))


def redact(thinking: str) -> str:
    """The data of a redacted_thinking block."""
    sealed = base64.b64encode(thinking.encode()[:32] + _mac("redacted", thinking)[:32])
    return sealed.decode()


def is_redacted(data: str) -> bool:
    """Whether this can be the data of a redacted_thinking block that the simulator gave."""
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError:
        return False
    return len(raw) > 32 and hmac.compare_digest(_mac("redacted", raw[:-32].decode("utf-8", "replace"))[:32], raw[-32:])
