"""Models as OpenAI's APIs list and name them. Source: the OpenAI API reference ("Models")."""

from __future__ import annotations

import re
from abc import ABC
from collections.abc import Sequence
from typing import Literal

import msgspec

from ..base import Dialect
from ..shared.endpoints import Endpoint
from ..shared.listed_model import ListedModel

_encode = msgspec.json.Encoder().encode


_DEPLOYED = re.compile(
    r"/openai/deployments/(?P<name>.+?)(?P<path>/(?:chat/completions|completions|embeddings|responses))"
)
"""A path of Azure's, where a model that is deployed has a path of its own (Azure OpenAI's REST API reference)."""


class ModelEntry(msgspec.Struct):
    """One model of the list. What comes after `object` is not OpenAI's; its readers skip it (pitfalls 8.3, 10.6).

    Sizes are in tokens, left out where unknown; `context_window` is what prompt and answer may have together.
    """

    id: str
    created: int
    owned_by: str
    object: Literal["model"] = "model"
    display_name: str = ""
    internal_id: str = ""
    mode: Literal["chat", "embedding"] = "chat"
    context_window: int | msgspec.UnsetType = msgspec.UNSET
    max_output_tokens: int | msgspec.UnsetType = msgspec.UNSET


class ModelPage(msgspec.Struct):
    """The list of models."""

    data: list[ModelEntry]
    object: Literal["list"] = "list"


class OpenAIModels(Dialect, ABC):
    """A dialect whose clients know models in OpenAI's shape, and reach them by Azure's paths as well."""

    def endpoint(self, path: str) -> Endpoint | None:
        deployed = _DEPLOYED.fullmatch(path)
        operation = None if deployed is None else self.paths.get(f"/v1{deployed['path']}")
        if deployed is None or operation is None:
            return None
        return Endpoint(operation, dialect=self.name, argument=deployed["name"])

    def model_list(self, models: Sequence[ListedModel]) -> bytes:
        return _encode(ModelPage([_entry(model) for model in models]))

    def model_entry(self, model: ListedModel) -> bytes:
        return _encode(_entry(model))


def _entry(model: ListedModel) -> ModelEntry:
    return ModelEntry(
        id=model.id,
        created=model.created,
        owned_by=model.owned_by,
        display_name=model.display_name,
        internal_id=model.internal_id,
        mode="embedding" if model.embeds else "chat",
        context_window=model.context or msgspec.UNSET,
        max_output_tokens=model.max_output or msgspec.UNSET,
    )
