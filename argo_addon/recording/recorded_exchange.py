"""Recorded exchanges as they are read back: ours, with both their sides, and the flows of any mitmproxy.

It knows files and flows. What they mean to a person is told by explain.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from mitmproxy import http

from ..gateway.routing import dialect_of
from .exchange_flows import KEY, ExchangeMetadata
from .flow_files import Unreadable
from .tail import in_file


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
    """What is recorded in these folders and in `failures` below them, each once, the newest first.

    Files that cannot be read are left out: they say so when they are named.
    """
    paths = [path for folder in folders for path in (*folder.glob("*.flow"), *folder.glob("failures/*.flow"))]
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


def of_file(path: Path, warn: Callable[[str], None] = lambda said: None) -> list[RecordedExchange]:
    """The exchanges of a file, in their order; `warn` hears of what is torn or damaged. Raises Unreadable."""
    flows = [flow for flow in in_file(path, warn) if isinstance(flow, http.HTTPFlow)]
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
