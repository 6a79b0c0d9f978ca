"""ARGO's model list, as the gateway reads it: on the connections of its calls.

It goes the way that calls go, to the same addresses, through the same proxies, with the same certificates, and the
connection is there for the first call. The command line, which has no such connections, reads it by models/fetch.py.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from .. import __version__
from ..models.unreachable import answers_otherwise, unreachable
from ..models.upstream_access import UpstreamAccess
from .compression import Spoilt, TooMuch, UnknownCoding, inflated
from .heads import ResponseHead
from .messages import MAX_ANSWER, Place, Places
from .upstream_connection import UpstreamConnection
from .upstreams import Upstreams


class ModelList:
    """What asks for the list at a URL."""

    def __init__(self, access: UpstreamAccess, upstreams: Upstreams) -> None:
        self._access = access
        self._upstreams = upstreams
        self._places = Places(access.override, access.proxy)

    async def fetch(self, url: str) -> bytes:
        """The list's body, as ARGO has it. Raises Unreachable."""
        seconds = self._access.settings.connection_test_timeout
        try:
            head, body = await asyncio.wait_for(self._ask(self._places.of(url)), seconds)
        except asyncio.TimeoutError:
            raise unreachable(url, f"no answer within {seconds:g} s", self._access) from None
        except (OSError, UnicodeError, ValueError) as problem:  # the latter two of what no host's name or body can be
            raise unreachable(url, str(problem) or type(problem).__name__, self._access) from problem
        if head.status != 200:
            raise answers_otherwise(url, head.status, _text(head, b"location"))
        return body

    async def _ask(self, place: Place) -> tuple[ResponseHead, bytes]:
        kept = self._upstreams.take(place.target)
        if kept is not None:
            try:
                return await self._asked(kept, place)
            except _Ended:
                pass  # as a kept connection may at any time
        return await self._asked(await self._upstreams.reach(place.target), place)

    async def _asked(self, upstream: UpstreamConnection, place: Place) -> tuple[ResponseHead, bytes]:
        asker = _Asker()
        lines = [b"GET %b HTTP/1.1" % place.path, b"host: " + place.host, b"accept: application/json"]
        lines += [b"accept-encoding: identity", b"user-agent: argo-proxy/" + __version__.encode()]
        upstream.ask(asker, b"\r\n".join([*lines, b"", b""]), b"")
        with ExitStack() as unanswered:
            unanswered.callback(upstream.leave)
            head, body = await asker.answer
            unanswered.pop_all()
        self._upstreams.keep(place.target, upstream)
        try:
            return head, inflated(body, _text(head, b"content-encoding") or "", MAX_ANSWER)
        except (Spoilt, TooMuch, UnknownCoding) as problem:
            raise OSError(f"its answer cannot be unpacked: {problem}") from problem


class _Ended(OSError):
    """A connection ended without a byte of an answer."""


class _Asker:
    """Waits for an answer as a whole (upstream_connection.Asker)."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[tuple[ResponseHead, bytes]] = asyncio.get_running_loop().create_future()
        self._head: ResponseHead | None = None
        self._body = bytearray()

    def on_upstream_bytes(self) -> None:
        """Nobody waits for signs of life."""

    def on_head(self, head: ResponseHead) -> None:
        self._head = head

    def on_data(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > MAX_ANSWER and not self.answer.done():
            self.answer.set_exception(OSError("its answer does not end"))

    def on_end(self) -> None:
        if not self.answer.done():
            assert self._head is not None
            self.answer.set_result((self._head, bytes(self._body)))

    def on_failure(self, problem: str, *, unanswered: bool) -> None:
        if not self.answer.done():
            self.answer.set_exception((_Ended if unanswered else OSError)(problem))


def _text(head: ResponseHead, wanted: bytes) -> str | None:
    """The value of a header."""
    return next((value.decode("latin-1") for name, value in head.fields if name.lower() == wanted), None)
