"""The Chat Completions API's JSON, field for field, as far as it is read here.

Source: the OpenAI API reference ("Chat Completions", "Models", "Error codes").
"""

from __future__ import annotations

from typing import Literal

import msgspec


class ErrorDetail(msgspec.Struct):
    """`error` within an error body or a stream's chunk. ARGO and the look-alikes write numbers as codes too."""

    message: str
    type: str | None = None
    param: str | None = None
    code: str | int | None = None


class ErrorBody(msgspec.Struct):
    """An error, as an answer's body or as the data of a chunk."""

    error: ErrorDetail


class Said(msgspec.Struct):
    """The little of a delta or message that tells what the model says and does."""

    content: str | None = None
    tool_calls: list[msgspec.Raw] | None = None
    reasoning_content: msgspec.Raw | None = None


class ChunkChoice(msgspec.Struct):
    """The little of a choice that tells what it says and whether it has ended."""

    finish_reason: str | None = None
    delta: Said | None = None


class ReplyChoice(msgspec.Struct):
    """The little of a plain answer's choice that tells what it says."""

    message: Said | None = None


class Chunk(msgspec.Struct):
    """The little of a chunk that tells what it is."""

    choices: list[ChunkChoice] | None = None
    error: ErrorDetail | None = None


class ReplyBody(msgspec.Struct):
    """The little of a plain answer that tells whether it is one, and what it says."""

    choices: list[ReplyChoice] | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


class ModelEntry(msgspec.Struct):
    """One model of the list; `display_name` is an extension that other fields' readers skip (pitfalls 8.3)."""

    id: str
    created: int
    owned_by: str
    display_name: str
    object: Literal["model"] = "model"


class ModelPage(msgspec.Struct):
    """The list of models."""

    data: list[ModelEntry]
    object: Literal["list"] = "list"
