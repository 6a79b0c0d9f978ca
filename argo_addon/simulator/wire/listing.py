"""The model list (argo.md, "The model list") and embeddings. Knows no rules."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
import time

from argo_addon.simulator.catalogue import Model
from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.usage import tokens


def models(listed: tuple[Model, ...]) -> JsonObject:
    """The model list of argo.md."""
    owners = {"claude": "anthropic", "gpt": "openai", "gemini": "google", "embedding": "openai"}
    created = int(time.time()) // 86_400 * 86_400
    return {
        "object": "list",
        "data": [
            {
                "id": model.shown,
                "internal_id": model.id,
                "object": "model",
                "created": created,
                "owned_by": owners[model.family],
            }
            for model in listed
        ],
    }


def vector(text: str, dimensions: int) -> list[float]:
    """An embedding: the same for the same text, of length 1."""
    seed = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(dimensions * 2)
    raw = [value / 32_768 for value in struct.unpack(f"<{dimensions}h", seed)]
    norm = math.sqrt(sum(value * value for value in raw)) or 1.0
    return [value / norm for value in raw]


def embeddings(model: Model, texts: tuple[str, ...], dimensions: int, *, packed: bool) -> JsonObject:
    """The answer of the embeddings endpoint; `packed` gives little-endian floats in base64."""
    rows: list[Json] = []
    for index, text in enumerate(texts):
        values = vector(text, dimensions)
        row: Json = base64.b64encode(struct.pack(f"<{dimensions}f", *values)).decode() if packed else [*values]
        rows.append({"object": "embedding", "index": index, "embedding": row})
    count = sum(max(1, tokens(text)) for text in texts)
    return {
        "object": "list",
        "data": rows,
        "model": model.vendor,
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }
