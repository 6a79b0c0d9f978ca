"""ARGO's endpoints: identity, rules, the model's turn, and what goes wrong when it is told to."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import tornado.iostream
import tornado.web

from . import agent, anthropic_answer, anthropic_check, chat_answer, chat_check
from .behaviour import NONE, Behaviour
from .identity import NOTICE, user_of
from .log import Received
from .refusal import ANTHROPIC_KINDS, Refused, body_of, wrapped

if TYPE_CHECKING:
    from .server import Simulator

Frames = Iterable[bytes]
_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
)
_FOREVER = 3600.0


class _Model(msgspec.Struct):
    model: object = None


_MODEL = msgspec.json.Decoder(_Model)


class Endpoint(tornado.web.RequestHandler):
    """What the endpoints share: the log, the behaviours, refusals, and sending streams and bodies."""

    def initialize(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.behaviour: Behaviour = NONE
        self.refusal: str | None = None

    async def post(self, *arguments: str) -> None:
        text = self.request.body.decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in self.request.headers.get_all()}
        received = Received(self.request.method or "", self.request.path, headers, text)
        self.simulator.received.append(received)
        self.behaviour = self.simulator.behaviours.take(self.request.path, self._model(), text)
        try:
            await self._misbehave_or(headers)
        except Refused as refused:
            received.refusal = None if self.behaviour.status else refused.message
            self._refuse(refused)
        except tornado.iostream.StreamClosedError:
            pass
        received.status = self.get_status()

    def _model(self) -> str:
        try:
            return str(_MODEL.decode(self.request.body).model)
        except msgspec.MsgspecError:
            return ""

    async def _misbehave_or(self, headers: dict[str, str]) -> None:
        told = self.behaviour
        if told.delay or told.hang:
            await asyncio.sleep(_FOREVER if told.hang else told.delay)
        if told.garbage in ("html", "json"):
            self._garbage(told.garbage, told.status)
            return
        if told.status is not None:
            raise Refused(f"The simulator was told to answer {told.status}", told.status)
        if told.refuse_stream_required:
            raise Refused(
                "Streaming is required for operations that may take longer than 10 minutes (streaming is required)", 500
            )
        await self.answer(headers)

    async def answer(self, headers: dict[str, str]) -> None:
        """The endpoint's own answer. Raises Refused."""
        raise NotImplementedError

    def _refuse(self, refused: Refused) -> None:
        self.set_status(refused.status)
        for name, value in self.behaviour.headers.items():
            self.set_header(name, value)
        self.set_header("content-type", "application/json")
        self.finish(body_of(self.request.path, refused))

    def _garbage(self, kind: str, status: int | None) -> None:
        self.set_status(status or 200)
        self.set_header("content-type", "text/html" if kind == "html" else "application/json")
        self.finish(_PAGE if kind == "html" else b'{"id": "msg_1", "cont')

    def turn_for(self, ask: agent.Ask, user: str) -> agent.Turn:
        """The model's turn, or what the behaviour has it say."""
        told = self.behaviour
        if told.notice or (self.simulator.users is not None and user not in self.simulator.users):
            return agent.Turn(text=NOTICE.format(user=user))
        if told.leak_tool_call:
            call = {"id": "toolu_vrtx_01", "input": {"path": "a.txt"}, "name": "read", "type": "tool_use"}
            return agent.Turn(text=f"I will read it. {call!r}")
        turn = agent.answer(msgspec.structs.replace(ask, thinks=ask.thinks or told.think))
        if told.text is not None or told.tool_calls is not None:
            calls = [(call.name, json.dumps(call.arguments, ensure_ascii=False)) for call in told.tool_calls or []]
            turn = agent.Turn(thought=turn.thought, text=told.text or "", calls=calls, stop="calls" if calls else "end")
        return msgspec.structs.replace(turn, stop=told.stop) if told.stop else turn

    async def send_body(self, body: dict[str, Any]) -> None:
        """A plain answer."""
        if self.behaviour.error_in_200:
            body = wrapped(self.request.path, Refused("The simulator was told to fail"))
        self.set_header("content-type", "application/json")
        written = json.dumps(body, ensure_ascii=False).encode()
        if self.behaviour.cut_after is None:
            await self.finish(written)
            return
        self.set_header("content-length", str(len(written)))
        self.write(written[: len(written) // 2])
        await self.flush()
        self._abort()

    async def send_stream(self, frames: Frames, error_frame: Callable[[str, str], bytes], last: bytes = b"") -> None:
        """A streamed answer, an event for each write, at the simulator's pace."""
        told = self.behaviour
        self.set_header("content-type", "text/event-stream; charset=utf-8")
        self.set_header("cache-control", "no-cache")
        if told.garbage == "bytes":
            await self.finish(random.Random(7).randbytes(500))
            return
        await self.flush()
        await asyncio.sleep(told.first_delay)
        if told.error_in_200:
            frames = [error_frame("api_error", "The simulator was told to fail")]
        for number, frame in enumerate([*frames, *([last] if last else [])]):
            if number == told.end_after:
                break
            if number == told.cut_after:
                await self._cut(frame)
                return
            if told.garbage == "sse" and number == told.after:
                frame = b'data: {"type": "content_block_delta", "choices": [{"del\n\n'
            if told.stream_error is not None and number == told.stream_error.after:
                self.write(error_frame(told.stream_error.type, told.stream_error.message))
                break
            self.write(frame)
            await self.flush()
            await asyncio.sleep(self.simulator.pace)
        await self.finish()

    async def _cut(self, frame: bytes) -> None:
        if self.behaviour.cut_mid_event:
            self.write(frame[: len(frame) // 2])
            await self.flush()
        self._abort()

    def _abort(self) -> None:
        """Ends the connection as a crash would."""
        connection = self.request.connection
        assert connection is not None
        stream = getattr(connection, "stream", None)
        if stream is not None:
            stream.close()


class MessagesEndpoint(Endpoint):
    """POST /v1/messages."""

    async def answer(self, headers: dict[str, str]) -> None:
        user = user_of(headers, self.request.body, anthropic=True)
        request, facts = anthropic_check.check(self.request.body, headers)
        turn = self.turn_for(anthropic_answer.ask_of(request, facts), user)
        usage = anthropic_answer.usage_of(request, self.request.body, self.simulator.prefixes)
        if self.behaviour.openai_layout and not request.stream:
            message = {"role": "assistant", "content": turn.text}
            await self.send_body(
                {"id": "chatcmpl-1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            )
        elif request.stream:
            frames = map(anthropic_answer.frame, anthropic_answer.events_of(request, turn, usage))
            await self.send_stream(frames, self._error_frame)
        else:
            await self.send_body(anthropic_answer.message_of(request, turn, usage))

    def _error_frame(self, kind: str, message: str) -> bytes:
        status = next((status for status, name in ANTHROPIC_KINDS.items() if name == kind), 500)
        return anthropic_answer.frame(wrapped(self.request.path, Refused(message, status, kind=kind)))


class ChatEndpoint(Endpoint):
    """POST /v1/chat/completions."""

    async def answer(self, headers: dict[str, str]) -> None:
        user = user_of(headers, self.request.body, anthropic=False)
        request, facts = chat_check.check(self.request.body, headers)
        turn = self.turn_for(chat_answer.ask_of(request, facts), user)
        usage = chat_answer.usage_of(request, turn, self.request.body, self.simulator.prefixes)
        if request.stream:
            frames = map(chat_answer.frame, chat_answer.chunks_of(request, turn, usage))
            await self.send_stream(frames, self._error_frame, last=b"data: [DONE]\n\n")
        else:
            await self.send_body(chat_answer.completion_of(request, turn, usage))

    def _error_frame(self, kind: str, message: str) -> bytes:
        status = next((status for status, name in ANTHROPIC_KINDS.items() if name == kind), 500)
        return chat_answer.frame(wrapped(self.request.path, Refused(message, status, kind=kind)))
