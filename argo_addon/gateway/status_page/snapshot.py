"""What the page at `/` shows, taken at one moment as plain values: how things stand, and no word of what was said."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping

import msgspec

from ... import __version__
from ...access.addresses import host_in
from ...access.client_access import ClientAccess
from ...models.catalogue import profile_of
from ...models.registry import EMBEDDING_MODELS, Model, Registry
from ...redaction import redacted, safe_target
from ..call_metrics import CallMetrics, EndedCall
from ..gateway import Gateway
from ..local_endpoints import ModelSource, Recording, RunningCall, UpstreamContact

_LONGEST = 400
"""Characters of what is told of a failure."""


class EndedRow(msgspec.Struct, frozen=True):
    """A call that is over; `problem` is empty unless it failed, `number` that of its recording."""

    call: EndedCall
    problem: str
    number: int | None


class SumRow(msgspec.Struct, frozen=True):
    """What the calls of a model add up to. `input` has the tokens of the cache, `cached` those alone."""

    model: str
    calls: int
    failed: int
    input: int
    cached: int
    output: int
    seconds: float


class ModelRow(msgspec.Struct, frozen=True):
    """A model with all its names, the main one first, and its limits in tokens, where they are known."""

    names: tuple[str, ...]
    internal_id: str
    context: int | None
    max_output: int | None
    embeds: bool


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway stands. Times are in seconds since 1970; `base` is its URL as the browser has it."""

    version: str
    base: str
    demo: bool
    started: float
    upstreams: Mapping[str, str]
    user: str
    passthrough: bool
    contact: UpstreamContact
    auth: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    recording: Recording | None
    source: ModelSource
    running: tuple[RunningCall, ...]
    ended: tuple[EndedRow, ...]
    sums: tuple[SumRow, ...]
    sums_of_today: bool
    models: tuple[ModelRow, ...]


def usage_from(read: Callable[[], list[dict[str, object]]]) -> list[dict[str, object]] | None:
    """Today's usage, None where it cannot be read: then the page has that since the start."""
    try:
        return read()
    except (sqlite3.Error, OSError):
        return None


def taken(gateway: Gateway, access: ClientAccess, host: str, usage: list[dict[str, object]] | None) -> Snapshot:
    """The snapshot; `host` is the header by which the browser has called, `usage` today's as a ledger has it."""
    settings = gateway.settings
    return Snapshot(
        version=__version__,
        base=f"http://{host}" if host_in(host) else f"http://{settings.host}:{settings.port or ''}".rstrip(":"),
        demo=gateway.demo,
        started=gateway.started_at,
        upstreams={name: safe_target(url) for name, url in settings.upstreams().items()},
        user=settings.user,
        passthrough=settings.username_passthrough,
        contact=gateway.contact,
        auth=access.auth,
        hosts=tuple(settings.allowed_hosts),
        origins=tuple(settings.allowed_origins),
        recording=gateway.recording(),
        source=gateway.models,
        running=tuple(gateway.running()),
        ended=tuple(_ended(call, gateway.number_of) for call in reversed(gateway.metrics.latest)),
        sums=_sums_since_the_start(gateway.metrics) if usage is None else tuple(map(_sum_row, usage)),
        sums_of_today=usage is not None,
        models=_models(gateway.registry),
    )


def _ended(call: EndedCall, number_of: Callable[[str], int | None]) -> EndedRow:
    if not call.failed and call.status is not None:
        return EndedRow(call, "", None)
    text = " ".join(redacted(call.problem).split())
    return EndedRow(call, text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…", number_of(call.flow))


def _sum_row(row: Mapping[str, object]) -> SumRow:
    def whole(name: str) -> int:
        value = row[name]
        return int(value) if isinstance(value, (int, float)) else 0

    seconds = row["seconds"]
    return SumRow(
        str(row["model"]), whole("calls"), whole("failed"), whole("input"), whole("cache_read"), whole("output"),
        float(seconds) if isinstance(seconds, (int, float)) else 0.0,
    )  # fmt: skip


def _sums_since_the_start(metrics: CallMetrics) -> tuple[SumRow, ...]:
    rows: dict[str, list[float]] = {}
    for (_, model, _), group in metrics.groups.items():
        tokens = [group.tokens.get(name, 0) for name in ("input_tokens", "cache_read", "output_tokens")]
        figures = [group.calls, sum(group.errors.values()), *tokens, group.seconds]
        rows[model] = [a + b for a, b in zip(rows.get(model, [0.0] * 6), figures, strict=True)]
    return tuple(
        SumRow(model, int(row[0]), int(row[1]), int(row[2]), int(row[3]), int(row[4]), row[5])
        for model, row in sorted(rows.items())
    )


def _models(registry: Registry) -> tuple[ModelRow, ...]:
    names: dict[Model, list[str]] = {model: [] for model in registry.models}
    for name, model in registry.shown_names():
        names[model].append(name)
    rows = [_model_row(model, own, embeds=False) for model, own in names.items()]
    return (*rows, *(_model_row(model, [model.display_name], embeds=True) for model in EMBEDDING_MODELS))


def _model_row(model: Model, names: list[str], *, embeds: bool) -> ModelRow:
    profile = profile_of(model.internal_id)
    return ModelRow(
        tuple(names),
        model.internal_id,
        None if embeds else profile.context,
        None if embeds else profile.max_output,
        embeds,
    )


def local_time(at: float, *, day: bool = False) -> str:
    """A time as this machine's clock has it."""
    return time.strftime("%Y-%m-%d %H:%M:%S" if day else "%H:%M:%S", time.localtime(at))
