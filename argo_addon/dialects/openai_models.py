"""The list of models as OpenAI's APIs show it. Source: the OpenAI API reference ("Models")."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import Literal

import msgspec

from .base import Dialect, ListedModel

_encode = msgspec.json.Encoder().encode


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


class OpenAIModels(Dialect, ABC):
    """A dialect whose clients know models in OpenAI's shape."""

    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        return _encode(ModelPage([_entry(model) for model in models]))

    def model_entry(self, model: ListedModel) -> bytes:
        return _encode(_entry(model))


def _entry(model: ListedModel) -> ModelEntry:
    return ModelEntry(id=model.id, created=model.created, owned_by=model.owned_by, display_name=model.display_name)
