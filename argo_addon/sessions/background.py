"""Responses in the background: each is made by a call by HTTP to the gateway itself, and told to whoever asks for it.

So it is routed, limited, recorded and retried as any other call is, and ends neither with its client's connection nor
with what the client knows of it. What it has come to is in the store, for every gateway there (gateway/under_way.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import suppress

from ..dialects.openai_responses import background, state
from ..errors import GatewayError
from ..gateway import under_way
from ..gateway.messages import Reply
from ..gateway.under_way import Follow, InBackground
from ..sse import Splitter, data_of
from ..store.base import Store, StoreProblem
from ..store.worker import StoreWorker
from .own_calls import BrokenOff, OwnCalls, OwnReply, call_headers, error_in

logger = logging.getLogger(__name__)

TICK = 0.5
"""Seconds after which what has come is kept, and it is looked whether the response is still wanted, or has gone on."""
SIGN = 15.0
"""Seconds without an event after which whoever follows gets a sign of life."""
_STILL = b": nothing new\n\n"
_STOPPED = "argo-proxy was stopped before this response was complete: ask anew."


class Job:
    """One response that is being made."""

    def __init__(self, wanted: InBackground, own: OwnCalls, store: StoreWorker) -> None:
        self.owner = wanted.owner
        self.key = wanted.resource.id
        self.frames = background.first_frames(wanted.resource)
        """Its events so far."""
        self.over = False
        """Whether they are all."""
        self.changed = asyncio.Event()
        """Set, and replaced, when there is more to tell."""
        self._wanted = wanted
        self._own = own
        self._store = store
        self._kept = len(self.frames)  # events that are in the store
        self._pieces = 1
        self._making: asyncio.Task[None] | None = None

    async def keep(self) -> None:
        """Has the store keep that it is going to be made. Raises GatewayError."""
        document = state.response_document(background.encoded(self._wanted.resource), self._wanted.items)
        frames, now = list(self.frames), time.time()
        found = await self._store.result(
            lambda store: under_way.begin(store, self.key, self.owner, document, frames, now)
        )
        if isinstance(found, StoreProblem):
            raise GatewayError(503, f"What is kept cannot be written now: {found}.")

    async def run(self) -> None:
        """Makes it."""
        self._making = asyncio.ensure_future(self._made())
        try:
            while not self._making.done():
                await asyncio.wait((self._making,), timeout=TICK)
                if not self.over and not await self._goes_on():
                    self._making.cancel()
            with suppress(asyncio.CancelledError):
                await self._making
        finally:
            self._making.cancel()
        if not self.over:
            await self._end(lambda document: background.cancelled(document))

    async def _goes_on(self) -> bool:
        """Keeps what has come, and says whether it is still wanted; a store that fails does not end it."""
        self._save()
        found = await self._store.result(lambda store: under_way.goes_on(store, self.key, self.owner, time.time()))
        return found is not False

    def _save(self) -> None:
        frames, piece = self.frames[self._kept :], self._pieces
        if frames:
            self._kept, self._pieces = len(self.frames), piece + 1
            self._store.submit(lambda store: under_way.append(store, self.key, self.owner, piece, frames))

    async def _made(self) -> None:
        wanted = self._wanted
        headers, body = call_headers(wanted.request.headers, "background"), background.request_of(wanted.fields)
        try:
            async with self._own.post(body, headers) as reply:
                if reply.status_code == 200:
                    await self._take(reply)
                else:
                    await self._refused(reply.status_code, await reply.read())
        except BrokenOff as problem:
            await self._fail(GatewayError(502, f"The call broke off: {problem}"))
        except Exception:
            logger.exception("a fault of argo-proxy's own in the background")
            await self._fail(GatewayError(500, "argo-proxy failed to make this response; its log has the details."))

    async def _take(self, reply: OwnReply) -> None:
        frames = Splitter()
        begun = False
        async for piece in reply.pieces:
            for frame in frames.feed(piece):
                data = data_of(frame)
                told = None if data is None else background.told(data, self.key, self._wanted.resource.created_at)
                if told is None:
                    continue
                if told.response is not None:
                    await self._complete(told)
                    return
                if not begun:
                    begun = True
                    self._store.submit(
                        lambda store: under_way.change(store, self.key, self.owner, background.in_progress)
                    )
                self._tell(told.frame)
        await self._fail(GatewayError(502, "The call broke off before its answer was complete."))

    async def _complete(self, told: background.Told) -> None:
        response = told.response or b""
        await self._end(lambda document: background.with_response(document, response), told)

    async def _refused(self, status: int, body: bytes) -> None:
        problem = error_in(status, body)
        code = problem.code if isinstance(problem.code, str) else None
        await self._fail(GatewayError(status, problem.message, code=code))

    async def _fail(self, error: GatewayError) -> None:
        await self._end(lambda document: background.failed(document, error))

    async def _end(self, change: background.Change, told: background.Told | None = None) -> None:
        """Ends it, unless it has been ended by somebody else: its last event tells what is kept of it."""
        self._save()
        kept = await self._store.result(lambda store: under_way.change(store, self.key, self.owner, change))
        if told is not None and not (isinstance(kept, bytes) and background.is_other(kept, told)):
            self._tell(told.frame)
        elif isinstance(kept, bytes):
            self._tell(background.last_frame(kept, len(self.frames)))
        elif kept is not None:  # the store fails: whoever follows still learns how it has ended
            document = state.response_document(background.encoded(self._wanted.resource), self._wanted.items)
            self._tell(background.last_frame(change(document), len(self.frames)))
        self.over = True
        self._save()
        self._wake()

    def _tell(self, frame: bytes) -> None:
        self.frames.append(frame)
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def stop(self) -> None:
        """The process ends: what has not been made has failed."""
        if self._making is not None:
            self._making.cancel()
        if not self.over:
            self._save()
            error = GatewayError(503, _STOPPED)
            ended = lambda document: background.failed(document, error)  # noqa: E731
            self._store.submit(lambda store: under_way.change(store, self.key, self.owner, ended))


class Jobs:
    """The responses that this gateway makes in the background, and what it tells of those at its store."""

    def __init__(self, store: StoreWorker) -> None:
        self._store = store
        self._running: dict[str, tuple[Job, asyncio.Task[None]]] = {}

    async def begin(self, wanted: InBackground, own: OwnCalls) -> Reply | Follow:
        """Begins to make a response, and says what its client gets. Raises GatewayError where it cannot be kept."""
        job = Job(wanted, own, self._store)
        await job.keep()
        task = asyncio.ensure_future(job.run())
        self._running[job.key] = job, task
        task.add_done_callback(lambda _: self._running.pop(job.key, None))
        if wanted.stream:
            return Follow(job.key, job.owner, -1)
        return Reply(200, background.encoded(wanted.resource))

    async def follow(self, wanted: Follow) -> AsyncGenerator[bytes, None]:
        """The events of a response, as they come, and signs of life between them."""
        job, _ = self._running.get(wanted.key, (None, None))
        told = _here(job) if job is not None and job.owner == wanted.owner else self._elsewhere(wanted)
        left = wanted.after + 1
        waits = True  # for a first piece, with which the answer's head goes out
        async for frames in told:
            shown = frames[left:]
            left = max(0, left - len(frames))
            if shown or not frames or waits:
                waits = False
                yield b"".join(shown) or _STILL

    async def _elsewhere(self, wanted: Follow) -> AsyncGenerator[list[bytes], None]:
        """The events of a response that another gateway makes, or that has ended: as they are in the store."""
        piece = number = 0
        last = b""
        since = time.monotonic()
        while True:
            found = await self._store.result(_look(wanted.key, wanted.owner, piece))
            if not isinstance(found, tuple):  # the store does not answer, which the client will see when it asks anew
                return
            document, pieces = found
            for frames in pieces:
                piece, number, last = piece + 1, number + len(frames), frames[-1] if frames else last
                since = time.monotonic()
                yield frames
            if document is None:
                return
            if not background.is_under_way(document):
                if not background.ends(last):
                    yield [background.last_frame(document, number)]
                return
            if time.monotonic() - since >= SIGN:
                since = time.monotonic()
                yield []
            await asyncio.sleep(TICK)

    @property
    def are_under_way(self) -> bool:
        """Whether some response is being made here."""
        return bool(self._running)

    def close(self) -> None:
        """The process ends."""
        for job, task in list(self._running.values()):
            job.stop()
            task.cancel()


async def _here(job: Job) -> AsyncGenerator[list[bytes], None]:
    """The events of a response that is made here."""
    told = 0
    while True:
        changed, frames = job.changed, job.frames[told:]
        if frames:
            told += len(frames)
            yield frames
        elif job.over:
            return
        else:
            try:
                await asyncio.wait_for(changed.wait(), SIGN)
            except asyncio.TimeoutError:
                yield []


def _look(key: str, owner: str, piece: int) -> under_way.Looking:
    def look(store: Store) -> tuple[bytes | None, list[list[bytes]]]:
        document = under_way.seen(store, key, owner, time.time())
        return document, list(under_way.pieces(store, key, owner, piece))

    return look
