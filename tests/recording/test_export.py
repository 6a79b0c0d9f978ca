"""What leaves the machine, and fixtures for tests."""

from __future__ import annotations

import asyncio
import io
import json
import string
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.flow import Error
from mitmproxy.io import FlowReader

from argo_addon.recording.export import crossed_body, exported, fixture
from argo_addon.recording.recorded_exchange import RecordedExchange, of_file
from argo_addon.recording.replay import request_of
from argo_addon.settings.model import Settings
from daemon.replaying import send

from .making import file_of, flow_of

KEY = "sk-ant-planted-0123456789abcdef"
SECRETS = (
    *(KEY, "AIzaPlanted0123456789012345678901", "planted-cookie-value", "planted-password"),
    "ghp_planted0123456789012345",
)
BODY: Any = {
    "model": "claude-opus-4-6", "max_tokens": 99, "user": "jdoe", "api_key": KEY,
    "messages": [{"role": "user", "content": f"My password is: {SECRETS[4]} and Bearer {SECRETS[1]}"}],
}  # fmt: skip
HEADERS = {"x-api-key": KEY, "authorization": f"Bearer {KEY}", "cookie": f"a={SECRETS[2]}", "x-echo": f"key={KEY}"}


def recorded(tmp_path: Path) -> list[RecordedExchange]:
    """A recording of stock mitmproxy, which blanks nothing."""
    flow = flow_of(f"https://u:{SECRETS[3]}@api.example.com/v1/messages?key={SECRETS[1]}&beta=true", BODY,
                   {"error": {"message": f"bad key {KEY}"}}, headers=HEADERS, status=401)  # fmt: skip
    assert flow.response is not None
    flow.response.headers["set-cookie"] = f"s={SECRETS[2]}"
    flow.comment = f"with {KEY}"
    return of_file(file_of(tmp_path / "stock.flow", flow))


@pytest.mark.parametrize("form", ["flow", "har", "curl"])
def test_no_credential_leaves_in_any_form(tmp_path: Path, form: Any) -> None:
    data = exported(recorded(tmp_path), form)
    for secret in SECRETS:
        assert secret.encode() not in data, secret
    assert b"jdoe" not in data or form == "curl"
    assert b"10.1.2.3" not in data
    assert b"My password is" in data


def test_an_exported_flow_is_read_by_mitmproxy_and_replayed(tmp_path: Path) -> None:
    [flow] = FlowReader(io.BytesIO(exported(recorded(tmp_path), "flow"))).stream()
    assert isinstance(flow, http.HTTPFlow)
    assert flow.request.headers["x-api-key"] == "[removed]"
    path = tmp_path / "out.flow"
    path.write_bytes(exported(recorded(tmp_path), "flow"))
    [answer] = asyncio.run(send([request_of(of_file(path)[0].client)], Settings(user="demo", argo_base_url="demo")))
    assert answer.meta.status == 200


WORDS = ("Alice", "Chicago", "1234", "confidential")


def chat_stream(text: str, *arguments: str) -> bytes:
    deltas: list[Any] = [{"content": text}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in arguments]
    events = [json.dumps({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    return "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()


STREAMS = {
    "chat": chat_stream("Alice in", '{"ci', 'ty":"Chicago \\u00e9\\n","no":1234,"t":tr', "ue}"),
    "messages": b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
    b'{"type":"text_delta","text":"Alice, confidential"}}\n\n',
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_a_crossed_out_stream_keeps_its_form_and_no_word(stream: bytes) -> None:
    lines = crossed_body(stream)
    crossed = "\n".join(lines)
    assert not any(word in crossed for word in WORDS)
    assert len(lines) == len(stream.decode().split("\n"))
    for line, before in zip(lines, stream.decode().split("\n"), strict=True):
        assert line.split(":")[0] == before.split(":")[0]
        if line.startswith("data: {"):
            assert shape(json.loads(line[6:])) == shape(json.loads(before[6:]))


def test_crossed_out_arguments_are_still_json() -> None:
    pieces = [json.loads(line[6:]) for line in crossed_body(STREAMS["chat"]) if line.startswith("data: {")]
    arguments = "".join(
        piece["choices"][0]["delta"].get("tool_calls", [{"function": {"arguments": ""}}])[0]["function"]["arguments"]
        for piece in pieces
    )
    assert list(shape(json.loads(arguments)).values()) == [10, "int", "bool"]
    assert json.loads(arguments)["x"] is True


def shape(value: Any) -> Any:
    """A JSON value without its words: the length of texts, the kinds of all else."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return len(value) if isinstance(value, str) else type(value).__name__


FREE: Any = {
    "code": "my secret code", "summary": "Jane", "name": "Jane Doe", "error": "in Chicago", "required": ["Alice"],
    "other": "Привет мир, 秘密, Müller, bluebell nurse \uff14\uff12",
}  # fmt: skip


@pytest.mark.parametrize("block", [
    {"type": "tool_use", "id": "toolu_1", "name": "f", "input": FREE},
    {"type": "function", "id": "call_1", "function": {"name": "f", "arguments": json.dumps(FREE)}},
    {"functionCall": {"name": "f", "args": FREE}},
    {"type": "text", "text": json.dumps(FREE, ensure_ascii=False)},
])  # fmt: skip
def test_whatever_a_persons_members_are_called_their_words_go(block: Any) -> None:
    crossed = json.dumps(crossed_body(json.dumps({"content": [block]}).encode()), ensure_ascii=False)
    for word in (
        "secret",
        "Jane",
        "Doe",
        "Chicago",
        "Alice",
        "Привет",
        "秘密",
        "ller",
        "bluebell",
        "nurse",
        "\uff14\uff12",
    ):
        assert word not in crossed, (word, crossed)
    if "type" in block:
        assert block["type"] in crossed
    if "name" in block:
        assert '"f"' in crossed


def test_an_export_has_nothing_of_the_user_but_what_was_said(tmp_path: Path) -> None:
    upstream = flow_of("https://argo.example/v1/messages",
                       {"model": "claudeopus46", "messages": [], "metadata": {"user_id": "jdoe"}},
                       {"error": {"message": "user jdoe may not"}}, status=403)  # fmt: skip
    client = flow_of("http://127.0.0.1/v1/messages", {"model": "x"}, {"error": {"message": "user jdoe may not"}})
    client.request.headers["x-forwarded-for"] = "192.168.77.5"
    upstream.server_conn.sockname = ("192.168.77.5", 4)
    client.error = Error("jdoe, with sk-ant-planted-0123456789abcdef")
    told = {"exchange": "e", "number": 1, "tool": "t", "client": "anthropic", "status": 403, "total_ms": 1}
    metadata = {**told, "outcome": "jdoe may not"}
    client.metadata["argo-proxy"] = {**metadata, "side": "client", "try": 0}
    upstream.metadata["argo-proxy"] = {**metadata, "side": "upstream", "try": 1}
    client.comment = upstream.comment = "#1 jdoe may not"
    found = of_file(file_of(tmp_path / "a.flow", client, upstream))
    for form in ("flow", "har", "curl"):
        data = exported(found, form)
        for word in (b"jdoe", b"192.168.77.5", b"planted"):
            assert word not in data, (form, word)


def test_a_fixture_has_no_word_that_was_said_and_all_of_the_form(tmp_path: Path) -> None:
    body = {
        "model": "claude-opus-4-6", "max_tokens": 99, "system": "Be kind to Alice",
        "tools": [{"name": "get_weather", "description": "For Alice", "input_schema": {
            "type": "object", "properties": {"city": {"type": "string", "enum": ["a", "b"]}}, "required": ["city"]}}],
        "messages": [{"role": "user", "content": "Alice lives in Chicago, 1234 Main Street"}],
    }  # fmt: skip
    [one] = of_file(
        file_of(tmp_path / "a.flow", flow_of("https://api.anthropic.com/v1/messages", body, {"content": []}))
    )
    made = json.loads(fixture(one))
    sent = made["client"]["body"]
    assert not any(word in json.dumps(made) for word in WORDS)
    assert sent["tools"][0]["name"] == "get_weather"
    assert sent["tools"][0]["input_schema"] == body["tools"][0]["input_schema"]  # type: ignore[index]
    assert (sent["model"], sent["max_tokens"], sent["messages"][0]["role"]) == ("claude-opus-4-6", 99, "user")
    said = sent["messages"][0]["content"]
    assert set(said) <= {"x", "X", "0", " ", ","}
    assert len(said) == len("Alice lives in Chicago, 1234 Main Street")
    assert not set(string.ascii_letters) - {"x", "X"} & set(sent["system"])
