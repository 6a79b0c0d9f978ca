"""The Messages API's JSON, field for field, as far as it is read here.

Source: the Messages API reference (docs.anthropic.com, "Messages", "Streaming Messages", "Errors").
"""

from __future__ import annotations

from typing import Literal

import msgspec


class ErrorDetail(msgspec.Struct):
    """`error` within an error body or event."""

    message: str
    type: str = "api_error"


class ErrorBody(msgspec.Struct):
    """An error, as an answer's body or as the data of an `error` event."""

    error: ErrorDetail
    request_id: str | None = None
    type: Literal["error"] = "error"


class Delta(msgspec.Struct):
    """The little of a delta that tells what the model says."""

    type: str = ""
    text: str = ""


class StreamEvent(msgspec.Struct):
    """The little of an event that tells what it is."""

    type: str
    delta: Delta | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


class BlockEvent(msgspec.Struct):
    """An event of an answer's stream, its parts still as they were written."""

    type: str
    index: int = -1
    message: dict[str, msgspec.Raw] = {}
    content_block: dict[str, msgspec.Raw] = {}
    delta: dict[str, msgspec.Raw] = {}
    usage: dict[str, msgspec.Raw] | None = None


class ReplyBody(msgspec.Struct):
    """The little of a plain answer that tells whether it is one, and what it says."""

    content: list[Delta] | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


class ModelEntry(msgspec.Struct):
    """One model of the list. `created_at` is RFC 3339; `lifecycle` is required by the SDK from 2.12 on."""

    id: str
    display_name: str
    created_at: str
    lifecycle: Literal["active"] = "active"
    type: Literal["model"] = "model"


class ModelPage(msgspec.Struct):
    """The list of models: one page holds them all."""

    data: list[ModelEntry]
    first_id: str | None
    last_id: str | None
    has_more: bool = False
