"""Which models are asked in the place of one that is overloaded (`fallback_models`). Sans-IO.

Source: docs/decisions/0032-another-model-for-an-overloaded-one.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..errors import ClientError
from ..models.registry import Model, Registry
from .parsing import ParsedCall

Named = Mapping[str, Sequence[str]]
"""Models with those that are asked in their place, in their order, by any of their names."""


def substitutes_of(internal_id: str, named: Named, registry: Registry) -> Iterator[str]:
    """The names of the models that may answer for the one with this id of ARGO's; each of them once."""
    seen = {internal_id}
    for model, others in named.items():
        if _id_of(model, registry) != internal_id:
            continue
        for other in others:
            found = _id_of(other, registry)
            if found is not None and found not in seen:
                seen.add(found)
                yield other


def for_model(parsed: ParsedCall, name: str) -> ParsedCall:
    """A call as if its client had named another model."""
    fields = {**parsed.fields, "model": msgspec.Raw(msgspec.json.encode(name))}
    return msgspec.structs.replace(parsed.with_fields(fields), model=name)


def problems(named: Named, registry: Registry) -> Iterator[str]:
    """What is wrong with names of models that are known, each in a sentence: two that are one model's."""
    lines: dict[str, str] = {}
    for model, others in named.items():
        own = _id_of(model, registry)
        if own is not None and own in lines:
            yield f"{model} and {lines[own]} are the same model: write one line for it."
        names = {} if own is None else {own: model}
        lines |= {} if own is None else {own: model}
        for other in others:
            found = _id_of(other, registry)
            if found is not None and found in names:
                yield f"{other} is {names[found]}, which would be asked again where {model} is overloaded."
            elif found is not None:
                names[found] = other


def unknown(named: Named, registry: Registry) -> Iterator[str]:
    """Which names mean no model of the list, each in a sentence with the closest ones."""
    for name in dict.fromkeys(name for model, others in named.items() for name in (model, *others)):
        if _listed(name, registry) is None:
            yield registry.unknown(name).message.removeprefix("model: ")


def _listed(name: str, registry: Registry) -> Model | None:
    try:
        return registry.resolve(name).listed
    except ClientError:
        return None


def _id_of(name: str, registry: Registry) -> str | None:
    try:
        return registry.resolve(name).internal_id
    except ClientError:
        return None
