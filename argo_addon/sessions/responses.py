"""The Responses API on a WebSocket: each `response.create` is a call by HTTP to the gateway itself.

So a turn is routed, limited, recorded, kept and retried as any other call is. What the connection adds: its last
responses are gone on from whether they are kept or not, and `generate: false` only says what will be gone on from.
Source: the OpenAI API guide "WebSocket Mode", the Open Responses specification (2026-04-24), and what Codex sends
(pitfalls 11.3).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from ..dialects.base import Fields
from ..dialects.openai_responses import state
from ..dialects.openai_responses.response_context import resource_of
from ..dialects.openai_responses.response_parts import usage_of
from ..dialects.openai_responses.wire import Resource
from ..dialects.shared.raw_members import object_in, text_of_member
from ..errors import UNREADABLE, ClientError
from ..ir.response import Usage
from ..sse import Splitter, data_of
from .own_calls import BrokenOff, OwnCalls, OwnReply, call_headers, error_in

Json = dict[str, object]
Refused = Callable[[str, int, bytes], None]
"""Hears what a client has said that is no call, with the status and the body of the error that it is told."""
Send = Callable[[str, "int | None"], Awaitable[None]]
"""Sends a text to the client, and ends the WebSocket if a code is given."""
LONGEST = 3600.0
"""Seconds that a connection may be open, as at OpenAI's."""
_REMEMBERED = 8
"""Responses of a connection that may be gone on from though they are not kept."""
_WAITING = 64
"""Messages that may wait for the turn under way."""
_OF_TRANSPORT = ("type", "stream", "stream_options", "background", "generate")
_SHOWS_RESPONSE = (b'{"type":"response.created"', b'{"type":"response.in_progress"', b'{"type":"response.completed"',
                   b'{"type":"response.incomplete"', b'{"type":"response.failed"')  # fmt: skip
_TRUE, _FALSE, _NULL = msgspec.Raw(b"true"), msgspec.Raw(b"false"), msgspec.Raw(b"null")
_encode = msgspec.json.Encoder().encode
_MESSAGE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ID = msgspec.json.Decoder(str)


class _Ended(msgspec.Struct):
    id: str
    status: str
    store: bool = False
    output: list[msgspec.Raw] = []


class _LastEvent(msgspec.Struct):
    type: str
    response: _Ended


class _Remembered(msgspec.Struct):
    """All items that a response of the connection ends with, and whether it is kept besides."""

    items: list[msgspec.Raw]
    kept: bool


_LAST = msgspec.json.Decoder(_LastEvent)


class ResponsesSession:
    """One client's connection: a turn at a time, in the order in which they are asked for."""

    def __init__(self, own: OwnCalls, headers: Mapping[str, str], send: Send, note: Refused) -> None:
        """`own` makes its calls, `headers` are what the client has opened the connection with.

        `note` hears of messages that are refused before they are calls.
        """
        self._own = own
        self._headers = call_headers(headers, "websocket")
        self._send, self._note = send, note
        self._asked: asyncio.Queue[str] = asyncio.Queue(_WAITING)
        self._known: dict[str, _Remembered] = {}
        self._until = time.monotonic() + LONGEST
        self._working = asyncio.create_task(self._work())

    def take(self, text: str) -> None:
        """The client has said this."""
        try:
            self._asked.put_nowait(text)
        except asyncio.QueueFull:
            self._working.cancel()
            told = error(429, "Too many messages wait.", "rate_limit_exceeded")
            self._note(text, 429, _encode(told))
            self._working = asyncio.create_task(self._end(told))

    def refused(self, text: str, problem: ClientError) -> None:
        """The client has said this, which ends the WebSocket."""
        self._note(text, problem.status, _encode(error(problem.status, problem.message, "invalid_request_error")))

    def close(self) -> None:
        """The client is gone, and with it the turn under way."""
        self._working.cancel()

    async def _end(self, last: Json) -> None:
        await self._send(_encode(last).decode(), 1000)

    async def _work(self) -> None:
        while (left := self._until - time.monotonic()) > 0:
            try:
                text = await asyncio.wait_for(self._asked.get(), left)
            except asyncio.TimeoutError:
                break
            await self._turn(text)
        message = "Responses websocket connection limit reached (60 minutes). Create a new websocket connection."
        await self._end(error(400, message, "websocket_connection_limit_reached"))

    async def _turn(self, text: str) -> None:
        previous = None
        try:
            message = _read(text)
            kind = text_of_member(message, "type")
            if kind == "response.processed":
                return  # Codex says that it has read an answer
            if kind != "response.create":
                raise ClientError(400, f"type: unknown message '{kind}'; known is response.create", param="type")
            if state.in_background(message):
                where = "POST it to /v1/responses, or leave it out"
                raise ClientError(400, f"background: not to be had on a WebSocket: {where}", param="background")
            previous = text_of_member(message, "previous_response_id") or None
            fields, items = self._whole(message, previous)
            if message.get("generate") == _FALSE:
                await self._warm_up(fields, items, previous)
            else:
                await self._call(self._ways(message, fields, previous), items, previous)
        except ClientError as problem:
            self._known.pop(previous or "", None)
            told = error(problem.status, problem.message, problem.code or "invalid_request_error", problem.param)
            self._note(text, problem.status, _encode(told))
            await self._send(_encode(told).decode(), None)
        except BrokenOff as problem:
            told = error(502, f"The call broke off: {problem}", "server_error")
            await self._send(_encode(told).decode(), None)

    def _whole(self, message: Fields, previous: str | None) -> tuple[Fields, list[msgspec.Raw] | None]:
        """A turn as a request, and all items that it asks with; None where some are only in the store."""
        fields = {name: value for name, value in message.items() if name not in _OF_TRANSPORT}
        if previous is None:
            items = state.new_items(fields)
        elif previous in self._known:
            whole = state.continued(fields, self._known[previous].items)
            fields = {name: value for name, value in whole.items() if name != "previous_response_id"}
            items = state.new_items(fields)
        else:
            return fields, None
        if message.get("generate") != _FALSE or items:
            fields = {**fields, "input": msgspec.Raw(_encode(items))}
        return fields, items

    def _ways(self, message: Fields, fields: Fields, previous: str | None) -> list[Fields]:
        """How a turn is asked for: by the response that it goes on from, if that is kept, else with all of its items.

        What is kept may be gone, or could not be written; then what the connection remembers is sent.
        """
        known = self._known.get(previous or "")
        if known is None or not known.kept:
            return [fields]
        return [{name: value for name, value in message.items() if name not in _OF_TRANSPORT}, fields]

    async def _warm_up(self, fields: Fields, items: list[msgspec.Raw] | None, previous: str | None) -> None:
        if items is None:
            raise state.missing(state.Reference("response", previous or ""))
        now = int(time.time())
        response = resource_of(fields, kept=False)
        response = msgspec.structs.replace(
            response, id=f"resp_{uuid.uuid4().hex[:24]}", created_at=now, model=text_of_member(fields, "model")
        )
        response.previous_response_id = previous
        await self._event(0, "response.created", response)
        response.status, response.completed_at, response.usage = "completed", now, usage_of(Usage())
        self._remember(response.id, items, kept=False)
        await self._event(1, "response.completed", response)

    async def _event(self, number: int, kind: str, response: Resource) -> None:
        event = {"type": kind, "response": response, "sequence_number": number}
        await self._send(_encode(event).decode(), None)

    async def _call(self, ways: list[Fields], items: list[msgspec.Raw] | None, previous: str | None) -> None:
        for number, fields in enumerate(ways, 1):
            body = _encode({**fields, "stream": _TRUE})
            async with self._own.post(body, self._headers) as reply:
                if reply.status_code == 200:
                    await self._relay_all(reply, items, previous)
                    return
                refusal = await reply.read()
                if number == len(ways) or error_in(reply.status_code, refusal).code != state.NOT_FOUND:
                    await self._refused(reply.status_code, refusal, reply.headers, previous)
                    return

    async def _relay_all(self, reply: OwnReply, items: list[msgspec.Raw] | None, previous: str | None) -> None:
        frames = Splitter()
        async for piece in reply.pieces:
            for frame in frames.feed(piece):
                if (data := data_of(frame)) is not None:
                    await self._relay(data, items, previous)

    async def _relay(self, data: bytes, items: list[msgspec.Raw] | None, previous: str | None) -> None:
        if data.startswith(_SHOWS_RESPONSE):
            data = self._noted(data, items, previous)
        await self._send(data.decode(), None)

    def _noted(self, data: bytes, items: list[msgspec.Raw] | None, previous: str | None) -> bytes:
        """An event that shows the response, which says what it goes on from; the last is remembered."""
        last = _LAST.decode(data)
        if last.response.status == "failed":
            self._known.pop(previous or "", None)
        elif last.response.status != "in_progress" and items is not None:
            self._remember(last.response.id, [*items, *last.response.output], kept=last.response.store)
        if previous is None:
            return data
        event = object_in(data)
        response = {**object_in(event["response"]), "previous_response_id": previous}
        return _encode({**event, "response": response})

    def _remember(self, identifier: str, items: list[msgspec.Raw], *, kept: bool) -> None:
        self._known[identifier] = _Remembered(items, kept)
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

    async def _refused(self, status: int, body: bytes, headers: Mapping[str, str], previous: str | None) -> None:
        self._known.pop(previous or "", None)
        told = error_in(status, body)
        event = error(status, told.message, str(told.code or told.type or "server_error"), told.param, told.type)
        if "retry-after" in headers:
            event["headers"] = {"retry-after": headers["retry-after"]}
        await self._send(_encode(event).decode(), None)


def error(status: int, message: str, code: str, param: str | None = None, kind: str | None = None) -> Json:
    """`error`, as the specification has it on a WebSocket."""
    about = {"type": kind or "invalid_request_error", "code": code, "message": message, "param": param}
    return {"type": "error", "status": status, "error": about}


def _read(text: str) -> Fields:
    try:
        return _MESSAGE.decode(text)
    except UNREADABLE as problem:
        raise ClientError(400, f"The message is no JSON object: {problem}.") from problem
