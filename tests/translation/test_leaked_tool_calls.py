"""Calls that leaked into text as a Python repr (argo.md): found whole and in pieces, on every way; all else stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.dialects import UPSTREAM
from argo_addon.gateway.translate import Passthrough
from argo_addon.translation.leaked_tool_calls import LeakFinder
from tests.drawing import law
from tests.gateway.legacy.asking import CLIENTS, Client
from tests.running import proxy, settings_for
from tests.simulator.asking import Running, running

Json = dict[str, Any]
NAMES = frozenset({"bash", "read"})


def leaked(name: str = "bash", identifier: str = "toolu_vrtx_01AbC", **arguments: object) -> str:
    return repr({"id": identifier, "input": arguments, "name": name, "type": "tool_use"})


def found(text: str, size: int = 0) -> tuple[str, list[tuple[str, Json]]]:
    """What is left of a text that comes in pieces of this size, and the calls in it."""
    finder = LeakFinder(NAMES)
    step = size or max(1, len(text))
    left = "".join(finder.feed(text[start : start + step]) for start in range(0, len(text), step)) + finder.rest()
    return left, [(call.name, json.loads(call.arguments)) for call in finder.calls]


ARGUMENTS: list[Json] = [
    {},
    {"command": "ls"},
    {"command": "echo 'it''s' \"quoted\" {braces} }", "n": 3, "f": 1.5, "yes": True, "none": None},
    {"command": "line one\nline two\t\\n", "nested": {"list": [{"a": "}'"}, []]}, "ümlaut": "模拟 ✓"},
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("size", [0, 1, 2, 7])
def test_a_call_is_found_however_it_is_cut(arguments: Json, size: int) -> None:
    text = f"Let me look. {leaked(**arguments)} And then {leaked('read', 'toolu_2', **arguments)}."
    assert found(text, size) == ("Let me look.  And then .", [("bash", arguments), ("read", arguments)])


def test_line_ends_in_it_need_not_be_escaped() -> None:
    assert found(leaked(command="a\nb").replace("\\n", "\n")) == ("", [("bash", {"command": "a\nb"})])


TALK = [
    "A leaked call looks like {'id': 'toolu_vrtx_…', 'input': {…}, 'name': '…', 'type': 'tool_use'}.",
    "{'id': 'toolu_1', 'input': {'command': 'ls'}, 'name': 'bash', 'type': 'tool_use'",  # never closed
    leaked("rm_rf", command="ls"),  # no tool that is offered
    leaked(identifier="call_1", command="ls"),
    "{'id': 'toolu_1', 'input': {'command': 'ls'}, 'name': 'bash'}",
    "{'id': 'toolu_1', 'input': {'command': ls}, 'name': 'bash', 'type': 'tool_use'}",
    "{'id': 'toolu_1', 'input': {}, 'name': 'bash', 'type': 'tool_use', 'more': 1}",
    "{'id': 'toolu_1', 'input': {'n': " + "9" * 5000 + "}, 'name': 'bash', 'type': 'tool_use'}",
    "{'id': 'toolu_1', 'input': {'a': " + "[" * 4000 + "]" * 4000 + "}, 'name': 'bash', 'type': 'tool_use'}",
    '{"id": "toolu_1", "input": {}, "name": "bash", "type": "tool_use"}',
    "def f(): return {'id': {'a': {}}}; x = {}; {{{",
]


@pytest.mark.parametrize("text", TALK)
@pytest.mark.parametrize("size", [0, 1, 3])
def test_talk_of_such_a_thing_stays(text: str, size: int) -> None:
    assert found(text, size) == (text, [])


@law(100)
@given(
    st.lists(st.sampled_from([*TALK[:7], leaked(command="ls"), "{", "'", "word ", "{'id': 'toolu_"])), st.integers(1, 9)
)
def test_pieces_or_whole_is_the_same(parts: list[str], size: int) -> None:
    text = "".join(parts)
    assert found(text, size) == found(text)


def test_text_waits_only_where_a_call_may_begin() -> None:
    finder = LeakFinder(NAMES)
    assert finder.feed("Let me look. ") == "Let me look. "
    assert finder.feed("x = {'id': 'toolu_1', 'inp") == "x = "
    assert finder.feed("uts") == "{'id': 'toolu_1', 'inputs"
    assert finder.feed("{") == ""
    assert finder.feed('"a"') == '{"a"'


def test_what_never_ends_is_not_waited_for_for_ever() -> None:
    finder = LeakFinder(NAMES)
    text = "{'id': 'toolu_1', 'input': {'command': '" + "x" * 300_000
    given_out = "".join(finder.feed(text[start : start + 1000]) for start in range(0, len(text), 1000))
    assert len(given_out) > 200_000
    assert given_out + finder.rest() == text


# On ARGO's native endpoints


@pytest.fixture(scope="module")
def argo() -> Iterator[Running]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(argo: Running) -> Iterator[httpx.Client]:
    with (
        proxy(settings_for(argo.base_url)) as made,
        httpx.Client(base_url=made.url, timeout=20, trust_env=False) as client,
    ):
        yield client


def ask(gateway: httpx.Client, client: Client, *, stream: bool) -> Any:
    body = client.body("claude-opus-4.6", stream=stream, tools=True)
    answer = gateway.post(client.path("claude-opus-4.6", stream=stream), json=body)
    assert answer.status_code == 200, answer.text
    assert "argo-proxy-usage" not in answer.headers
    return client.streamed(answer.text) if stream else client.plain(answer.json())


each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
both_ways = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])


@each_client
@both_ways
@pytest.mark.parametrize("openai_layout", [False, True])
def test_on_the_native_path(
    argo: Running, gateway: httpx.Client, client: Client, stream: bool, openai_layout: bool
) -> None:
    argo.behave({"leak_tool_call": True, "openai_layout": openai_layout})
    told = ask(gateway, client, stream=stream)
    assert told.text == "Let me look. "
    ((name, arguments, identifier),) = told.calls
    assert (name, list(arguments)) == ("shell", ["command"])
    assert identifier
    assert told.finish == client.ends[1]


@each_client
@both_ways
def test_talk_stays_on_the_native_path(argo: Running, gateway: httpx.Client, client: Client, stream: bool) -> None:
    text = "if (a) { b } // " + TALK[0] + TALK[1]
    argo.behave({"text": text})
    told = ask(gateway, client, stream=stream)
    assert (told.text, told.calls, told.finish) == (text, [], client.ends[0])


def sse(*events: Json) -> bytes:
    return b"".join(
        b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json.dumps(event).encode()) for event in events
    )


def message(*texts: str) -> bytes:
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in texts
    ]
    return sse(
        {"type": "message_start", "message": {"id": "m", "usage": {}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *deltas,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    )


def passed(stream: bytes, size: int) -> bytes:
    dialect = UPSTREAM["anthropic"]
    mender = dialect.stream_repairer(NAMES)
    relay = Passthrough(dialect.observer(1), lambda error: dialect.error_frame(error, "r"), "jdoe", mender=mender)
    pieces = (stream[start : start + size] for start in range(0, len(stream), size))
    return b"".join(map(relay.feed, pieces)) + relay.close()


@pytest.mark.parametrize("text", TALK)
def test_within_a_dialect_bytes_without_a_call_stay(text: str) -> None:
    stream = message("Look: ", *(text[start : start + 5] for start in range(0, len(text), 5)), "end")
    assert passed(stream, 61) == stream


def test_within_a_dialect_only_the_frames_of_a_call_change() -> None:
    text = leaked(command="ls")
    came = message("Look: ", "now ", text[:30], text[30:] + " Done", ".")
    told = CLIENTS["messages"].streamed(_with_usage(passed(came, 7)).decode())
    assert told.text == "Look: now  Done."
    assert told.calls == [("bash", {"command": "ls"}, "toolu_vrtx_01AbC")]
    assert told.finish == "tool_use"


def _with_usage(stream: bytes) -> bytes:
    return stream.replace(b'"usage": {}', b'"usage": {"input_tokens": 1}')


def test_a_stream_that_breaks_off_gives_out_what_was_held() -> None:
    stream = message("Look: ", leaked(command="ls")[:40])
    cut = stream[: stream.index(b"event: content_block_stop")]
    out = passed(cut, 50)
    assert out.startswith(cut)
    assert b"event: error" in out[len(cut) :]
