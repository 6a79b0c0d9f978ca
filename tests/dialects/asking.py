"""Asking the gateway without a socket: what goes upstream, and what the client gets for what an upstream answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.settings.model import Settings

Json = dict[str, Any]
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
BASE = "http://argo.example"
JSON_TYPE = {"content-type": "application/json"}
SSE_TYPE = {"content-type": "text/event-stream"}

GPTS = ("gpt-5.4", "gpt-4.1")
CHATS = (*GPTS, "gemini-2.5-pro")
CLAUDES = ("claude-opus-4.6", "claude-opus-4.7", "claude-haiku-4.5")
MODELS = {MESSAGES: CHATS, CHAT: CLAUDES}
"""The models that each kind of client reaches by translation."""


def opened(path: str, body: object, headers: Json | None = None, **settings: Any) -> Reply | Exchange:
    """What the gateway makes of a request."""
    chosen = msgspec.structs.replace(Settings(user="jdoe").with_base_url(BASE), **settings)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    outcome = Gateway(chosen).open(ClientRequest("POST", path, headers or {}, raw))
    assert isinstance(outcome, Reply | Exchange)
    return outcome


def asked(path: str, body: object, headers: Json | None = None, **settings: Any) -> Exchange:
    """The call that a request becomes."""
    outcome = opened(path, body, headers, **settings)
    assert isinstance(outcome, Exchange), outcome
    return outcome


def sent(path: str, body: object, **settings: Any) -> tuple[Json, tuple[str, ...]]:
    """The body that goes upstream, and the paths of what was left out."""
    call = asked(path, body, **settings)
    return json.loads(call.upstream.body), call.dropped


def messages_sent(path: str, model: str, *messages: Json, **members: object) -> list[Json]:
    """The messages that go upstream."""
    found: list[Json] = sent(path, request(path, model, *messages, **members))[0]["messages"]
    return found


def refused(path: str, body: object) -> tuple[int, Json]:
    """The error that a request gets at once: its status and its body."""
    outcome = opened(path, body)
    assert isinstance(outcome, Reply), "it goes upstream"
    return outcome.status, json.loads(outcome.body)


def request(path: str, model: str, *messages: Json, **members: object) -> Json:
    """A request; of one short user message where none is given. Members that are None are left out."""
    body = {"model": model, "messages": list(messages) or [{"role": "user", "content": "hi"}], **members}
    if path == MESSAGES:
        body = {"max_tokens": 4000, **body}
    return {name: value for name, value in body.items() if value is not None}


def answered(path: str, body: Json, upstream: object, status: int = 200, headers: Json | None = None) -> Reply:
    """The client's answer: `upstream` is a JSON body, or the bytes of a stream, which come in pieces of 7."""
    call = asked(path, body)
    raw = upstream if isinstance(upstream, bytes) else json.dumps(upstream).encode()
    kind = SSE_TYPE if isinstance(upstream, bytes) and status == 200 else JSON_TYPE
    about = {**kind, **(headers or {})}
    if call.start_response(status, about) is None:
        return call.complete_response(status, about, raw)
    assert call.relay is not None
    made = b"".join(call.relay.feed(raw[start : start + 7]) for start in range(0, len(raw), 7)) + call.relay.close()
    if call.relay.refusal is not None:
        assert made == b""
        return call.fail(call.relay.refusal)
    return Reply(200, made)


def told(path: str, model: str, upstream: object, **members: object) -> Json:
    """The body of the client's plain answer."""
    reply = answered(path, request(path, model, **members), upstream)
    assert reply.status == 200, reply
    body: Json = json.loads(reply.body)
    return body


def streamed(path: str, model: str, upstream: object, **members: object) -> bytes:
    """The client's stream."""
    reply = answered(path, request(path, model, stream=True, **members), upstream)
    assert reply.status == 200, reply
    return reply.body


# What upstreams answer


def chat_sse(*chunks: object, done: bool = True) -> bytes:
    """A stream of chunks, or of deltas for them (a dict without `choices`)."""
    frames = [
        chunk if isinstance(chunk, str) else json.dumps(chunk if _is_chunk(chunk) else chunk_of(chunk))
        for chunk in chunks
    ]
    return "".join(f"data: {frame}\n\n" for frame in [*frames, *(["[DONE]"] if done else [])]).encode()


def _is_chunk(chunk: object) -> bool:
    return isinstance(chunk, dict) and bool({"choices", "error"} & chunk.keys())


def chunk_of(delta: object, finish: str | None = None, **others: object) -> Json:
    """A chunk with this delta."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt54"}
    return {**about, "choices": [choice], **others}


def finished(finish: str | None = "stop") -> Json:
    """The chunk with which a stream's answer ends."""
    return chunk_of({}, finish)


def usage_chunk(**usage: object) -> Json:
    """The chunk that tells the usage."""
    return {**chunk_of({}), "choices": [], "usage": usage}


def call_delta(index: int | None, identifier: str | None, name: str | None, arguments: str | None) -> Json:
    """A delta with a piece of a call; what is None is left out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    piece = {"index": index, "id": identifier, "type": None if identifier is None else "function"}
    return {"tool_calls": [{**{key: value for key, value in piece.items() if value is not None}, "function": function}]}


def chat_body(message: Json, finish: str | None = "stop", **others: object) -> Json:
    """A plain answer of Chat."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt54",
            "choices": [choice], **others}  # fmt: skip


def claude_sse(*blocks: Json, stop: str | None = "end_turn", usage: Json | None = None, **delta: object) -> bytes:
    """A stream of Claude's with these blocks."""
    return events_sse(*start_of(usage), *(event for number, block in enumerate(blocks) for event in of(number, block)),
                      {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None, **delta},
                       "usage": {"output_tokens": 7}}, {"type": "message_stop"})  # fmt: skip


def start_of(usage: Json | None = None) -> list[Json]:
    """How a stream of Claude's begins."""
    counts = usage or {"input_tokens": 3, "output_tokens": 1}
    about: Json = {"id": "msg_vrtx_1", "type": "message", "role": "assistant", "model": "claudeopus46", "content": []}
    message = {**about, "stop_reason": None, "stop_sequence": None, "usage": counts}
    return [{"type": "message_start", "message": message}]


def of(index: int, block: Json) -> Iterable[Json]:
    """The events of a block that is given whole."""
    begun, deltas = dict(block), []
    if "text" in block:
        begun["text"], deltas = "", [{"type": "text_delta", "text": block["text"]}]
    if "thinking" in block:
        begun |= {"thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": block["thinking"]}]
        deltas.append({"type": "signature_delta", "signature": block.get("signature", "")})
    if "input" in block:
        said = block["input"] if isinstance(block["input"], str) else json.dumps(block["input"])
        begun["input"], deltas = {}, [{"type": "input_json_delta", "partial_json": said}] if said else []
    yield {"type": "content_block_start", "index": index, "content_block": begun}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def events_sse(*events: Json) -> bytes:
    """Events of Claude's as a stream."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()
