"""The model list as ARGO gives it, and which model a name means. It does no I/O and knows no dialect.

Source: argo.md, "The model list"; pitfalls 1.7, 7.8, 8.4.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

import msgspec

from ..errors import UNREADABLE, ClientError, UpstreamError
from .catalogue import BUILT_IN, CLAUDE_TIERS, EMBEDDINGS, family_of, squash, version_of

_PREFIX = re.compile(r"(?:argo[:/]|models/)", re.IGNORECASE)
_WINDOW = re.compile(r"\[[^\[\]]{0,20}\]$")  # [1m], which tools append
_LAST_CREATED = 4_102_444_800  # the year 2100: what is later was not counted in seconds
_TIER = "|".join(CLAUDE_TIERS)
_CLAUDE_ORDERS = (re.compile(rf"claude-({_TIER})-([\d.]+)"), re.compile(rf"claude-([\d.]+)-({_TIER})"))
_DATE = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$", re.IGNORECASE)


class Model(msgspec.Struct, frozen=True):
    """A model of the list. `created` is in seconds since 1970, 0 where the list does not say."""

    internal_id: str
    display_name: str
    created: int = 0
    owned_by: str = "argo"

    def names(self) -> Iterator[str]:
        """The names shown to clients, without `argo:`, the main one first."""
        name = "-".join(self.display_name.lower().split())
        yield name
        if re.match(r"o\d", name):
            yield f"gpt-{name}"
        for order in _CLAUDE_ORDERS:
            if match := order.fullmatch(name):
                yield f"claude-{match[2]}-{match[1]}"


class Resolution(msgspec.Struct, frozen=True):
    """What a name was taken for. `listed` is None for a model that the list does not hold."""

    internal_id: str
    listed: Model | None
    replaced: str | None = None
    """The name that was asked for, where the configured default answers in its place."""


class _Row(msgspec.Struct):
    """An entry of the upstream list, in either of its shapes."""

    id: str
    internal_id: str | None = None
    model_name: str | None = None
    created: msgspec.Raw = msgspec.Raw(b"0")
    owned_by: msgspec.Raw = msgspec.Raw(b"")


class _List(msgspec.Struct):
    data: list[msgspec.Raw]


_LIST = msgspec.json.Decoder(_List)
_ROW = msgspec.json.Decoder(_Row)


def parse_list(body: bytes) -> tuple[Model, ...]:
    """The models of an upstream list. Rows that cannot be read are left out; a list without any is an error.

    Raises UpstreamError.
    """
    try:
        rows = _LIST.decode(body).data
    except UNREADABLE as error:
        raise UpstreamError(502, f"ARGO's model list cannot be read: {error}") from error
    models = tuple(model for row in rows if (model := _model(row)) is not None)
    if not models:
        raise UpstreamError(502, f"ARGO's model list holds no model ({len(rows)} rows)")
    return models


def _model(raw: msgspec.Raw) -> Model | None:
    try:
        row = _ROW.decode(raw)
    except UNREADABLE:
        return None
    internal, display = (row.internal_id, row.id) if row.internal_id else (row.id, row.model_name or row.id)
    if not internal.strip() or not display.strip():
        return None
    written = bytes(row.created)
    created = int(written) if written.isdigit() and len(written) < 12 else 0
    owner = bytes(row.owned_by)
    owned_by = msgspec.json.decode(owner, type=str) if owner.startswith(b'"') else "argo"
    return Model(internal, display, created if created < _LAST_CREATED else 0, owned_by)


def _without_prefix(name: str) -> str:
    stripped = name.strip()
    prefix = _PREFIX.match(stripped)
    return stripped[prefix.end() :] if prefix else stripped


class Registry:
    """One list of models and the names that mean them."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.models = tuple(models)
        self._index: dict[str, Model] = {}
        for model in self.models:
            for name in (model.internal_id, *model.names()):
                self._index.setdefault(squash(name), model)
        for model in self.models:  # the names under which Claude Code's model picker takes other families
            if family_of(model.internal_id) != "claude":
                for name in model.names():
                    self._index.setdefault("claude" + squash(name), model)

    @classmethod
    def built_in(cls) -> Registry:
        """The list for when ARGO's cannot be had."""
        return cls([Model(internal, display) for internal, display in BUILT_IN])

    def resolve(self, name: str, default: str | None = None) -> Resolution:
        """The model that a name means; `default` is the name of the model that answers for unknown ones.

        Raises ClientError: 404, with the closest names.
        """
        bare = _WINDOW.sub("", _without_prefix(name)).strip()
        for candidate in (bare, _DATE.sub("", bare)):
            if model := self.named(candidate):
                return Resolution(model.internal_id, model)
        if family_of(bare) != "other":
            return Resolution(_known_id(bare), None)
        if default is not None:
            return msgspec.structs.replace(self.resolve(default), replaced=name)
        raise ClientError(404, self._unknown(name), code="model_not_found", param="model", kind="not_found_error")

    def named(self, name: str) -> Model | None:
        """The model of the list that has this name in some form, `argo:` and what tools append left out."""
        return self._find(squash(name))

    def resolve_embedding(self, name: str, default: str | None = None) -> Resolution:
        """The embedding model that a name means: they are never in ARGO's list (argo.md). Raises ClientError: 404."""
        key = squash(_without_prefix(name))
        for internal, display in EMBEDDINGS:
            if key in (squash(internal), squash(display), squash(display).removeprefix("text")):
                return Resolution(internal, None)
        if default is not None:
            return msgspec.structs.replace(self.resolve_embedding(default), replaced=name)
        known = ", ".join(display for _, display in EMBEDDINGS)
        message = f"model: {name} is no embedding model that is known here. There are: {known}."
        raise ClientError(404, message, code="model_not_found", param="model", kind="not_found_error")

    def _find(self, key: str) -> Model | None:
        if found := self._index.get(key) or self._index.get("claude" + key):
            return found
        tier = key.removeprefix("claude")
        if tier not in CLAUDE_TIERS:
            return None
        of_tier = [model for model in self.models if squash(model.internal_id).startswith("claude" + tier)]
        return max(of_tier, key=lambda model: version_of(model.internal_id), default=None)

    def _unknown(self, name: str) -> str:
        known = {shown: None for model in self.models for shown in model.names()}
        close = difflib.get_close_matches(_without_prefix(name.lower()), known, n=3, cutoff=0.4)
        hint = f" Closest: {', '.join('argo:' + shown for shown in close)}." if close else ""
        return f"model: {name} is not known here.{hint} GET /v1/models lists them all."


_KNOWN = Registry.built_in()


def _known_id(bare: str) -> str:
    """ARGO's id of a model that its list lacks: the built-in list may know it, else it goes up as it was written."""
    for candidate in (bare, _DATE.sub("", bare)):
        if model := _KNOWN.named(candidate):
            return model.internal_id
    return bare
