"""One request of a client and its answer: from the flow that mitmproxy's hooks see to the last byte of the answer.

What happens to it and when: the request is whole (`begin`), hooks decide what becomes of it, it goes to ARGO, the
answer's head comes (`on_head`), then its body, streamed through a relay or read to its end, and the client's answer is
complete (`_over`). Three rules hold all along:
- every failure becomes the answer in the caller's dialect or, in mid-stream, the relay's error event and a proper end;
- a streamed answer's head is held back until the relay gives its first bytes, so that a stream which turns out to be
  an error still gets a real status (pitfalls 7.10);
- a request goes out once more only where the addon says so, or where a kept connection ended before it took anything.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from mitmproxy import http
from mitmproxy.flow import Error
from mitmproxy.proxy.commands import StartHook
from mitmproxy.proxy.layers.http._hooks import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)

from ..errors import GatewayError
from ..gateway.messages import Reply
from .gate import Gate
from .heads import ResponseHead
from .hooks import Hooks
from .interfaces import CallHandler, ClientSide
from .live_response import LiveResponse
from .messages import MAX_ANSWER, answer_too_large, as_response, request_head
from .stream_body import own_fault
from .upstream_connection import UpstreamConnection
from .upstreams import Target, Upstreams

logger = logging.getLogger(__name__)


class Transaction:
    """One request, which is whole, and its answer."""

    def __init__(
        self, flow: http.HTTPFlow, client: ClientSide, handler: CallHandler, hooks: Hooks, upstreams: Upstreams
    ) -> None:
        self.flow = flow
        self._client = client
        self._handler = handler
        self._hooks = hooks
        self._upstreams = upstreams
        self._upstream: UpstreamConnection | None = None
        self._target: Target | None = None
        self._opening: asyncio.Task[None] | None = None  # of a connection, or what gives an answer of our own
        self._resting: asyncio.TimerHandle | None = None  # before the request is sent once more
        self._reused = False  # the connection had served before
        self._swallowed = False  # such a connection has ended with the request
        self._held: http.Response | None = None  # the head of a stream, until its first bytes
        self._head_out = False
        self._streams = False
        self._pieces: list[bytes] = []
        self._size = 0
        self._gate = Gate()  # closed for a hook about the answer, and until it is kept
        self.over = False
        self.connected = False
        """Whether there is a connection to ARGO for it."""

    # The request

    def begin(self) -> None:
        """Has the hooks see the request, and sends it to ARGO or answers it."""
        self._hooked(HttpRequestHeadersHook, lambda: self._hooked(HttpRequestHook, self._requested))

    def _hooked(self, hook: type[StartHook], then: Callable[[], None]) -> None:
        """Has addons look at the flow, then goes on, unless they or the client ended it."""

        def go_on() -> None:
            if self.over:
                return
            if self.flow.error is not None and self.flow.error.msg == Error.KILLED_MESSAGE:
                self.cancel(Error.KILLED_MESSAGE)
                self._client.drop()
                return
            self._guarded(then)

        self._hooks.run(hook, self.flow, go_on)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Does a step; a fault in it is told like any other failure."""
        try:
            step()
        except Exception:
            logger.exception("a fault of argo-proxy's own in a call")
            if not self.over:
                self.fail(own_fault(), close=True)

    def _requested(self) -> None:
        if self.flow.response is not None:
            self._hooked(HttpResponseHook, self._respond)
        else:
            self._send()

    def _send(self) -> None:
        self._target = target = self._handler.target_of(self.flow)
        kept = None if self._swallowed else self._upstreams.take(target)
        if kept is not None:
            self._ask(kept)
        else:
            self._opening = asyncio.ensure_future(self._open(target))

    async def _open(self, target: Target) -> None:
        try:
            made = await self._upstreams.open(target, self.flow.client_conn, self._hooks)
        except (OSError, UnicodeError) as problem:  # the latter of a host that no name can have
            said = str(problem) or type(problem).__name__
            self._opening = None
            self._guarded(lambda: self._fail_upstream(said, reached=False))
            return
        except Exception:
            logger.exception("a fault of argo-proxy's own in connecting to ARGO")
            self._opening = None
            self._guarded(lambda: self.fail(own_fault()))
            return
        self._opening = None
        self._guarded(lambda: self._ask(made))

    def _ask(self, upstream: UpstreamConnection) -> None:
        self._upstream = upstream
        self._reused = upstream.used > 0
        self.flow.server_conn = upstream.server
        self.connected = True
        upstream.ask(self, request_head(self.flow.request), self.flow.request.data.content or b"")

    def _send_again(self, wait: float) -> None:
        self._leave_upstream()
        self.flow.response = None
        self._held, self._streams = None, False
        self._pieces, self._size = [], 0
        self.connected = False
        if wait:
            loop = asyncio.get_running_loop()
            self._resting = loop.call_later(wait, lambda: self._guarded(self._send))
        else:
            self._send()

    # The answer, as it comes

    def on_upstream_bytes(self) -> None:
        """Something has come."""
        self._client.last_upstream_activity = time.monotonic()

    def on_head(self, head: ResponseHead) -> None:
        """The answer's head is there."""
        now = time.time()
        self.flow.response = http.Response(
            head.version, head.status, head.reason, http.Headers(head.fields), None, None, now, None
        )
        self._gate.closed, upstream = True, self._upstream
        self._hooked(HttpResponseHeadersHook, lambda: self._headed(upstream))
        if self._gate.closed and upstream is not None:
            upstream.pause()

    def _headed(self, upstream: UpstreamConnection | None) -> None:
        assert self.flow.response is not None
        self._streams = bool(self.flow.response.stream)
        if self._streams and not self._head_out:
            self._held = self.flow.response
        self._gate.open()
        if upstream is not None:
            upstream.resume()

    def on_data(self, data: bytes) -> None:
        """The next bytes of the answer's body."""
        if self.over or self._gate.defers(lambda: self.on_data(data)):
            return
        if self._streams:
            self._guarded(lambda: self._relay(data))
        else:
            self._pieces.append(data)
            self._size += len(data)
            if self._size > MAX_ANSWER:
                self._leave_upstream()
                self.fail(answer_too_large())

    def _relay(self, data: bytes) -> None:
        """Gives the client what the next bytes of the stream become; none are its end."""
        assert self.flow.response is not None
        relayed = self.flow.response.stream
        upstream = self._upstream
        made = relayed(data) if callable(relayed) else data
        pieces = [made] if isinstance(made, bytes) else list(made)
        if (kept := self._handler.being_kept(self.flow)) is None:
            self._hand_on(pieces, upstream)
            return
        self._gate.closed = True
        self._gate.defers(lambda: self._hand_on(pieces, upstream))
        kept.add_done_callback(lambda _: self._guarded(self._gate.open))

    def _hand_on(self, pieces: list[bytes], upstream: UpstreamConnection | None) -> None:
        for piece in pieces:
            self._give(piece)
            if self.over:
                return
        if self._upstream is upstream and (wait := self._handler.should_resend(self.flow)) is not None:
            self._send_again(wait)

    def _give(self, data: bytes) -> None:
        flow = self.flow
        relay = self._handler.relay_of(flow)
        if relay is not None and relay.refusal is not None and not self._head_out:
            self._leave_upstream()
            self._answer(self._handler.error_reply(flow, relay.refusal), problem=relay.refusal.message)
            return
        self._release()
        client = self._client
        client.last_client_activity = time.monotonic()
        if data:
            self._handler.on_client_data(flow, data)
            client.write(data)
        if relay is not None and relay.finished and not relay.complete:
            self._leave_upstream()
            self._end("" if relay.error is None else relay.error.message)

    def on_end(self) -> None:
        """The answer is complete."""
        if self.over or self._gate.defers(self.on_end):
            return
        upstream, self._upstream = self._upstream, None
        if upstream is not None and self._target is not None:
            self._upstreams.keep(self._target, upstream)
        self._guarded(self._complete)

    def _complete(self) -> None:
        response = self.flow.response
        assert response is not None
        response.timestamp_end = time.time()
        if not self._streams:
            response.raw_content = b"".join(self._pieces)
            self._pieces = []
            if (wait := self._handler.should_resend(self.flow)) is not None:
                self._send_again(wait)
            else:
                self._hooked(HttpResponseHook, self._respond)
            return
        self._relay(b"")
        if not self._gate.defers(lambda: self._close_stream(response)):
            self._close_stream(response)

    def _close_stream(self, response: http.Response) -> None:
        if self.over or self.flow.response is not response:
            return  # it ended as a refusal, or is sent once more
        self._release()
        self._hooked(HttpResponseHook, self._streamed)

    def _respond(self) -> None:
        """Sends the flow's answer, or what is left of it where its head is out."""
        response = self.flow.response
        assert response is not None
        if isinstance(response, LiveResponse):
            self._head_out = True
            self._opening = asyncio.ensure_future(response.give(self._client, self._streamed))
            return
        body = response.raw_content or b""
        if self._head_out:
            if body:
                self._handler.on_client_data(self.flow, body)
                self._client.write(body)
        else:
            self._write_whole(response, body)
        if response.status_code == 101:
            self._client.switch(self.flow)
        self._streamed()

    def _streamed(self) -> None:
        self._handler.on_client_end(self.flow)
        self._over()

    # What goes wrong

    def on_failure(self, problem: str, *, unanswered: bool) -> None:
        """The answer breaks off."""
        if self.over or self._gate.defers(lambda: self.on_failure(problem, unanswered=unanswered)):
            return
        self._upstream = None
        if unanswered and self._reused and not (self.over or self._swallowed) and self._handler.sends_anew(self.flow):
            self._swallowed, self.connected = True, False
            self._guarded(self._send)
            return
        self._guarded(lambda: self._fail_upstream(problem, reached=True))

    def _fail_upstream(self, problem: str, *, reached: bool) -> None:
        if not self.over:
            self.fail(self._handler.broken(self.flow, problem, reached=reached), problem=problem)

    def fail(self, error: GatewayError, *, problem: str = "", close: bool = False) -> None:
        """Tells the client of an error in whatever way is still open; `close` ends the connection if none has begun."""
        self._leave_upstream()
        relay = self._handler.relay_of(self.flow)
        tail = b"" if relay is None else relay.fail(error)
        if self._head_out or tail:
            self._release()
            if tail:
                self._handler.on_client_data(self.flow, tail)
                self._client.write(tail)
            self._end(problem or error.message)
        else:
            self._answer(self._handler.error_reply(self.flow, error), problem=problem or error.message, close=close)

    def cancel(self, problem: str = "Client disconnected.") -> None:
        """The client is gone, or is let go."""
        if self.over:
            return
        self._leave_upstream()
        self._note(problem)
        self._over(gone=True)

    def _answer(self, reply: Reply, *, problem: str, close: bool = False) -> None:
        """Sends a whole answer in the place of one from ARGO."""
        self._held = None
        response = as_response(reply, close=close)
        self._write_whole(response, response.raw_content or b"", close=close)
        self._end(problem, close=close)

    def _write_whole(self, response: http.Response, body: bytes, *, close: bool = False) -> None:
        self._handler.on_client_head(self.flow, response)
        self._handler.on_client_data(self.flow, body)
        self._head_out = True
        self._client.write_head(response, body, close=close)

    def _end(self, problem: str, *, close: bool = False) -> None:
        """Ends an answer that came to nothing; the client may go on with its next request."""
        self._note(problem)
        self._handler.on_client_end(self.flow)
        self._over(close=close)

    def _note(self, problem: str) -> None:
        self.flow.error = Error(problem)
        self._hooks.run(HttpErrorHook, self.flow, _nothing)

    def _over(self, *, close: bool = False, gone: bool = False) -> None:
        self.over = True
        self.flow.live = False
        self._gate.clear()
        if not gone:
            self._client.finished(close=close)

    def _leave_upstream(self) -> None:
        """Ends the upstream connection: what is still to come on it is of no use."""
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if self._upstream is not None:
            upstream, self._upstream = self._upstream, None
            upstream.leave()

    # While it is under way

    def keep_alive(self) -> None:
        """Gives the client a sign of life, and before it, if need be, the answer's head (pitfalls 9.1)."""
        relay = self._handler.relay_of(self.flow)
        if relay is None and (head := self._handler.early_response_head(self.flow)) is not None:
            self._held = head
            self._release()
            relay = self._handler.relay_of(self.flow)
        if relay is not None and (sign := relay.keep_alive()):
            self._release()
            self._handler.on_client_data(self.flow, sign)
            self._client.write(sign)

    def pause(self) -> None:
        """Takes nothing from ARGO until `resume`: the client does not keep up."""
        if self._upstream is not None:
            self._upstream.pause()

    def resume(self) -> None:
        """Goes on."""
        if self._upstream is not None:
            self._upstream.resume()

    def _release(self) -> None:
        """Sends a stream's head, which was held back."""
        if self._held is None:
            return
        head, self._held = self._held, None
        if not self._client.chunks:
            head.headers.pop("transfer-encoding", None)
        self._head_out = True
        self._handler.on_client_head(self.flow, head)
        self._client.write_head(head)


def _nothing() -> None:
    pass
