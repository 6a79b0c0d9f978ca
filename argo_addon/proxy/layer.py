"""The client's side of HTTP/1, as mitmproxy's layers speak it, with errors in JSON and streams that end properly.

mitmproxy answers in HTML when an upstream fails and drops the connection when a stream breaks. The public `next_layer`
hook lets us put a subclass of its `Http1Server` in that place. It knows exchanges and replies, and no dialect.

Three things it does that its parent does not:
- every error that mitmproxy has to report becomes the handler's reply, or, in mid-stream, the relay's error event and
  a proper end;
- a streamed answer's head is held back until the relay gives its first bytes, so that a stream which turns out to be
  an error still gets a real status (pitfalls 7.10);
- a request that is refused before its body has arrived is read to its end, since a client that is cut off while it
  sends never reads the answer.
"""

from __future__ import annotations

import time
from collections import deque

from mitmproxy import http
from mitmproxy.connection import ConnectionState
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HttpLayer, HTTPMode, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    HttpEvent,
    RequestHeaders,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)

from ..errors import ClientError, GatewayError
from ..gateway.messages import Reply
from ..translation.relay import Relay
from .chunks import ChunkReader
from .ends import EndingHttp1Server
from .handler import Handler, Interrupt, KeepAlive, Overdue
from .heads import HeadEnd, fault_of, head_in
from .hooks import HooksInPlace, Waiting
from .merging import StraightReads, merged_writes
from .messages import as_response, status_of
from .refused import Refused
from .stream import GatewayHttpStream, abandon_upstream
from .targets import fault_of_line

Commands = layer.CommandGenerator[None]

PATIENCE = 2.0
"""Seconds that a refused client may be silent in the middle of its body."""


class GatewayHttpLayer(HttpLayer):
    """mitmproxy's HTTP layer with our server side.

    `last_upstream_activity` is when the upstream last sent something, `last_client_activity` when the client last got
    something of an answer: readings of time.monotonic().
    """

    def __init__(self, context: Context, handler: Handler, hooks: HooksInPlace | None = None) -> None:
        """With `hooks`, hooks are called in place."""
        super().__init__(context, HTTPMode.transparent)
        self._hooks = hooks
        self.last_upstream_activity = self.last_client_activity = time.monotonic()
        self._handler = handler
        self.client_side = GatewayHttp1Server(context.fork(), self, handler)
        self.connections[context.client] = self.client_side

    def make_stream(self, stream_id: int) -> Commands:
        stream = GatewayHttpStream(self.context.fork(), stream_id, self._handler, self.client_side)
        self.streams[stream_id] = stream
        yield from self.event_to_child(stream, events.Start())

    def _handle_event(self, event: events.Event) -> Commands:
        if type(event) is events.DataReceived and event.connection is not self.context.client:
            self.last_upstream_activity = time.monotonic()
        elif type(event) is events.HookCompleted and type(event.command) is Waiting:
            event = events.HookCompleted(event.command.work.hook)
        yield from merged_writes(self._made_of(event))

    def _made_of(self, event: events.Event) -> Commands:
        """What an event leads to. Hooks are called once it has been handled to its end, as mitmproxy's tasks are."""
        if self._hooks is None:
            yield from super()._handle_event(event)
            return
        coming = deque((event,))
        while coming:
            hooks: list[commands.StartHook] = []
            for command in super()._handle_event(coming.popleft()):
                if isinstance(command, commands.StartHook):
                    hooks.append(command)
                else:
                    yield command
            for hook in hooks:
                if (waiting := self._hooks.call(hook)) is not None:
                    yield waiting
                elif hook.blocking:
                    coming.append(events.HookCompleted(hook))

    def straight(self, piece: ResponseData) -> list[commands.Command] | None:
        """What a piece of a streamed answer becomes, once its head is out; None where that is for the layers to say."""
        stream = self.streams.get(piece.stream_id)
        if not isinstance(stream, GatewayHttpStream) or not stream.streams or not self.client_side.is_streaming(piece):
            return None
        made: list[commands.Command] = []
        for data in stream.relayed(piece.data):
            told = ResponseData(piece.stream_id, data)
            sent = self.client_side.straight(told)
            made.append(SendHttp(told, self.context.client) if sent is None else sent)
        return made

    def event_to_child(self, child: layer.Layer | HttpStream, event: events.Event) -> Commands:
        if type(event) is events.DataReceived and event.connection is not self.context.client:
            assert isinstance(child, layer.Layer)  # what comes from a connection goes to the layers that speak on it
            child = StraightReads(child, self)
        yield from super().event_to_child(child, event)


class GatewayHttp1Server(EndingHttp1Server):
    """The server side of one client connection."""

    def __init__(self, context: Context, http_layer: GatewayHttpLayer, handler: Handler) -> None:
        super().__init__(context, handler, lambda: handler.has_left(context.client))
        self._layer = http_layer
        self._handler = handler
        self._held: ResponseHeaders | None = None
        self._early = False  # the head of the answer under way has gone out before the upstream's came
        self._answered: http.HTTPFlow | None = None
        self._closing = False
        self._chunked = True  # the framing of the stream under way
        self._head_end = HeadEnd()
        self._ends = False  # the client wants the connection closed behind the answer
        self._given = False  # words of the stream under way are out
        self._taken = 0  # bytes of the body under way that have been read
        self._refused: Refused | None = None

    def _flow(self) -> http.HTTPFlow | None:
        stream = self._layer.streams.get(self.stream_id)
        return getattr(stream, "flow", None)

    def _relay(self) -> Relay | None:
        flow = self._flow()
        return None if flow is None else self._handler.relay_of(flow)

    # From the flow to the client

    def _handle_event(self, event: events.Event) -> Commands:
        if isinstance(event, events.Wakeup):
            yield from self._tired_of_discarding()
            yield from self.look_again()
        elif isinstance(event, Overdue):
            yield from self._hurry()
        elif isinstance(event, KeepAlive):
            if not self._closing and self._flow() is event.flow:
                yield from self._keep_alive(event.flow)
        elif isinstance(event, Interrupt):
            if not self._closing and self._flow() is not None:
                yield from self._fail(event.error, close=True)
        else:
            yield from super()._handle_event(event)

    def _give(self, event: HttpEvent) -> Commands:
        if isinstance(event, ResponseHeaders):
            if self._ends or self.answers_last:
                event.response.headers["connection"] = "close"
            self._answered = self._flow()  # which its layer has dropped before the answer's end goes out
        if self._answered is not None:
            self._handler.on_client_event(self._answered, event)
        yield from super().send(event)

    def send(self, event: HttpEvent) -> Commands:
        if self._closing or event.stream_id != self.stream_id:
            return  # what is left of an answer that was ended early
        if self.state == self.passthrough and isinstance(event, ResponseProtocolError):
            yield commands.CloseConnection(self.conn)  # a WebSocket has ended
            return
        if isinstance(event, ResponseData):
            yield from self._send_data(event)
        elif isinstance(event, ResponseHeaders) and self._relay() is not None:
            self._held = None if self._early else event
        elif isinstance(event, ResponseEndOfMessage):
            yield from self._release()
            yield from self._give(event)
        elif isinstance(event, ResponseProtocolError):
            yield from self._send_error(event)
        else:
            yield from self._give(event)

    def _send_data(self, event: ResponseData) -> Commands:
        relay = self._relay()
        if relay is None:
            yield from self._give(event)
        elif relay.refusal is not None:
            yield from self._answer(self._handler.error_reply(self._flow(), relay.refusal), close=False)
        else:
            yield from self._release()
            self._layer.last_client_activity = time.monotonic()
            self._given = self._given or bool(event.data)
            if relay.finished and not relay.complete:
                yield from self._end(event.data)
            elif event.data:
                yield from self._give(event)

    def is_streaming(self, piece: ResponseData) -> bool:
        """Whether the answer that a piece belongs to is under way to the client, its first words out."""
        return self._given and piece.stream_id == self.stream_id and not self._closing

    def straight(self, piece: ResponseData) -> commands.SendData | None:
        """The write of a piece, where it is no more than that: not the last words of a stream that has failed."""
        relay = self._relay()
        if relay is None or relay.refusal is not None or relay.finished or not piece.data:
            return None
        assert self._answered is not None  # its head is out
        self._layer.last_client_activity = time.monotonic()
        self._handler.on_client_event(self._answered, piece)
        framed = b"%x\r\n%b\r\n" % (len(piece.data), piece.data) if self._chunked else piece.data
        return commands.SendData(self.conn, framed)

    def _keep_alive(self, flow: http.HTTPFlow) -> Commands:
        """Gives the client a sign of life, and before it, if need be, the answer's head (pitfalls 9.1)."""
        relay = self._relay()
        if relay is None and (head := self._handler.early_response_head(flow)) is not None:
            self._early = True
            yield from self._begin(ResponseHeaders(self.stream_id, head, False))
            relay = self._relay()
        if relay is not None and (sign := relay.keep_alive()):
            yield from self._release()
            yield from self._give(ResponseData(self.stream_id, sign))

    def discard_held_head(self) -> None:
        self._held = None

    def _release(self) -> Commands:
        """Sends the head that was held back."""
        if self._held is not None:
            held, self._held = self._held, None
            yield from self._begin(held)

    def _begin(self, head: ResponseHeaders) -> Commands:
        """Sends a stream's head. To HTTP/1.0, which knows no chunks, the end of the connection is the stream's."""
        self._chunked = self.request is None or self.request.http_version != "HTTP/1.0"
        if not self._chunked:
            head.response.headers.pop("transfer-encoding", None)
            head.response.headers["connection"] = "close"
        yield from self._give(head)

    def _send_error(self, event: ResponseProtocolError) -> Commands:
        status = status_of(event)
        flow = self._flow()
        if status is None or flow is None or not self.conn.state & ConnectionState.CAN_WRITE:
            yield from self._give(event)
        else:
            yield from self._fail(
                self._handler.describe_failure(flow, status, event.message), close=not self.request_done
            )

    def _fail(self, error: GatewayError, *, close: bool) -> Commands:
        """Tells the client of an error in whatever way is still open; `close` ends the connection if none has begun."""
        relay = self._relay()
        tail = b"" if relay is None else relay.fail(error)
        if self.response is None:
            yield from self._answer(self._handler.error_reply(self._flow(), error), close=close)
        else:
            yield from self._end(tail)

    def _answer(self, reply: Reply, *, close: bool) -> Commands:
        """Sends a whole answer; with `close` as the connection's last, what the client is still sending read first."""
        self._held = None
        response = as_response(reply, close=close, more=self.answer_headers)
        if not close:
            yield from self._leave_upstream()
            yield from self._give(ResponseHeaders(self.stream_id, response, False))
            yield from self._give(ResponseData(self.stream_id, response.raw_content or b""))
            yield from self._give(ResponseEndOfMessage(self.stream_id))
            return
        self._closing = True
        self._note(response)
        yield commands.SendData(self.conn, http1.assemble_response(response))
        if self.request_done:
            yield commands.CloseConnection(self.conn)
        else:
            self._refused = Refused(self.request, self._taken)
            yield commands.RequestWakeup(PATIENCE)

    def _note(self, response: http.Response) -> None:
        """Has it heard of an answer that goes out by itself."""
        if (flow := self._flow()) is not None:
            self._handler.on_client_event(flow, ResponseHeaders(self.stream_id, response, False))
            self._handler.on_client_event(flow, ResponseData(self.stream_id, response.raw_content or b""))
            self._handler.on_client_event(flow, ResponseEndOfMessage(self.stream_id))

    def _end(self, tail: bytes) -> Commands:
        """Ends a stream that has begun, with these last bytes; the client may go on with its next request."""
        yield from self._leave_upstream()
        if tail:
            yield from self._give(ResponseData(self.stream_id, tail))
        yield from self._give(ResponseEndOfMessage(self.stream_id))

    def _leave_upstream(self) -> Commands:
        """Ends the upstream connection: what is still to come on it is of no use."""
        flow = self._flow()
        if flow is not None and flow.server_conn.connected:
            yield from abandon_upstream(self.stream_id, flow.server_conn)

    # From the client

    def read_headers(self, event: events.ConnectionEvent) -> Commands:
        self._taken, self._early, self._given = 0, False, False
        if isinstance(event, events.ConnectionClosed) and bytes(self.buf).strip():
            yield from self._last_words(400, "The request's head cannot be read: it breaks off.")
            return
        if self._refused is None and (fault := self._fault_of_head(event)) is not None:
            self.state = self._discard
            yield from self._answer(self._handler.error_reply(None, fault), close=True)
            return
        for command in super().read_headers(event):
            # What the parent itself sends while it still reads the head is its HTML 400.
            if isinstance(command, commands.SendData) and self.state == self.read_headers:
                message = "The request's head cannot be read: no valid HTTP/1.1 request."
                reply = self._handler.error_reply(None, ClientError(400, message))
                command = commands.SendData(self.conn, http1.assemble_response(as_response(reply, close=True)))
            elif type(command) is ReceiveHttp and type(command.event) is RequestHeaders:
                wish = command.event.request.headers.get("connection", "").lower()
                self._ends = "close" in (word.strip() for word in wish.split(","))
            yield command

    def _hurry(self) -> Commands:
        """Ends the connection of a client that takes too long over its request."""
        if self._closing or (self.state == self.read_headers and not bytes(self.buf).strip()):
            yield commands.CloseConnection(self.conn)
        else:
            yield from self._last_words(408, "The request did not come to its end in time.")

    def _last_words(self, status: int, message: str) -> Commands:
        """Tells the client of an error in its request, and closes at once."""
        if not self._closing and self.conn.state & ConnectionState.CAN_WRITE:
            reply = as_response(self._handler.error_reply(self._flow(), ClientError(status, message)), close=True)
            self._closing = True
            self._note(reply)
            yield commands.SendData(self.conn, http1.assemble_response(reply))
        yield commands.CloseConnection(self.conn)

    def _fault_of_head(self, event: events.ConnectionEvent) -> ClientError | None:
        ends = isinstance(event, events.DataReceived) and self._head_end.may_be_in(event.data)
        received = bytes(self.buf) if ends else b""
        head = head_in(received) if ends else None
        if len(self.buf if head is None else head) > (most := self._handler.max_head):  # mitmproxy has no limit
            return ClientError(431, f"The request's head has more than {most} bytes (max_head_size).")
        if head is None:
            return None
        if received.startswith((b"\r", b"\n")):  # the parent would wait for more behind empty lines
            self.buf.maybe_extract_at_most(len(received) - len(received.lstrip(b"\r\n")))
        if (fault := fault_of(head)) is not None:
            return ClientError(400, f"The request's head cannot be trusted: {fault}.")
        return fault_of_line(head, self._handler.hosts, self.conn.sockname)

    def read_body(self, event: events.Event) -> Commands:
        if self._refused is not None:
            yield from self._discard(event)
            return
        waiting = len(self.buf)
        if isinstance(self.body_reader, ChunkReader):
            self.body_reader.refuses_trailers = True
        try:
            for command in super().read_body(event):
                if isinstance(command, commands.CloseConnection):  # the parent's answer to a body that is no HTTP
                    broken = isinstance(event, events.DataReceived)
                    why = "its chunks are not valid HTTP/1.1" if broken else "it breaks off"
                    yield from self._last_words(400, f"The request body cannot be read: {why}.")
                else:
                    yield command
            self._taken += waiting - len(self.buf)
        except NotImplementedError:  # the parent's word on chunked trailers
            message = "Trailers behind a chunked request body are not supported."
            yield from self._fail(ClientError(400, message), close=True)
            yield commands.CloseConnection(self.conn)

    def _discard(self, event: events.Event) -> Commands:
        """Reads on what a refused client is still sending, until it stops or sends beyond all measure."""
        assert self._refused is not None
        self._refused.take(bytes(self.buf.maybe_extract_at_most(len(self.buf)) or b""))
        if isinstance(event, events.ConnectionClosed) or self._refused.over:
            yield commands.CloseConnection(self.conn)

    def _tired_of_discarding(self) -> Commands:
        """Closes on a refused client that has fallen silent in the middle of its body."""
        if self._refused is None:
            return
        if self._refused.silent:
            yield commands.CloseConnection(self.conn)
        else:
            self._refused.silent = True
            yield commands.RequestWakeup(PATIENCE)
