"""Vectors of embeddings, as OpenAI's API writes them. It knows no dialect."""

from __future__ import annotations

import base64
import struct


def floats(vector: list[float] | str) -> list[float]:
    """A vector as numbers, be it written as base64 of little-endian floats."""
    if isinstance(vector, list):
        return vector
    packed = base64.b64decode(vector)
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))
