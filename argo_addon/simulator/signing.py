"""The signature under a thought: verifiable, so that a forged or changed one is refused as the provider would."""

from __future__ import annotations

import base64
import hashlib
import hmac

_KEY = b"the simulator's own"


def signature_of(thought: str) -> str:
    """The signature that belongs to a thought."""
    return base64.b64encode(hmac.digest(_KEY, thought.encode(), hashlib.sha256) * 3).decode()


def is_signed(thought: str, signature: str) -> bool:
    """Whether this is that signature."""
    return hmac.compare_digest(signature.encode(), signature_of(thought).encode())
