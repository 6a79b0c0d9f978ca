"""Records exchanges: all of them while that is switched on, and those that fail always, unless the settings say no.

What passes is noted as it passes (trace.py) and written by a thread of its own once the exchange is over
(recorded.py, flow_files.py). What goes wrong with that never reaches a request: it is told once in the log.
"""

from __future__ import annotations

import functools
import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from mitmproxy import connection, http
from msgspec.structs import replace

from ..gateway.local_endpoints import Recording
from ..gateway.messages import UpstreamRequest
from ..proxy.calls import Call
from ..proxy.trace import WAY, ExchangeTrace, UpstreamAttempt
from . import flow_files, index
from .backlog import Backlog
from .dialect_names import dialects_of
from .exchange_flows import as_flows, has_failed, metadata_of, records
from .index import Entry
from .metadata import ExchangeMetadata

logger = logging.getLogger(__name__)

_LOCAL = frozenset({"/", "/health", "/health/live", "/health/ready", "/metrics", "/version"})
"""What is asked all the time, by `status` for one, and explains nothing."""
_NUMBERS = 100
"""Failures whose number can still be told."""
_TOLD_AGAIN = 60.0
"""Seconds in which a disk that is full now and then is told once."""


P = ParamSpec("P")
T = TypeVar("T")


def _harmless(method: Callable[P, T]) -> Callable[P, T | None]:
    """A hook whose faults go to the log: a call goes on without its recording."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return method(*args, **kwargs)
        except Exception:
            logger.exception("a fault of argo-proxy's own in recording an exchange")
            return None

    return guarded


class Recorder:
    """Records the exchanges of one gateway."""

    def __init__(
        self, state: Path | None = None, *, everything: bool = False, failures: bool = True, dump: Path | None = None
    ) -> None:
        """`state` is the folder of this machine's recordings; every exchange goes to `dump` instead, if given.

        Without `state` nothing is recorded.
        """
        self.everything = everything
        self.failures = failures and state is not None
        self._state = state or Path()
        self._parts = flow_files.Parts(dump or self._state)
        self._traces: dict[str, ExchangeTrace] = {}
        self._jobs: queue.SimpleQueue[tuple[ExchangeTrace, ExchangeMetadata, bool] | None] = queue.SimpleQueue()
        self._backlog = Backlog(logger.warning)
        self._written = 0
        self._failures: dict[str, Entry] = {}
        """The failures that are kept, by what those have in common that are equal."""
        self._numbers: dict[str, int] = {}
        """By which number the latest failures are recorded, by their flows."""
        self._sessions: dict[str, str] = {}
        """The conversations that responses belong to."""
        self._problem: str | None = None
        self._lost = 0
        """Exchanges that could not be written since it is there."""
        self._told = -_TOLD_AGAIN
        self._writer: threading.Thread | None = None
        self._gives_up = False

    @property
    def state(self) -> Recording:
        """How the recording stands."""
        return Recording(self.everything, self.failures, self._written, self._backlog.missed, self._problem)

    def number_of(self, flow: str) -> int | None:
        """By which number one of the latest failures is recorded; None for one that is not, or not yet."""
        return self._numbers.get(flow)

    def switch(self, on: bool) -> None:
        """Has every exchange recorded from now on, or only failures."""
        changes, self.everything = on is not self.everything, on
        self._problem, self._lost, self._told = None, 0, -_TOLD_AGAIN
        if changes:
            logger.warning("every exchange is recorded from now on" if on else "exchanges are no longer recorded")

    def prepare(self) -> None:
        """Has what a crash left behind put in order, and waits for exchanges; a second time changes nothing."""
        if self._writer is None and (self.everything or self.failures):
            self._writer = threading.Thread(target=self._write_all, name="recorder", daemon=True)
            self._writer.start()

    # On the way

    @_harmless
    def begin(self, flow: http.HTTPFlow) -> None:
        """A client's request is there, as it was sent."""
        if self.everything or self.failures:
            self._traces[flow.id] = ExchangeTrace(flow)

    @_harmless
    def on_upstream_request(self, flow: http.HTTPFlow, request: UpstreamRequest) -> None:
        """A request goes to ARGO, for the first time or once more."""
        if (trace := self._traces.get(flow.id)) is not None:
            trace.attempts.append(UpstreamAttempt(request))

    @_harmless
    def on_response_head(self, flow: http.HTTPFlow) -> UpstreamAttempt | None:
        """The head of ARGO's answer is there. Returns what its body is to be noted in."""
        attempt = self._attempt(flow)
        if attempt is not None and flow.response is not None:
            attempt.answer.head(flow.response)
            attempt.server = flow.server_conn
        return attempt

    @_harmless
    def on_complete_response(self, flow: http.HTTPFlow) -> None:
        """ARGO's answer is there, read to its end."""
        attempt = self._attempt(flow)
        if attempt is not None and flow.response is not None:
            attempt.answer.whole(flow.response.raw_content or b"")

    @_harmless
    def on_error(self, flow: http.HTTPFlow, problem: str) -> None:
        """The connection to ARGO broke or could not be made, or its client left."""
        if (attempt := self._attempt(flow)) is not None:
            attempt.error = problem

    def _attempt(self, flow: http.HTTPFlow) -> UpstreamAttempt | None:
        trace = self._traces.get(flow.id)
        return None if trace is None else trace.attempt

    @_harmless
    def on_client_head(self, flow: http.HTTPFlow, response: http.Response, call: Call | None) -> None:
        """The head of the answer goes to the client."""
        trace = self._traces.get(flow.id)
        if trace is None and call is None and response.status_code >= 400:
            self.begin(flow)  # it is refused before its body was read
            trace = self._traces.get(flow.id)
        if trace is not None:
            trace.answer.head(response)

    @_harmless
    def on_client_data(self, flow: http.HTTPFlow, data: bytes) -> None:
        """The next bytes of its body go there."""
        if data and (trace := self._traces.get(flow.id)) is not None:
            trace.answer.data(data)

    @_harmless
    def on_client_end(self, flow: http.HTTPFlow, call: Call | None) -> None:
        """It is complete, and the exchange is over."""
        if (trace := self._traces.get(flow.id)) is not None:
            self._over(flow.id, trace, call, left=False)

    @_harmless
    def on_client_left(self, client: connection.Client, call: Call | None) -> None:
        """A client is gone, and with it what it was being answered."""
        for identifier, trace in [one for one in self._traces.items() if one[1].client.id == client.id]:
            self._over(identifier, trace, call, left=True)

    @_harmless
    def on_refused_message(self, flow: http.HTTPFlow, text: str, status: int, told: bytes) -> None:
        """What a client has said on a WebSocket is no call: it is told so, and was to be one."""
        trace = ExchangeTrace(flow)
        trace.method, trace.body, trace.started = "POST", text.encode("utf-8", "surrogatepass"), time.time()
        fields = [one for one in trace.fields if one[0].lower() not in (b"upgrade", b"connection", WAY.encode())]
        trace.fields = (*fields, (WAY.encode(), b"websocket"))
        trace.answer.head(http.Response.make(status, b"", {"content-type": "application/json"}))
        trace.answer.data(told)
        self._traces[trace.id] = trace
        self._over(trace.id, trace, None, left=False)

    def _over(self, identifier: str, trace: ExchangeTrace, call: Call | None, *, left: bool) -> None:
        del self._traces[identifier]
        trace.ended = time.time()
        if trace.method in ("GET", "HEAD") and trace.target.partition("?")[0] in _LOCAL:
            return
        call = call if call is not None and call.flow.id == identifier else None
        if not self.everything and not (self.failures and has_failed(trace, call)):
            return
        meta = metadata_of(trace, call, left=left)
        if self._backlog.takes(_size_of(trace), everything=self.everything):
            self._jobs.put((trace, meta, self.everything))
            self.prepare()

    def close(self, seconds: float = 10.0) -> None:
        """Writes what is left, within so many seconds."""
        if self._writer is not None:
            self._jobs.put(None)
            self._writer.join(seconds)
            if self._writer.is_alive():
                left = self._jobs.qsize()
                self._backlog.failed(left)
                self._gives_up = True
                logger.warning("%d exchanges that waited to be recorded are not: the gateway ends", left)
            self._writer = None

    # In the thread

    def _write_all(self) -> None:
        try:
            flow_files.mend(self._parts.folder)
            flow_files.mend(self._state / "failures")
            index.compact(self._state)
            index.note_folder(self._state, self._parts.folder)
            noted = index.noted(self._state).values()
            self._sessions = {one.meta.response: one.meta.session for one in noted if one.meta.response}
            self._failures = {one.meta.failure: one for one in noted if one.file.startswith("failures/")}
        except OSError as error:
            logger.warning("recordings cannot be put in order: %s", error)
        while (job := self._jobs.get()) is not None and not self._gives_up:
            trace, meta, everything = job
            with self._backlog.work(_size_of(trace)):
                self._write_one(trace, meta, everything=everything)
            del job, trace, meta  # not to be held until the next one comes
        self._parts.close()

    def _write_one(self, trace: ExchangeTrace, meta: ExchangeMetadata, *, everything: bool) -> None:
        try:
            if self._write(trace, meta, everything=everything):
                self._written += 1
            else:
                self._backlog.failed()
        except OSError as error:
            self._backlog.failed()
            self._lost += 1
            self._tell(error)
        except Exception:
            self._backlog.failed()
            logger.exception("a fault of argo-proxy's own in recording an exchange")

    def _write(self, trace: ExchangeTrace, meta: ExchangeMetadata, *, everything: bool) -> bool:
        """Whether it is recorded now. Raises OSError."""
        flows, told = as_flows(trace, meta)
        told = self._in_session(told)
        if not everything and self._has(told, trace.started):
            self._number(trace.flow, self._failures[told.failure].meta.number)
            return True
        with self._backlog.disk():
            number = flow_files.next_number(self._state)
        told = replace(told, number=number)
        data = records(flows, told)
        entry = Entry(file="", start=0, size=len(data), started=trace.started, meta=told, dialects=dialects_of(told))
        with self._backlog.disk():
            return self._write_entry(entry, data, everything=everything, flow=trace.flow)

    def _write_entry(self, entry: Entry, data: bytes, *, everything: bool, flow: str) -> bool:
        told, written = entry.meta, False
        if self.failures and told.failed:
            if not self._has(told, entry.started):
                name = flow_files.add_failure(self._state / "failures", told.number, data)
                self._note(self._state, replace(entry, file=f"failures/{name}"))
            written = True
        if everything:
            name, start = self._parts.add(data)
            self._note(self._parts.folder, replace(entry, file=name, start=start))
            written = True
        if told.failed and written:
            self._number(flow, told.number)
        if written:
            self._tell_end()
        return written

    def _number(self, flow: str, number: int | None) -> None:
        if number is not None:
            self._numbers[flow] = number
        if len(self._numbers) > _NUMBERS:
            del self._numbers[next(iter(self._numbers))]

    def _in_session(self, meta: ExchangeMetadata) -> ExchangeMetadata:
        """The call in the conversation of the response that it goes on from, unless its tool has named one."""
        if meta.previous and meta.session[:1] in ("", "~"):
            meta = replace(meta, session=self._sessions.get(meta.previous, meta.session))
        if meta.response and meta.session:
            self._sessions[meta.response] = meta.session
        return meta

    def _has(self, meta: ExchangeMetadata, started: float) -> bool:
        """Whether the same failure is recorded already: then it is counted there."""
        if not meta.failed:
            return False
        before = self._failures.get(meta.failure)
        if before is None or not (self._state / before.file).exists():
            return False
        self._note(self._state, replace(before, times=before.times + 1, last=started))
        return True

    def _note(self, folder: Path, entry: Entry) -> None:
        if entry.file.startswith("failures/"):
            self._failures[entry.meta.failure] = entry
        try:
            index.add(folder, entry)
        except OSError as error:  # what the index lacks is read from the files
            logger.debug("the index of the recordings cannot be written: %s", error)

    def _tell(self, problem: OSError) -> None:
        """Tells in the log that nothing can be written: when that begins, and once in a minute at the most."""
        if self._problem is None and time.monotonic() - self._told >= _TOLD_AGAIN:
            self._told = time.monotonic()
            logger.warning(
                "exchanges cannot be recorded: %s. Each that comes is tried: nothing is to be done once that is "
                "mended, and argo-proxy status counts those missed",
                problem,
            )
        self._problem = str(problem)

    def _tell_end(self) -> None:
        if self._problem is not None:
            self._problem = None
            logger.warning("exchanges are recorded again; %d were not, since they could not be written", self._lost)
            self._lost = 0


def _size_of(trace: ExchangeTrace) -> int:
    bodies = len(trace.body) + trace.answer.size
    return bodies + sum(len(attempt.request.body) + attempt.answer.size for attempt in trace.attempts)
