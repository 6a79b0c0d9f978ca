"""Whatever comes in, from either side, ends in an answer: nothing raises, and only whole events are given out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.gateway.translate import Passthrough
from argo_addon.settings.model import Settings
from argo_addon.sse import Splitter, data_of
from tests.drawing import law

scalars = st.none() | st.booleans() | st.integers(-5, 99999) | st.floats(allow_nan=False) | st.text(max_size=6)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "role",
    "content",
    "type",
    "text",
    "tool_calls",
    "tool_call_id",
    "id",
    "function",
    "name",
    "description",
    "parameters",
    "input_schema",
    "$ref",
    "allOf",
    "oneOf",
    "const",
    "properties",
    "effort",
    "budget_tokens",
    "user_id",
    "tool_use_id",
    "arguments",
    "reasoning_content",
]
WORDS = [
    "user",
    "assistant",
    "system",
    "developer",
    "tool",
    "enabled",
    "adaptive",
    "text",
    "x" * 1100,
    "#",
    "#/a",
    "low",
    "max",
]
worded = scalars | st.sampled_from(WORDS)
knotty = st.recursive(
    worded,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)
TOP = [
    "messages",
    "tools",
    "system",
    "thinking",
    "output_config",
    "metadata",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "reasoning_effort",
    "user",
    "stream",
    "timeout",
    "tool_choice",
    "stop",
]
objects = st.lists(st.dictionaries(st.sampled_from(NAMES), knotty, max_size=5), max_size=4)
functions = st.lists(st.fixed_dictionaries({"function": st.dictionaries(st.sampled_from(NAMES), knotty, max_size=4)}))
bodies = st.builds(
    lambda loose, likely: {**loose, **likely},
    st.dictionaries(st.sampled_from(TOP), knotty | anything, max_size=6),
    st.fixed_dictionaries({}, optional={"messages": objects, "tools": objects | functions}),
)
models = st.sampled_from(
    ["gpt-5.4", "gpt-4o", "gemini-2.5-pro", "claude-opus-4.6", "claude-haiku-4.5", "claude-opus-4.7", "o3"]
)
paths = st.sampled_from(["/v1/chat/completions", "/v1/messages"])


@law(600)
@given(paths, models, bodies)
def test_any_json_body_gives_an_exchange_or_an_error_that_is_the_callers(
    path: str, model: str, body: dict[str, Any]
) -> None:
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    outcome = gateway.open(ClientRequest("POST", path, {}, json.dumps({"model": model, **body}).encode()))
    if isinstance(outcome, Exchange):
        assert json.loads(outcome.upstream.body)["user"] == "jdoe"
    else:
        assert isinstance(outcome, Reply)
        assert outcome.status in (400, 501), outcome
        assert json.loads(outcome.body)["error"]["message"]


@law(300)
@given(st.sampled_from(["GET", "POST", "HEAD", "PUT", "X"]), st.text(max_size=40), st.binary(max_size=40))
def test_any_target_gives_a_reply(method: str, path: str, body: bytes) -> None:
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    outcome = gateway.open(ClientRequest(method, "/" + path, {}, body))
    assert isinstance(outcome, Reply)


FIELDS = [
    "choices",
    "delta",
    "content",
    "tool_calls",
    "finish_reason",
    "error",
    "message",
    "type",
    "index",
    "usage",
    "content_block",
    "text",
    "partial_json",
    "citation",
]
KINDS = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
    "ping",
    "text_delta",
    "stop",
]
said = st.recursive(
    scalars | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
pieces = st.lists(
    st.binary(max_size=20)
    | st.binary(max_size=9).map(lambda raw: b'data: {"type":"' + raw + b'"}\n\n')
    | said.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n"),
    max_size=6,
)


@law(600)
@given(st.sampled_from(["openai_chat", "anthropic"]), pieces)
def test_any_stream_is_relayed_in_whole_events_and_ends(dialect: str, stream: list[bytes]) -> None:
    spoken = UPSTREAM[dialect]
    renamer = spoken.renamer({"user-agent": "claude-cli/2"}, "opus")
    relay = Passthrough(spoken.observer(1), lambda error: spoken.error_frame(error, "req_1"), "jdoe", renamer)
    out = b"".join(map(relay.feed, stream)) + relay.close()
    assert relay.finished
    assert (relay.refusal is not None and out == b"") or relay.complete or b"error" in out
    if relay.complete and relay.error is None and b"message_start" not in out:
        whole = b"".join(stream)
        assert whole.startswith(out.rstrip())
        behind = map(data_of, Splitter().feed(whole[len(out.rstrip()) :].lstrip()))
        first = next((data for data in behind if data is not None), b"")
        assert not _is_event(first), "nothing is lost but what is no event, behind the end"
    for frame in Splitter().feed(out):
        assert (data := data_of(frame)) is None or data == b"[DONE]" or isinstance(json.loads(data), dict)


def _is_event(data: bytes) -> bool:
    try:
        return data == b"[DONE]" or isinstance(json.loads(data), dict)
    except ValueError:
        return False


@law(400)
@given(
    paths,
    st.booleans(),
    st.sampled_from([200, 400, 500, 302]),
    st.sampled_from(["application/json", "text/event-stream", "text/html", ""]),
    st.binary(max_size=30) | said.map(lambda value: json.dumps(value).encode()) | pieces.map(b"".join),
)
def test_any_answer_gives_a_reply(path: str, streams: bool, status: int, kind: str, body: bytes) -> None:
    gateway = Gateway(Settings(user="jdoe").with_base_url("http://argo.example"))
    model = "gpt-5.4" if "chat" in path else "claude-opus-4.6"
    asked = json.dumps({"model": model, "stream": streams, "messages": []}).encode()
    exchange = gateway.open(ClientRequest("POST", path, {"user-agent": "claude-cli/2"}, asked))
    assert isinstance(exchange, Exchange)
    reply = exchange.complete_response(status, {"content-type": kind}, body)
    assert 200 <= reply.status < 600
    if reply.status != 200:
        assert json.loads(reply.body)["error"]["message"]
