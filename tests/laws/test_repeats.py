"""A law of deltas that differ in their text: told from the last one or read anew, the client hears the same."""

from __future__ import annotations

import functools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest
from argo_addon.translation.relay import Relay
from argo_addon.translation.repeats import Repeats
from tests.drawing import law

from .making import Name
from .making_talks import Json
from .making_wire import cuts
from .ways import MODELS, STREAM, gateway

TOOL: Json = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
FUNCTION: Json = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
SAID: list[Json] = [{"role": "user", "content": "Hi"}]
CLIENTS: dict[str, tuple[str, Json]] = {
    "anthropic": ("/v1/messages", {"messages": SAID, "max_tokens": 9, "tools": [TOOL]}),
    "openai_chat": ("/v1/chat/completions", {"messages": SAID}),
    "openai_chat, tools": ("/v1/chat/completions", {"messages": SAID, "tools": [FUNCTION]}),
    "openai_responses": ("/v1/responses", {"input": "Hi"}),
    "google": ("/v1beta/models/{}:streamGenerateContent?alt=sse", {"contents": [{"parts": [{"text": "Hi"}]}]}),
    "google, thoughts": (
        "/v1beta/models/{}:streamGenerateContent",
        {
            "contents": [{"parts": [{"text": "Hi"}]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 2000}},
        },
    ),
    "completions": ("/v1/completions", {"prompt": "Hi"}),
    "ollama": ("/api/chat", {"messages": SAID}),
}
_ODD_TEXTS = (
    "a",
    "b",
    "",
    "é",
    "\n",
    '"',
    "\\",
    "{",
    "<",
    "�",
    "😀",
    "0",
    "text",
    "content",
    "delta",
    "index",
    "x" * 399,
)
_TELLING_TEXTS = (
    "argo",
    "Authentication",
    " notice from ",
    '{"type":"tool_use",',
    '"name": "f", "input": {}}',
    "word " * 30,
)
TEXTS = st.sampled_from([*_ODD_TEXTS, *_TELLING_TEXTS]) | st.text(max_size=4)


@functools.cache
def call_of(client: str, upstream: Name, force: bool) -> Exchange:
    """A call for a stream."""
    path, body = CLIENTS[client]
    model = MODELS[upstream]
    request = {"model": model, "stream": True, **body}
    made = gateway(force).open(ClientRequest("POST", path.format(model), {}, json.dumps(request).encode()))
    assert isinstance(made, Exchange), made
    return made


def relay_of(client: str, upstream: Name, force: bool) -> Relay:
    """A fresh relay; all of a call make the same of the same."""
    call = call_of(client, upstream, force)
    assert call.start_response(200, STREAM) is not None
    assert call.relay is not None
    return call.relay


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[str, list[str]]]:
    """What an answer says: now a text, now a thought or a call, each in some pieces."""
    kinds = st.sampled_from(["text", "text", "thought", "call", "refusal"])
    return draw(st.lists(st.tuples(kinds, st.lists(TEXTS, min_size=1, max_size=8)), min_size=1, max_size=4))


def chunk(delta: Json, finish: str | None = None) -> Json:
    """A chunk of Chat Completions."""
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
    }


def chat_events(said: list[tuple[str, list[str]]]) -> list[Json]:
    """An answer as chunks."""
    events = [chunk({"role": "assistant", "content": ""})]
    for number, (kind, texts) in enumerate(said):
        if kind == "call":
            call: Json = {"index": number, "id": f"call_{number}", "type": "function"}
            events.append(chunk({"tool_calls": [{**call, "function": {"name": "f", "arguments": ""}}]}))
        for text in texts:
            match kind:
                case "call":
                    events.append(chunk({"tool_calls": [{"index": number, "function": {"arguments": text}}]}))
                case "thought":
                    events.append(chunk({"reasoning_content": text}))
                case "refusal":
                    events.append(chunk({"refusal": text}))
                case _:
                    events.append(chunk({"content": text}))
    return [*events, chunk({}, "stop")]


_DELTAS = {"text": ("text_delta", "text"), "thought": ("thinking_delta", "thinking")}


def message_events(said: list[tuple[str, list[str]]]) -> list[Json]:
    """An answer as events of the Messages API."""
    message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    usage = {"input_tokens": 1, "output_tokens": 1}
    events: list[Json] = [{"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}}]
    for index, (kind, texts) in enumerate(said):
        block: Json = {"type": "text", "text": ""}
        if kind == "thought":
            block = {"type": "thinking", "thinking": "", "signature": ""}
        elif kind == "call":
            block = {"type": "tool_use", "id": f"toolu_{index}", "name": "f", "input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        name, member = ("input_json_delta", "partial_json") if kind == "call" else _DELTAS.get(kind, _DELTAS["text"])
        for text in texts:
            events.append({"type": "content_block_delta", "index": index, "delta": {"type": name, member: text}})
        events.append({"type": "content_block_stop", "index": index})
    ended: Json = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}
    return [*events, ended, {"type": "message_stop"}]


@st.composite
def streams(draw: st.DrawFn, upstream: Name) -> bytes:
    """A stream, as regular as streams are, or with something odd in a few of its events."""
    said = draw(runs())
    events = chat_events(said) if upstream == "openai_chat" else message_events(said)
    escaped, spaced = draw(st.booleans()), draw(st.booleans())
    written = []
    for event in events:
        data = json.dumps(event, ensure_ascii=escaped, separators=None if spaced else (",", ":"))
        name = f"event: {event['type']}\n" if upstream == "anthropic" else ""
        written.append(f"{name}data: {data}\n\n".encode())
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(written) - 1))
        written[place] = draw(st.sampled_from(ODD))(written[place])
    return b"".join(written) + (b"data: [DONE]\n\n" if upstream == "openai_chat" else b"")


ODD = [
    lambda frame: b": ping\n\n" + frame,
    lambda frame: frame + frame,
    lambda frame: frame.replace(b"\n", b"\r\n"),
    lambda frame: frame.replace(b'"index":0', b'"index":1'),
    lambda frame: frame.replace(b'"index":', b'"odd":"a","index":'),
    lambda frame: frame.replace(b'"a"', b'"\\u0061"'),
    lambda frame: frame.replace(b'"a"', b'"\\q"'),
    lambda frame: frame.replace(b'"a"', b'"\xff"'),
    lambda frame: frame.replace(b'"a"', b'"a","text":"b","content":"b"'),
    lambda frame: frame.replace(b'"id":"chatcmpl-1"', b'"id":"a"'),
    lambda frame: frame.replace(b"chatcmpl-1", b"chatcmpl-2"),
    lambda frame: frame.replace(b'"finish_reason":null', b'"finish_reason":"stop"'),
    lambda frame: frame.replace(b"text_delta", b"thinking_delta"),
    lambda frame: frame.replace(b"\n\n", b"\n"),
]


def heard(relay: Relay, pieces: list[bytes]) -> tuple[object, ...]:
    """What a client gets of a stream, its JSON read, and how it ends."""
    out = _CHANCE.sub(b"0", b"".join(map(relay.feed, pieces)) + relay.close())
    told = [_read(line) for line in out.splitlines()]
    return told, relay.complete, str(relay.error), str(relay.refusal)


_CHANCE = re.compile(rb'(?<=req_)[0-9a-f]{24}|(?<="completed_at":)\d+')


def _read(line: bytes) -> object:
    data = line.removeprefix(b"data: ").lstrip(b"[").rstrip(b",]")  # Google's may be a list in pieces
    try:
        return json.loads(data)
    except ValueError:
        return line


@pytest.mark.parametrize("upstream", ["openai_chat", "anthropic"])
@pytest.mark.parametrize("client", CLIENTS)
@law(25)
@given(data=st.data())
def test_law_9_what_is_told_from_the_last_delta_is_what_is_read_anew(
    client: str, upstream: Name, data: st.DataObject
) -> None:
    """For every client and upstream, whatever a stream says and however it is cut; bytes that pass stay bytes."""
    stream = data.draw(streams(upstream))
    force = data.draw(st.booleans())
    pieces = data.draw(cuts(stream))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Repeats, "learn", lambda self, frame, text: None)
        anew = heard(relay_of(client, upstream, force), pieces)
    assert heard(relay_of(client, upstream, force), pieces) == anew


@pytest.mark.parametrize("upstream", ["openai_chat", "anthropic"])
@pytest.mark.parametrize("client", CLIENTS)
def test_most_deltas_of_an_answer_are_told_from_the_last(
    client: str, upstream: Name, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are read, the others not."""
    learned: list[str] = []
    learn = Repeats.learn

    def noted(self: Repeats, frame: bytes, text: str) -> None:
        learned.append(text)
        learn(self, frame, text)

    monkeypatch.setattr(Repeats, "learn", noted)
    words = [f"word {number} " for number in range(100)]
    events = chat_events([("text", words)]) if upstream == "openai_chat" else message_events([("text", words)])
    relay = relay_of(client, upstream, False)
    out = b"".join(relay.feed(f"data: {json.dumps(event)}\n\n".encode()) for event in events)
    assert b"word 99 " in out
    assert len(learned) <= 6
