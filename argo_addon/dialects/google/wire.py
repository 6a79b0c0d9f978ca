"""The Gemini API's JSON, field for field, as far as it is written here.

Source: the Gemini API reference ("Models"), the google.rpc.Status error model.
"""

from __future__ import annotations

import msgspec


class ErrorDetail(msgspec.Struct, omit_defaults=True):
    """`error` within an error body; `code` is the HTTP status."""

    code: int
    message: str
    status: str


class ErrorBody(msgspec.Struct):
    """An error as an answer's body."""

    error: ErrorDetail


class ModelEntry(msgspec.Struct, rename="camel"):
    """One model of the list; `name` is `models/…`. Newer SDKs read `supportedActions`, older ones the methods."""

    name: str
    display_name: str
    base_model_id: str
    supported_generation_methods: list[str]
    supported_actions: list[str]


class ModelPage(msgspec.Struct):
    """The list of models."""

    models: list[ModelEntry]
