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
from .unreachable import page_title

_PREFIX = re.compile(r"[^/]*/|[a-z][a-z_-]*:", re.IGNORECASE)
"""What tools write before a name: `argo:`, `models/`, `anthropic/`, `openai:`; the version of a name has digits."""
_WINDOW = re.compile(r"\[[^\[\]]{0,20}\]$")  # [1m], which tools append
_LAST_CREATED = 4_102_444_800  # the year 2100: what is later was not counted in seconds
_TIER = "|".join(CLAUDE_TIERS)
_CLAUDE_ORDERS = (re.compile(rf"claude-({_TIER})-([\d.]+)"), re.compile(rf"claude-([\d.]+)-({_TIER})"))
_DATE = re.compile(r"[-@:](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$", re.IGNORECASE)


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
        why = f"it is a page: {page_title(body)}" if body.lstrip().startswith(b"<") else error
        raise UpstreamError(502, f"ARGO's model list cannot be read: {why}") from error
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


def forms(name: str) -> tuple[str, ...]:
    """A name as it was written, and with one after the other of the prefixes taken off that tools put before it.

    >>> forms("openrouter/anthropic/claude-9[1m]")
    ('openrouter/anthropic/claude-9', 'anthropic/claude-9', 'claude-9')
    """
    left = _WINDOW.sub("", name.strip()).strip()
    found = [left]
    while prefix := _PREFIX.match(left):
        left = left[prefix.end() :]
        found.append(left)
    return tuple(found)


def _line_of(name: str) -> str:
    """The line of models that a name is of: a family, and OpenAI's o-series apart."""
    return "o" if re.match(r"(?:gpt)?o\d", squash(name)) else family_of(name)


def _likeness(bare: str, model: Model) -> tuple[float, float]:
    """How like a squashed name is to a model's, 0 to 1: to as much of it as was written, and to the whole of it."""
    names = [squash(name) for name in model.names()]
    whole = max(difflib.SequenceMatcher(None, bare, name).ratio() for name in names)
    begun = max(difflib.SequenceMatcher(None, bare, name[: len(bare)]).ratio() for name in names)
    return round(max(whole, begun if len(bare) >= _ENOUGH else 0), 2), round(whole, 2)


_CLOSE = 0.7  # `gemni` is at 0.8; of what means something else `grok-4` comes nearest, at 0.6
_ENOUGH = 3  # characters: any model begins like shorter ones

EMBEDDING_MODELS = tuple(Model(internal, display) for internal, display in EMBEDDINGS)
"""The models that embed, which ARGO's list never holds."""


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
        written = forms(name)
        for form in written:
            for candidate in (form, _DATE.sub("", form)):
                if model := self.named(candidate):
                    return Resolution(model.internal_id, model)
        for form in reversed(written):
            if family_of(form) != "other":
                return Resolution(_known_id(form), None)
        if default is not None:
            return msgspec.structs.replace(self.resolve(default), replaced=name)
        raise self.unknown(name)

    def named(self, name: str) -> Model | None:
        """The model of the list that has this name in some form, `argo:` and what tools append left out."""
        return self._find(squash(name))

    def resolve_embedding(self, name: str, default: str | None = None) -> Resolution:
        """The embedding model that a name means: they are never in ARGO's list (argo.md). Raises ClientError: 404."""
        for model in EMBEDDING_MODELS:
            keys = {squash(model.internal_id), squash(model.display_name), squash(model.display_name[len("text") :])}
            if not keys.isdisjoint(squash(_DATE.sub("", form)) for form in forms(name)):
                return Resolution(model.internal_id, model)
        if default is not None:
            return msgspec.structs.replace(self.resolve_embedding(default), replaced=name)
        known = ", ".join(display for _, display in EMBEDDINGS)
        message = f"model: {name} is no embedding model that is known here. There are: {known}."
        raise ClientError(404, message, code="model_not_found", param="model", kind="not_found_error")

    def _find(self, key: str) -> Model | None:
        return self._index.get(key) or self._index.get("claude" + key) or self.newest(key.removeprefix("claude"))

    def newest(self, tier: str) -> Model | None:
        """The model that a tier's name (`opus`) means."""
        if tier not in CLAUDE_TIERS:
            return None
        of_tier = [model for model in self.models if squash(model.internal_id).startswith("claude" + tier)]
        return max(of_tier, key=lambda model: version_of(model.internal_id), default=None)

    def shown_names(self) -> Iterator[tuple[str, Model]]:
        """Every name that lists show, without `argo:`, a model's main one first; the tiers' names come last."""
        for model in self.models:
            yield from ((name, model) for name in model.names())
        for tier in CLAUDE_TIERS:
            if (newest := self.newest(tier)) is not None:
                yield f"claude-{tier}", newest

    def closest(self, name: str) -> list[str]:
        """The names, `argo:` before them, of up to three models that may have been meant, the best guess first.

        None for a name that is like none: a bad guess is worse than no guess.
        """
        bare = squash(_DATE.sub("", forms(name)[-1]))
        line = _line_of(bare)
        of_line = [model for model in self.models if _line_of(next(model.names())) == line]
        likeness = {model: _likeness(bare, model) for model in (of_line if line != "other" else self.models)}
        close = [model for model, like in likeness.items() if line != "other" or like[0] >= _CLOSE]
        close.sort(key=lambda model: (likeness[model], version_of(model.internal_id), model.internal_id), reverse=True)
        return [f"argo:{next(model.names())}" for model in close[:3]]

    def unknown(self, name: str) -> ClientError:
        """The error for a name that means no model."""
        close = self.closest(name)
        hint = f" Closest: {', '.join(close)}." if close else ""
        if any(squash(form) == squash(model.display_name) for form in forms(name) for model in EMBEDDING_MODELS):
            hint = " It is an embedding model: POST /v1/embeddings asks it."
        message = f"model: {name} is not known here.{hint} GET /v1/models lists them all."
        return ClientError(404, message, code="model_not_found", param="model", kind="not_found_error")


_KNOWN = Registry.built_in()


def _known_id(bare: str) -> str:
    """ARGO's id of a model that its list lacks: the built-in list may know it, else it goes up as it was written."""
    for candidate in (bare, _DATE.sub("", bare)):
        if model := _KNOWN.named(candidate):
            return model.internal_id
    return bare
