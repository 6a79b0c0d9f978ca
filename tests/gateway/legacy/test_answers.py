"""Odd answers of the legacy gateway: read as well as they can be, and told properly in the client's dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argo_addon.gateway.exchange import Exchange
from tests.dialects.asking import CHAT, Json, asked
from tests.gateway.legacy.asking import CLIENTS, Client, Told

JSON_TYPE = {"content-type": "application/json"}
TEXT_TYPE = {"content-type": "text/plain; charset=utf-8"}
each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


def call(client: Client, model: str = "claude-opus-4.6", *, stream: bool = False, tools: bool = True) -> Exchange:
    path = client.path(model, stream=stream)
    return asked(path, client.body(model, stream=stream, tools=tools), use_legacy_argo=True)


def told(client: Client, response: object, model: str = "claude-opus-4.6") -> Told:
    """What a client is told for an answer of chat: the same streamed and not."""
    body = json.dumps({"response": response}).encode()
    plain = call(client, model).complete_response(200, JSON_TYPE, body)
    assert plain.status == 200, plain.body
    streamed = call(client, model, stream=True).complete_response(200, JSON_TYPE, body)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    read, again = client.plain(json.loads(plain.body)), client.streamed(streamed.body.decode())
    assert [one[:2] for one in read.calls] == [one[:2] for one in again.calls]
    assert (read.text, read.finish, read.usage) == (again.text, again.finish, again.usage)
    return read


def use(identifier: str | None = "toolu_1", **arguments: object) -> Json:
    return {"id": identifier, "input": arguments, "name": "shell", "type": "tool_use"}


OPENAI = {"id": "call_1", "type": "function", "function": {"name": "shell", "arguments": '{"command": "ls"}'}}
ONE_CALL: dict[str, Any] = {
    "in both places": {
        "content": [{"type": "text", "text": "Look."}, use(command="ls")],
        "tool_calls": [use(command="ls")],
    },
    "in the content alone": {"content": [{"type": "text", "text": "Look."}, use(command="ls")], "tool_calls": []},
    "among the calls alone": {"content": "Look.", "tool_calls": [use(command="ls")]},
    "content of texts": {"content": ["Lo", {"text": "ok."}], "tool_calls": [use(command="ls")]},
    "bare blocks": [{"type": "text", "text": "Look."}, use(command="ls")],
    "openai": {"content": "Look.", "tool_calls": [OPENAI]},
    "gemini": {"content": "Look.", "tool_calls": [{"id": None, "args": {"command": "ls"}, "name": "shell"}]},
    "arguments as an object": {
        "content": "Look.",
        "tool_calls": [{"id": 5, "function": {"name": "shell", "arguments": {"command": "ls"}}}, 3, None],
    },
    "input as text": {"content": "Look.", "tool_calls": [{**use(), "input": '{"command": "ls"}'}]},
    "leaked": {"content": f"Look.{use(command='ls')!r}", "tool_calls": None},
    "leaked, and told": {"content": f"Look.{use(command='ls')!r}", "tool_calls": [use(command="ls")]},
    "leaked, no more": f"Look.{use(command='ls')!r}",
}


@each_client
@pytest.mark.parametrize("response", ONE_CALL.values(), ids=ONE_CALL)
def test_a_call_comes_once_in_whatever_layout(client: Client, response: object) -> None:
    read = told(client, response)
    assert read.text == "Look."
    assert [call[:2] for call in read.calls] == [("shell", {"command": "ls"})]
    assert read.finish == client.ends[1]


@pytest.mark.parametrize("client", [CLIENTS[name] for name in ("chat", "responses", "messages")])
def test_calls_without_an_id_get_one_each(client: Client) -> None:
    read = told(client, {"content": None, "tool_calls": [{"id": None, "args": {}, "name": "shell"}] * 2})
    ids = {one for _, _, one in read.calls}
    assert (len(ids), "" in ids) == (2, False)


@each_client
def test_words_alone(client: Client) -> None:
    for response in ("Hello.", {"content": "Hello.", "tool_calls": []}, {"content": "Hello."}, {"content": ["Hello."]}):
        read = told(client, response)
        assert (read.text, read.calls, read.finish) == ("Hello.", [], client.ends[0])


@each_client
def test_arguments_that_are_no_json_go_as_the_dialect_can(client: Client) -> None:
    function = {"name": "shell", "arguments": '{"command": '}
    body = {"response": {"content": "", "tool_calls": [{"id": "c", "type": "function", "function": function}]}}
    reply = call(client, "gpt-4.1").complete_response(200, JSON_TYPE, json.dumps(body).encode())
    assert reply.status == 200
    assert b"shell" in reply.body


BAD: list[tuple[int, bytes, str, int, str]] = [
    (200, b'{"response": null}', "application/json", 502, "without an answer"),
    (200, b"{}", "application/json", 502, "without an answer"),
    (200, b"[]", "application/json", 502, "no answer"),
    (200, b'{"response": "x', "application/json", 502, "no answer"),
    (200, b"", "application/json", 502, "no answer"),
    (200, b'{"error": {"message": "boom", "code": 503}}', "application/json", 503, "boom"),
    (200, b"<html><title>Log in</title></html>", "text/html", 502, "Log in"),
    (302, b"", "text/html", 502, "302"),
    (
        400,
        b"{\"error\":{\"message\":\"Error code: 400 - {'error': {'message': 'inner'}}\"}}",
        "application/json",
        400,
        "inner",
    ),
    (500, b'{"detail": "went wrong"}', "application/json", 500, "went wrong"),
    (503, b"<title>Busy</title>", "text/html", 503, "Busy"),
    (
        400,
        b'{"error":{"message":"prompt is too long: 300000 tokens > 200000 maximum"}}',
        "application/json",
        400,
        "200000",
    ),
]


@each_client
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("status", "body", "kind", "shown", "words"), BAD)
def test_bad_answers_are_errors_in_the_clients_form(
    client: Client, stream: bool, status: int, body: bytes, kind: str, shown: int, words: str
) -> None:
    for tools in (False, True):
        made = call(client, stream=stream, tools=tools)
        assert made.start_response(status, {"content-type": kind}) is None
        reply = made.complete_response(status, {"content-type": kind}, body)
        error = json.loads(reply.body)["error"]
        assert (reply.status, words in error["message"]) == (shown, True), error


# Streams


def relayed(client: Client, *pieces: bytes, early: bool = False, ended: bool = True) -> tuple[Exchange, bytes]:
    """What a client gets for a stream in these pieces."""
    made = call(client, "gpt-4.1", stream=True, tools=False)
    if early:
        made.start_early()
    assert made.start_response(200, TEXT_TYPE) is not None
    assert made.relay is not None
    out = made.relay.keep_alive() if early else b""
    out += b"".join(map(made.relay.feed, pieces))
    return made, out + (made.relay.close() if ended else b"")


@each_client
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_characters_may_be_cut(client: Client, size: int) -> None:
    text = "Naïve ✓ 模拟 🙂 {'id': 'toolu_ is just text here\n"
    raw = text.encode()
    _, out = relayed(client, *(raw[start : start + size] for start in range(0, len(raw), size)))
    read = client.streamed(out.decode())
    assert (read.text, read.finish) == (text, client.ends[0])
    assert min(read.usage) > 0


@each_client
@pytest.mark.parametrize("kind", ["", "application/octet-stream", "text/event-stream"])
def test_whatever_the_stream_is_called(client: Client, kind: str) -> None:
    made = call(client, "gpt-4.1", stream=True, tools=False)
    assert made.start_response(200, {"content-type": kind} if kind else {}) is not None
    assert made.relay is not None
    out = made.relay.feed(b"Hello.") + made.relay.close()
    assert client.streamed(out.decode()).text == "Hello."


@each_client
def test_words_go_out_as_they_come(client: Client) -> None:
    _, out = relayed(client, b"Here is ", b"the answer", ended=False)
    assert b"Here is " in out
    assert b"the answer" in out


@each_client
@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([b"Hello there, ", b"\xff\xfe"], "cannot be read"),
        ([b"Hello there, ", "✓".encode()[:2]], "middle of a character"),
    ],
)
def test_what_is_no_text_ends_in_an_error_event(client: Client, pieces: list[bytes], words: str) -> None:
    made, out = relayed(client, *pieces)
    assert b"Hello there, " in out
    assert words in out.decode()
    assert made.relay is not None
    assert (made.relay.complete, made.relay.error is not None) == (False, True)


@each_client
def test_a_stream_without_a_word_is_an_error(client: Client) -> None:
    made, out = relayed(client)
    assert made.relay is not None
    assert (out, made.relay.refusal is not None) == (b"", True)
    made, out = relayed(client, early=True)
    assert b"without a word" in out


@each_client
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_the_notice_is_never_shown(client: Client, size: int) -> None:
    raw = b"*** AUTHENTICATION NOTICE FROM ARGO *** The user name 'jdoe' is not registered."
    made, out = relayed(client, *(raw[start : start + size] for start in range(0, len(raw), size)))
    assert made.relay is not None
    assert made.relay.refusal is not None
    assert (out, made.relay.refusal.status, made.fail(made.relay.refusal).status) == (b"", 403, 403)


@each_client
def test_behind_an_early_head_all_goes_into_the_stream(client: Client) -> None:
    _, out = relayed(client, b"Hello.", early=True)
    assert client.streamed(out.decode()).text == "Hello."
    body = json.dumps({"response": {"content": "Look.", "tool_calls": [use(command="ls")]}}).encode()
    for answer, words in ((body, b"Look."), (b'{"error": {"message": "boom"}}', b"boom")):
        made = call(client, stream=True)
        assert made.start_early()["content-type"].startswith("text/event-stream")
        assert made.relay is not None
        sign = made.relay.keep_alive()
        assert made.start_response(200, JSON_TYPE) is None
        assert words in sign + made.finish_stream(200, JSON_TYPE, answer)


def test_a_compressed_stream_is_read_whole() -> None:
    made = call(CLIENTS["chat"], "gpt-4.1", stream=True, tools=False)
    head = {**TEXT_TYPE, "content-encoding": "gzip"}
    assert made.start_response(200, head) is None
    assert CLIENTS["chat"].streamed(made.complete_response(200, head, b"Hello.").body.decode()).text == "Hello."


def test_a_name_that_was_changed_comes_back() -> None:
    tool = {
        "type": "function",
        "function": {"name": "mcp.files/read", "parameters": {"type": "object", "properties": {}}},
    }
    body = {"model": "claude-opus-4.6", "messages": [{"role": "user", "content": "x"}], "tools": [tool]}
    made = asked(CHAT, body, use_legacy_argo=True)
    sent: Json = json.loads(made.upstream.body)
    name = sent["tools"][0]["name"]
    assert name != "mcp.files/read"
    for content, calls in (("", [{**use(), "name": name}]), (repr({**use(), "name": name}), [])):
        answer = json.dumps({"response": {"content": content, "tool_calls": calls}}).encode()
        read = CLIENTS["chat"].plain(json.loads(made.complete_response(200, JSON_TYPE, answer).body))
        assert read.calls == [("mcp.files/read", {}, "toolu_1")]
