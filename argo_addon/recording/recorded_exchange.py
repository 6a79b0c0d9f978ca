"""Recorded exchanges as they are read back: ours, with both their sides, and the flows of any mitmproxy.

It knows files and flows. What they mean to a person is told by explain.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from mitmproxy import http
from mitmproxy.flow import Flow
from mitmproxy.version import FLOW_FORMAT_VERSION

from ..gateway.routing import dialect_of
from .dialect_names import dialects_of
from .flow_files import Unreadable, record_ends
from .index import FOLDERS
from .metadata import KEY, ExchangeMetadata
from .record_values import values_in
from .tail import DAMAGE, Read, in_file


class RecordedExchange(msgspec.Struct, frozen=True):
    """An exchange: what is known of it, the client's side, and ARGO's, of which there are none in others' files."""

    meta: ExchangeMetadata
    client: http.HTTPFlow
    upstream: tuple[http.HTTPFlow, ...]

    @property
    def started(self) -> float:
        """When the request came, in seconds since 1970."""
        return self.client.request.timestamp_start

    @property
    def flows(self) -> list[http.HTTPFlow]:
        return [self.client, *self.upstream]


def newest_in(folders: Sequence[Path]) -> Iterator[RecordedExchange]:
    """What is recorded in these folders and in those below them, each once, the newest first.

    Files that cannot be read are left out: they say so when they are named.
    """
    paths = [path for folder in folders for name in FOLDERS for path in (folder / name).glob("*.flow")]
    seen: set[str] = set()
    waiting: list[RecordedExchange] = []
    dated = sorted(((path.stat().st_mtime, path) for path in paths if path.exists()), reverse=True)
    for changed, path in dated:
        # What began after a file was last written is newer than all in it, and in those that are older.
        yield from _taken(waiting, seen, changed)
        try:
            waiting += of_file(path)
        except Unreadable:
            continue
    yield from _taken(waiting, seen, 0.0)


def _taken(waiting: list[RecordedExchange], seen: set[str], after: float) -> Iterator[RecordedExchange]:
    """Takes those that ended after that time out of the waiting ones, the newest first."""
    ready = [recorded for recorded in waiting if recorded.started > after]
    waiting[:] = [recorded for recorded in waiting if recorded.started <= after]
    for recorded in sorted(ready, key=lambda recorded: recorded.started, reverse=True):
        if recorded.meta.exchange not in seen:
            seen.add(recorded.meta.exchange)
            yield recorded


def of_file(
    path: Path, warn: Callable[[str], None] = lambda said: None, read: Read = lambda done, of: None
) -> list[RecordedExchange]:
    """The exchanges of a file, in their order; `warn` hears of what is torn or damaged, `read` how far it is.

    Raises Unreadable.
    """
    return _of_flows([flow for flow in in_file(path, warn, read) if isinstance(flow, http.HTTPFlow)], path)


def _of_flows(flows: list[http.HTTPFlow], path: Path) -> list[RecordedExchange]:
    ours: dict[str, list[http.HTTPFlow]] = {}
    found: list[RecordedExchange | str] = []
    for flow in flows:
        about = flow.metadata.get(KEY)
        if not isinstance(about, dict):
            found.append(RecordedExchange(_facts_of_other(flow, len(found) + 1), flow, ()))
            continue
        identifier = str(about.get("exchange"))
        if identifier not in ours:
            found.append(identifier)
        ours.setdefault(identifier, []).append(flow)
    return [one if isinstance(one, RecordedExchange) else _joined(ours[one], path) for one in found]


def _joined(flows: list[http.HTTPFlow], path: Path) -> RecordedExchange:
    about = {name: value for name, value in flows[0].metadata[KEY].items() if name not in ("side", "try")}
    client = next((flow for flow in flows if flow.metadata[KEY].get("side") == "client"), None)
    if client is None:
        raise Unreadable(f"{path} has an exchange without its client's side")
    try:
        meta = msgspec.convert(about, ExchangeMetadata)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{path} was recorded by an argo-proxy that says other things: {error}") from error
    return RecordedExchange(meta, client, tuple(flow for flow in flows if flow is not client))


def _facts_of_other(flow: http.HTTPFlow, number: int) -> ExchangeMetadata:
    """What can be said of a flow that somebody else has recorded."""
    request, response = flow.request, flow.response
    headers = {name.lower(): value for name, value in request.headers.items()}
    status = response.status_code if response is not None else 0
    problem = flow.error.msg if flow.error is not None else ""
    ended = response.timestamp_end if response is not None else None
    return ExchangeMetadata(
        exchange=flow.id,
        number=number,
        tool=headers.get("user-agent", "").split("/")[0].split(" ")[0] or "unknown client",
        client=dialect_of(request.path, headers).name,
        status=status,
        outcome=problem or ("complete" if status < 400 else f"refused with {status}"),
        failed=bool(problem) or status >= 400 or not status,
        total_ms=round(max((ended or request.timestamp_start) - request.timestamp_start, 0) * 1000),
    )


# By their places


def scanned(path: Path, start: int) -> Iterator[tuple[int, int, float, ExchangeMetadata, str]]:
    """The exchanges of a file from a place on: where each begins, its bytes, its time, its facts and its dialects.

    It ends before what is torn; a record that is damaged is left out, with the exchange that it is of.
    """
    group: list[http.HTTPFlow] = []
    with path.open("rb") as file:
        place = before = start
        for end in list(record_ends(file, start)):
            file.seek(before)
            flow = _flow_in(file)
            if group and (flow is None or not _belong(group[0], flow)):
                yield from _placed(group, path, place, before)
                group = []
            if isinstance(flow, http.HTTPFlow):
                place = place if group else before
                group.append(flow)
            before = end
        if group:
            yield from _placed(group, path, place, before)


def _flow_in(file: BinaryIO) -> Flow | None:
    from mitmproxy.io import FlowReader

    try:
        return next(iter(FlowReader(file).stream()), None)
    except DAMAGE:
        return None


def _belong(one: http.HTTPFlow, other: Flow) -> bool:
    here, there = one.metadata.get(KEY), other.metadata.get(KEY)
    return isinstance(here, dict) and isinstance(there, dict) and here.get("exchange") == there.get("exchange")


def _placed(
    flows: list[http.HTTPFlow], path: Path, start: int, end: int
) -> Iterator[tuple[int, int, float, ExchangeMetadata, str]]:
    about = flows[0].metadata.get(KEY)
    if isinstance(about, dict) and about.get("side") == "upstream":
        return  # what it belongs to is damaged
    try:
        recorded = _of_flows(flows, path)[0]
    except Unreadable:  # of an argo-proxy that says other things
        recorded = RecordedExchange(_facts_of_other(flows[0], 0), flows[0], tuple(flows[1:]))
    yield start, end - start, recorded.started, recorded.meta, dialects_of(recorded.meta)


def at(path: Path, start: int, size: int) -> RecordedExchange:
    """The exchange that stands at a place. Raises Unreadable."""
    return _of_flows(flows_at(path, start, size), path)[0]


def _as_flow(record: Any) -> Flow:
    if record.get("version") != FLOW_FORMAT_VERSION:
        from mitmproxy.io import compat  # not at the top: it loads a parser of filters, which takes a fifth of a second

        record = compat.migrate_flow(record)
    return Flow.from_state(record)


def flows_at(path: Path, start: int, size: int) -> list[http.HTTPFlow]:
    """The flows that stand at a place, one at least. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            records = values_in(file.read(size))
        flows = [flow for flow in map(_as_flow, records) if isinstance(flow, http.HTTPFlow)]
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}") from error
    except DAMAGE as error:
        raise Unreadable(f"{path}, from byte {start:,} on, cannot be read: {str(error).rstrip('.')}") from error
    if not flows:
        raise Unreadable(f"{path} holds no exchange at byte {start:,}")
    return flows
