"""Embeddings as Ollama's API asks for them and tells them, by way of OpenAI's.

`/api/embed` takes texts and gives a vector for each, the older `/api/embeddings` takes one.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...errors import ClientError
from ..base import Fields
from ..shared.raw_members import optional
from ..shared.vectors import floats

_INPUT = msgspec.json.Decoder(str | list[str] | None)
_TEXT = msgspec.json.Decoder(str | None)
_SIZE = msgspec.json.Decoder(int | None)
_KNOWN = frozenset({"model", "stream", "input", "prompt", "dimensions", "keep_alive", "truncate", "options"})
_encode = msgspec.json.Encoder().encode


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0


class _Answer(msgspec.Struct):
    model: str = ""
    usage: _Usage | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def request_for(fields: Fields, *, batch: bool) -> tuple[Fields, tuple[str, ...]]:
    """OpenAI's body for a request, and the paths of what it has no word for. Raises ClientError by its place."""
    name = "input" if batch else "prompt"
    texts = optional(fields, "input", _INPUT) if batch else optional(fields, "prompt", _TEXT)
    if not texts:
        raise ClientError(400, f"{name}: missing, or empty", param=name)
    body = {"input": msgspec.Raw(_encode(texts))}
    if (size := optional(fields, "dimensions", _SIZE)) is not None:
        body["dimensions"] = msgspec.Raw(_encode(size))
    return body, tuple(other for other in fields if other not in _KNOWN)


def vectors_for(body: bytes, vectors: Sequence[list[float] | str], *, batch: bool) -> bytes:
    """The answer's body, made of OpenAI's and of the vectors in it."""
    written = [floats(vector) for vector in vectors]
    if not batch:
        return _encode({"embedding": written[0] if written else []})
    answer = _ANSWER.decode(body)
    usage = {} if answer.usage is None else {"prompt_eval_count": answer.usage.prompt_tokens}
    return _encode({"model": answer.model, "embeddings": written, **usage})
