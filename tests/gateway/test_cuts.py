"""What a stream becomes does not depend on how its bytes fall into reads: whole, event by event, byte by byte."""

from __future__ import annotations

import json

import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.settings.model import Settings

PATHS = {"openai_chat": "/v1/chat/completions", "anthropic": "/v1/messages"}
MODELS = {"openai_chat": "gpt-5.4", "anthropic": "claude-opus-4.6"}
WORDS: dict[str, list[str]] = {
    "an answer": ["Good", " morning", "."],
    "the notice": ["AUTHEN", "TICATION NOTICE FROM ARGO", " you are unknown"],
    "the notice behind a word": ["Well, ", "AUTHENTICATION NOTICE FROM ARGO", "."],
}
ENDS = {"well": "", "in an error": '{"error":{"type":"x","message":"broken"}}', "in garbage": "{oops"}


def events(upstream: str, words: list[str], end: str) -> list[bytes]:
    """A stream's events, the last of which is the end's."""
    if upstream == "openai_chat":
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in words)]
        told = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        made = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in told]
        finish = {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        good = [b"data: " + json.dumps(finish).encode() + b"\n\n", b"data: [DONE]\n\n"]
    else:
        usage = {"input_tokens": 1, "output_tokens": 1}
        about = {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": None}
        message: dict[str, object] = {**about, "content": [], "usage": usage}
        block = {"type": "text", "text": ""}
        made = [
            _claude("message_start", message=message),
            _claude("content_block_start", index=0, content_block=block),
            *(_claude("content_block_delta", index=0, delta={"type": "text_delta", "text": word}) for word in words),
        ]
        over = {"stop_reason": "end_turn", "stop_sequence": None}
        good = [
            _claude("content_block_stop", index=0),
            _claude("message_delta", delta=over, usage={"output_tokens": 2}),
            _claude("message_stop"),
        ]
    return made + ([f"data: {end}\n\n".encode()] if end else good)


def _claude(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def outcome(client: str, upstream: str, pieces: list[bytes], *, waits: bool) -> tuple[bytes, object]:
    """What the client gets of a stream, and the error that it is in place of one."""
    body = {"model": MODELS[upstream], "max_tokens": 99, "stream": True, "messages": [{"role": "user", "content": "x"}]}
    request = ClientRequest("POST", PATHS[client], {}, json.dumps(body).encode())
    call = Gateway(Settings(user="jdoe").with_base_url("http://argo.example")).open(request)
    assert isinstance(call, Exchange)
    assert call.start_response(200, {"content-type": "text/event-stream"}) is not None
    relay = call.relay
    assert relay is not None
    made = relay.keep_alive() if waits else b""
    for piece in pieces:
        made += relay.feed(piece)
    made += relay.close()
    return _without_ids(made), None if relay.refusal is None else (relay.refusal.status, relay.refusal.message)


def _without_ids(stream: bytes) -> bytes:
    """The stream without what is new each time: ids and the time."""
    lines = []
    for line in stream.splitlines():
        if line.startswith(b"data: {"):
            data = json.loads(line[6:])
            for holder in (data, data.get("message", {})):
                holder.pop("id", None)
                holder.pop("created", None)
            data.pop("request_id", None)
            line = b"data: " + json.dumps(data).encode()
        lines.append(line)
    return b"\n".join(lines)


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "after a sign of life"])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(("client", "upstream"), [(one, other) for one in PATHS for other in PATHS])
def test_a_stream_is_the_same_however_it_is_cut(client: str, upstream: str, words: str, end: str, waits: bool) -> None:
    frames = events(upstream, WORDS[words], ENDS[end])
    whole = b"".join(frames)
    by_byte = [whole[place : place + 1] for place in range(len(whole))]
    first = outcome(client, upstream, frames, waits=waits)
    assert outcome(client, upstream, [whole], waits=waits) == first
    assert outcome(client, upstream, by_byte, waits=waits) == first
    assert b"AUTHEN" not in first[0]
