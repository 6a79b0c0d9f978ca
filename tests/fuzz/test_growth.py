"""What takes bytes from outside takes no longer than their size: twice as much is twice the work.

Two measures, each of 1, 2 and 4 times as much. The lines of Python that are run are counted, exactly; what the C
beneath them does (regular expressions, copies of growing bytes) is seen in CPU time, of which only the square would
fail: four times as much takes sixteen times as long then, and ten is the limit.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest
from argo_addon.proxy.bodies import ChunkedBody
from argo_addon.proxy.request_reader import RequestReader
from argo_addon.sse import Splitter

from .seeds import SCHEMA
from .targets import GATEWAYS, HI, STREAM, TEXT, config, flow_file

Work = Callable[[], object]
Growing = Callable[[int], Work]
"""The work for so much of something."""

IMAGE = "data:image/png;base64,aaaa"


# Requests: a body for so many of something, in each dialect


def chat_call(number: int) -> dict[str, Any]:
    return {"id": f"c{number}", "type": "function", "function": {"name": "t", "arguments": "{}"}}


def chat(kind: str, n: int) -> dict[str, Any]:
    match kind:
        case "messages":
            return {"messages": [TEXT, {"role": "assistant", "content": "x"}] * n}
        case "calls":
            results = [{"role": "tool", "tool_call_id": f"c{number}", "content": "x"} for number in range(n)]
            calls = {"role": "assistant", "content": None, "tool_calls": [chat_call(number) for number in range(n)]}
            return {"messages": [TEXT, calls, *results]}
        case "orphans":
            return {"messages": [TEXT, *({"role": "tool", "tool_call_id": f"c{i}", "content": "x"} for i in range(n))]}
        case "parts":
            part = {"type": "image_url", "image_url": {"url": IMAGE}}
            return {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, part] * n}]}
        case "tools":
            tools = [{"type": "function", "function": {"name": f"t.{i}", "parameters": SCHEMA}} for i in range(n)]
            return {"messages": [TEXT], "tools": tools}
        case "schema":
            schema = {"type": "object", "properties": {f"p{i}": SCHEMA for i in range(n)}}
            tool = {"type": "function", "function": {"name": "t", "parameters": schema}}
            return {"messages": [TEXT], "tools": [tool]}
        case "text":
            return {"messages": [{"role": "user", "content": 'a"\\\ud800' * 20 * n}]}
    return {"messages": [TEXT], **{f"unknown_{i}": i for i in range(n)}}


def responses(kind: str, n: int) -> dict[str, Any]:
    call = [{"type": "function_call", "call_id": f"c{i}", "name": "t", "arguments": "{}"} for i in range(n)]
    results = [{"type": "function_call_output", "call_id": f"c{i}", "output": "x"} for i in range(n)]
    match kind:
        case "messages":
            return {"input": [TEXT, {"role": "assistant", "content": "x"}] * n}
        case "calls":
            return {"input": [TEXT, *call, *results]}
        case "orphans":
            return {"input": [TEXT, *results]}
        case "parts":
            parts = [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": IMAGE}]
            return {"input": [{"role": "user", "content": parts * n}]}
        case "tools":
            tools = [{"type": "function", "name": f"t.{i}", "parameters": SCHEMA} for i in range(n)]
            return {"input": "hi", "tools": tools}
        case "schema":
            schema = {"type": "object", "properties": {f"p{i}": SCHEMA for i in range(n)}}
            return {"input": "hi", "tools": [{"type": "function", "name": "t", "parameters": schema}]}
        case "text":
            return {"input": 'a"\\\ud800' * 20 * n}
    return {"input": "hi", **{f"unknown_{i}": i for i in range(n)}}


def anthropic(kind: str, n: int) -> dict[str, Any]:
    uses = [{"type": "tool_use", "id": f"c{i}", "name": "t", "input": {}} for i in range(n)]
    results = [{"type": "tool_result", "tool_use_id": f"c{i}", "content": "x"} for i in range(n)]
    asked: dict[str, Any] = {"max_tokens": 9, "messages": [TEXT]}
    match kind:
        case "messages":
            asked["messages"] = [TEXT, {"role": "assistant", "content": "x"}] * n
        case "calls":
            asked["messages"] = [TEXT, {"role": "assistant", "content": uses}, {"role": "user", "content": results}]
        case "orphans":
            asked["messages"] = [{"role": "user", "content": results}]
        case "parts":
            image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aaaa"}}
            asked["messages"] = [{"role": "user", "content": [{"type": "text", "text": "a"}, image] * n}]
        case "tools":
            asked["tools"] = [{"name": f"t.{i}", "input_schema": SCHEMA} for i in range(n)]
        case "schema":
            schema = {"type": "object", "properties": {f"p{i}": SCHEMA for i in range(n)}}
            asked["tools"] = [{"name": "t", "input_schema": schema}]
        case "text":
            asked["messages"] = [{"role": "user", "content": 'a"\\\ud800' * 20 * n}]
        case _:
            asked |= {f"unknown_{i}": i for i in range(n)}
    return asked


def google(kind: str, n: int) -> dict[str, Any]:
    says = {"role": "user", "parts": [{"text": "hi"}]}
    calls = [{"functionCall": {"id": f"c{i}", "name": "t", "args": {}}} for i in range(n)]
    results = [{"functionResponse": {"id": f"c{i}", "name": "t", "response": {}}} for i in range(n)]
    match kind:
        case "messages":
            return {"contents": [says, {"role": "model", "parts": [{"text": "x"}]}] * n}
        case "calls":
            return {"contents": [says, {"role": "model", "parts": calls}, {"role": "user", "parts": results}]}
        case "orphans":
            return {"contents": [{"role": "user", "parts": results}]}
        case "parts":
            image = {"inlineData": {"mimeType": "image/png", "data": "aaaa"}}
            return {"contents": [{"role": "user", "parts": [{"text": "a"}, image] * n}]}
        case "tools":
            declared = [{"name": f"t.{i}", "parameters": SCHEMA} for i in range(n)]
            return {"contents": [says], "tools": [{"functionDeclarations": declared}]}
        case "schema":
            schema = {"type": "object", "properties": {f"p{i}": SCHEMA for i in range(n)}}
            return {"contents": [says], "tools": [{"functionDeclarations": [{"name": "t", "parameters": schema}]}]}
        case "text":
            return {"contents": [{"role": "user", "parts": [{"text": 'a"\\\ud800' * 20 * n}]}]}
    return {"contents": [says], **{f"unknown{i}": i for i in range(n)}}


BODIES = dict(zip(HI, (chat, responses, anthropic, google), strict=False))
STREAMS = ("words", "reasoning", "arguments", "calls")
KINDS = ("messages", "calls", "orphans", "parts", "tools", "schema", "text", "unknown")


def opens(path: str, model: str, gateway: int, kind: str) -> Growing:
    def growing(n: int) -> Work:
        body = json.dumps({"model": model, **BODIES[path](kind, n)}).encode()
        request = ClientRequest("POST", path.format(model, "generateContent"), {}, body)
        return lambda: GATEWAYS[gateway].open(request)

    return growing


# Streams: events of ARGO for so many of something


def chat_events(kind: str, n: int) -> bytes:
    def event(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return b"data: " + json.dumps({"id": "a", "choices": [choice]}).encode() + b"\n\n"

    def called(index: int, arguments: str) -> dict[str, Any]:
        function = {"name": "t", "arguments": arguments}
        return {"tool_calls": [{"index": index, "id": f"c{index}", "type": "function", "function": function}]}

    def more(arguments: str) -> dict[str, Any]:
        return {"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]}

    begin = event({"role": "assistant", "content": "" if kind != "reasoning" else None})
    deltas: list[dict[str, Any]]
    match kind:
        case "words":
            deltas = [{"content": "word "}] * n
        case "reasoning":
            deltas = [{"reasoning_content": "thought "}] * n
        case "arguments":
            deltas = [called(0, '{"a":"'), *(more("aaaa") for _ in range(n)), more('"}')]
        case _:
            deltas = [called(number, "{}") for number in range(n)]
    return begin + b"".join(map(event, deltas)) + event({}, "stop") + b"data: [DONE]\n\n"


def claude_events(kind: str, n: int) -> bytes:
    def event(name: str, **more: object) -> bytes:
        return f"event: {name}\n".encode() + b"data: " + json.dumps({"type": name, **more}).encode() + b"\n\n"

    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m",
               "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip

    def block(index: int, begin: dict[str, Any], deltas: list[dict[str, Any]]) -> bytes:
        pieces = b"".join(event("content_block_delta", index=index, delta=delta) for delta in deltas)
        start = event("content_block_start", index=index, content_block=begin)
        return start + pieces + event("content_block_stop", index=index)

    used = {"type": "tool_use", "id": "c", "name": "t", "input": {}}
    match kind:
        case "words":
            said = block(0, {"type": "text", "text": ""}, [{"type": "text_delta", "text": "word "}] * n)
        case "reasoning":
            thought = {"type": "thinking_delta", "thinking": "thought "}
            said = block(0, {"type": "thinking", "thinking": "", "signature": ""}, [thought] * n)
        case "arguments":
            pieces = ['{"a":"', *(["aaaa"] * n), '"}']
            said = block(0, used, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces])
        case _:
            said = b"".join(block(number, {**used, "id": f"c{number}"}, []) for number in range(n))
    end = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}) + event("message_stop")
    return event("message_start", message=message) + said + end


def relays(path: str, model: str, gateway: int, kind: str) -> Growing:
    events = claude_events if model.startswith("claude") else chat_events

    def growing(n: int) -> Work:
        data = events(kind, n)
        target = path.format(model, "streamGenerateContent?alt=sse")
        body = json.dumps({"model": model, "stream": True, **HI[path]}).encode()

        def work() -> None:
            call = GATEWAYS[gateway].open(ClientRequest("POST", target, {}, body))
            assert isinstance(call, Exchange)
            call.start_response(200, STREAM)
            assert call.relay is not None
            for start in range(0, len(data), 200):
                call.relay.feed(data[start : start + 200])
            call.relay.close()
            assert call.relay.error is None

        return work

    return growing


# What has no dialect


def long_event(n: int) -> Work:
    """One event that comes in small pieces, its blank line last."""
    piece = b"data: " + b"a" * 60 + b"\n"

    def work() -> None:
        frames = Splitter()
        for _ in range(20 * n):
            frames.feed(piece)
        assert len(frames.feed(b"\n")) == 1

    return work


def trickled_head(n: int) -> Work:
    head = b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y: yy " * n + b"y\r\n\r\n"

    def work() -> None:
        reader = RequestReader(10**8, 10**8)
        for byte in head:
            reader.feed(bytes((byte,)))
            reader.read_head()
        assert reader.head is not None

    return work


def headers(n: int) -> Work:
    head = (
        b"GET / HTTP/1.1\r\nhost: a\r\n"
        + b"".join(b"x-%d: %b\r\n" % (number, b"y " * n + b"y") for number in range(60))
        + b"\r\n"
    )

    def work() -> None:
        reader = RequestReader(10**8, 10**8)
        reader.feed(head)
        assert reader.read_head() is not None

    return work


def small_chunks(n: int) -> Work:
    """A body in chunks of a byte each, all received at once; behind them a chunk's head that never ends."""
    data = b"1\r\na\r\n" * 10 * n

    def work() -> None:
        body = ChunkedBody()
        assert body.feed(data) == b"a" * 10 * n
        for _ in range(n):
            body.feed(b"0")

    return work


def unknown_keys(n: int) -> Work:
    data = b"user: jdoe\n" + b"".join(b"key_%d: 1\n" % number for number in range(n))
    return lambda: config(data)


def records(n: int) -> Work:
    return lambda: flow_file(b"2:{}}" * n + b"9")


PLAIN: dict[str, Growing] = {
    "one long event": long_event,
    "a head that trickles in": trickled_head,
    "headers": headers,
    "small chunks": small_chunks,
    "unknown keys": unknown_keys,
    "records": records,
}
WAYS = [("gpt-5.4", 0), ("claude-opus-4.6", 0), ("gemini-2.5-pro", 0), ("claude-opus-4.6", 1), ("gpt-5.4", 2)]
"""Models, and the gateways of targets.py: one as it is, one that converts all, one before the legacy gateway."""


def lines_of(work: Work) -> int:
    """How many lines of Python a piece of work runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def seconds_of(work: Work) -> float:
    """The CPU time of a piece of work, the best of three."""
    found = []
    for _ in range(3):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def excess_lines(growing: Growing, size: int) -> str | None:
    """What is wrong with how the lines that are run grow."""
    growing(3)()  # what is done once is done by now
    one, two, four = (lines_of(growing(size * times)) for times in (1, 2, 4))
    return f"{one}, {two}, {four} lines" if four > 4.4 * one + 400 else None


def excess_time(growing: Growing, size: int) -> str | None:
    """What is wrong with how the CPU time grows; the size is made larger until it can be measured."""
    while seconds_of(growing(size)) < 0.003 and size < 800:
        size *= 2
    one, four = seconds_of(growing(size)), seconds_of(growing(4 * size))
    return f"{size}: {one:.4f}, {four:.4f} s" if four > 10 * one + 0.02 else None


def excesses(growing: dict[str, Growing], excess: Callable[[Growing, int], str | None], size: int) -> dict[str, str]:
    """What is wrong with each kind."""
    return {kind: why for kind, one in growing.items() if (why := excess(one, size)) is not None}


@pytest.mark.parametrize(("model", "gateway"), WAYS)
@pytest.mark.parametrize("path", BODIES)
def test_the_lines_that_a_request_runs(path: str, model: str, gateway: int) -> None:
    kinds = {kind: opens(path, model, gateway, kind) for kind in KINDS}
    assert excesses(kinds, excess_lines, 25) == {}


@pytest.mark.parametrize("path", BODIES)
def test_the_time_that_a_request_takes(path: str) -> None:
    kinds = {
        f"{kind}, {model}": opens(path, model, 1, kind) for kind in KINDS for model in ("gpt-5.4", "claude-opus-4.6")
    }
    assert excesses(kinds, excess_time, 100) == {}


@pytest.mark.parametrize(("model", "gateway"), WAYS[:4])
@pytest.mark.parametrize("path", BODIES)
def test_the_lines_that_a_stream_runs(path: str, model: str, gateway: int) -> None:
    kinds = {kind: relays(path, model, gateway, kind) for kind in STREAMS}
    assert excesses(kinds, excess_lines, 12) == {}


@pytest.mark.parametrize("path", BODIES)
def test_the_time_that_a_stream_takes(path: str) -> None:
    kinds = {
        f"{kind}, {model}": relays(path, model, 1, kind) for kind in STREAMS for model in ("gpt-5.4", "claude-opus-4.6")
    }
    assert excesses(kinds, excess_time, 100) == {}


@pytest.mark.parametrize("excess", [excess_lines, excess_time], ids=["lines", "time"])
def test_readers(excess: Callable[[Growing, int], str | None]) -> None:
    assert excesses(PLAIN, excess, 20) == {}
