"""The shapes of answers: what the vendors send, event for event."""

from __future__ import annotations

import base64
import json
import socket
import struct
import time
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
import pytest

from tests.simulator.asking import (
    CHAT,
    EMBEDDINGS,
    LEGACY,
    MESSAGES,
    SHELL,
    Json,
    Running,
    assistant,
    chat,
    chat_tool,
    claude,
    claude_tool,
    events,
    folded,
    running,
    user,
)

NO_ARGUMENTS: Json = {"type": "object", "properties": {}}


def test_a_message(argo: Running) -> None:
    answer = argo.post(MESSAGES, claude())
    assert answer.headers["content-type"] == "application/json"
    message = answer.json()
    assert message["id"].startswith("msg_vrtx_")
    assert (message["type"], message["role"], message["model"]) == ("message", "assistant", "claude-opus-4-6")
    assert (message["stop_reason"], message["stop_sequence"]) == ("end_turn", None)
    counts = {"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"}
    assert counts <= message["usage"].keys()


def test_a_streamed_message(argo: Running) -> None:
    tools = [claude_tool("Ask", NO_ARGUMENTS), claude_tool()]
    thinking = {"type": "enabled", "budget_tokens": 1024}
    answer = argo.post(MESSAGES, claude(tools=tools, thinking=thinking, stream=True))
    frames = answer.text.split("\n\n")
    assert frames.pop() == ""
    for frame in frames:
        name, data = frame.split("\n")
        assert name == f"event: {json.loads(data[6:])['type']}"
    seen = events(answer)
    kinds = [event["type"] for event in seen]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert kinds.count("message_delta") == kinds.count("ping") == 1
    start, end = seen[0]["message"], seen[-2]
    assert (start["content"], start["stop_reason"], start["usage"]["output_tokens"]) == ([], None, 1)
    assert end["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    assert end["usage"]["output_tokens"] > 50
    assert end["usage"]["input_tokens"] == start["usage"]["input_tokens"]
    blocks = folded(answer)
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use", "tool_use"]
    assert blocks[2]["input"] == ""  # one empty delta, as Anthropic's for a call without arguments
    deltas = [event["delta"]["type"] for event in seen if event["type"] == "content_block_delta"]
    assert deltas[deltas.index("text_delta") - 1] == "signature_delta"


def test_arguments_are_cut_within_escapes_and_text_within_words(argo: Running) -> None:
    asked = [user('Run `echo "é"` and `echo 例`.')]
    answer = argo.post(MESSAGES, claude(tools=[claude_tool()], messages=asked, stream=True))
    deltas = [event["delta"] for event in events(answer) if event["type"] == "content_block_delta"]
    pieces = [delta["partial_json"] for delta in deltas if "partial_json" in delta]
    assert any(piece.endswith(("\\", "\\u", "\\u0", "\\u00", "\\u00e")) for piece in pieces)
    assert "\\u00e9" in "".join(pieces)
    assert "例" in "".join(pieces)
    texts = [delta["text"] for delta in deltas if "text" in delta]
    assert any(not text.endswith(" ") and not after.startswith(" ") for text, after in pairwise(texts))


def test_a_completion(argo: Running) -> None:
    answer = argo.post(CHAT, chat("gpt54", tools=[chat_tool()])).json()
    assert answer["id"].startswith("chatcmpl-")
    assert (answer["object"], answer["model"]) == ("chat.completion", "gpt-5.4-2026-03-05")
    (choice,) = answer["choices"]
    assert (choice["index"], choice["finish_reason"], choice["message"]["role"]) == (0, "tool_calls", "assistant")
    ids = [call["id"] for call in choice["message"]["tool_calls"]]
    assert len(set(ids)) == 2
    assert all(name.startswith("call_") and len(name) <= 40 for name in ids)


@pytest.mark.parametrize("with_usage", [False, True])
def test_a_streamed_completion(argo: Running, with_usage: bool) -> None:
    options = {"include_usage": True} if with_usage else None
    answer = argo.post(CHAT, chat("gpt54", tools=[chat_tool()], stream=True, stream_options=options))
    assert answer.text.endswith("data: [DONE]\n\n")
    assert "event:" not in answer.text
    seen = events(answer)
    assert len({(event["id"], event["created"], event["model"], event["object"]) for event in seen}) == 1
    assert seen[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    if with_usage:
        last = seen.pop()
        assert last["choices"] == []
        assert last["usage"]["total_tokens"] == last["usage"]["prompt_tokens"] + last["usage"]["completion_tokens"]
        assert all(event["usage"] is None for event in seen)
    else:
        assert all("usage" not in event for event in seen)
    assert [event["choices"][0]["finish_reason"] for event in seen] == [None] * (len(seen) - 1) + ["tool_calls"]
    assert seen[-1]["choices"][0]["delta"] == {}


def test_several_choices(argo: Running) -> None:
    plain = argo.post(CHAT, chat(n=3)).json()
    assert [choice["index"] for choice in plain["choices"]] == [0, 1, 2]
    streamed = events(argo.post(CHAT, chat(n=2, stream=True)))
    ends = [choice for event in streamed for choice in event["choices"] if choice["finish_reason"]]
    assert [(choice["index"], choice["finish_reason"]) for choice in ends] == [(0, "stop"), (1, "stop")]


def test_one_write_for_each_event_at_its_pace() -> None:
    with running(pace=0.02) as argo, argo.client.stream(
        "POST", argo.base_url + CHAT, json=chat(stream=True), headers={"authorization": "Bearer jdoe"}
    ) as answer:  # fmt: skip
        start = time.monotonic()
        chunks = list(answer.iter_raw())
        assert answer.headers["transfer-encoding"] == "chunked"
        assert len(chunks) == b"".join(chunks).count(b"\n\n")
        assert time.monotonic() - start >= 0.02 * (len(chunks) - 2)


def test_the_model_list(argo: Running) -> None:
    rows = argo.client.get(f"{argo.base_url}/v1/models").json()["data"]
    assert {"id": "Claude Opus 4.6", "internal_id": "claudeopus46"}.items() <= rows[23].items()
    assert {"object", "created", "owned_by"} <= rows[0].keys()
    assert len(rows) == 30
    assert not any("embedding" in row["id"] for row in rows)


def test_embeddings(argo: Running) -> None:
    asked = {"model": "v3small", "user": "jdoe", "input": ["a", "b"]}
    answer = argo.post(EMBEDDINGS, asked).json()
    first, second = [row["embedding"] for row in answer["data"]]
    assert len(first) == 1536
    assert first != second
    assert sum(value * value for value in first) == pytest.approx(1)
    assert answer["usage"]["total_tokens"] == 2
    packed = argo.post(EMBEDDINGS, {**asked, "input": "a", "encoding_format": "base64", "dimensions": 4}).json()
    assert len(struct.unpack("<4f", base64.b64decode(packed["data"][0]["embedding"]))) == 4
    assert len(argo.post(EMBEDDINGS, {**asked, "input": [1, 2, 3], "model": "v3large"}).json()["data"]) == 1


LEGACY_TOOL = {"name": "Bash", "input_schema": SHELL}
OTHER_TOOL = {"name": "Bash", "parameters": SHELL}


def legacy(model: str, **more: object) -> Json:
    return {"user": "jdoe", "model": model, "messages": [user("Run `ls`.")], "max_tokens": 500, **more}


def test_legacy_chat(argo: Running) -> None:
    said = argo.post(f"{LEGACY}/chat/", {"user": "jdoe", "model": "gpt41", "system": "x", "prompt": ["Hello"]}).json()
    assert said["response"].startswith("This is gpt41")
    gpt = argo.post(f"{LEGACY}/chat/", legacy("gpt41", tools=[chat_tool()])).json()["response"]
    assert gpt["tool_calls"][0]["type"] == "function"
    assert json.loads(gpt["tool_calls"][0]["function"]["arguments"])["command"] == "ls"
    claude_said = argo.post(f"{LEGACY}/chat/", legacy("claudeopus46", tools=[LEGACY_TOOL])).json()["response"]
    assert [block["type"] for block in claude_said["content"]] == ["text", "tool_use"]
    assert claude_said["tool_calls"][0]["input"]["command"] == "ls"
    gemini = argo.post(f"{LEGACY}/chat/", legacy("gemini25pro", tools=[OTHER_TOOL])).json()["response"]
    assert (gemini["tool_calls"][0]["id"], gemini["tool_calls"][0]["args"]["command"]) == (None, "ls")


def test_legacy_results(argo: Running) -> None:
    results = {"role": "tool", "tool_call_id": "c", "content": "done"}
    body = legacy("gpt41", messages=[user("x"), assistant(None), results])
    assert argo.post(f"{LEGACY}/chat/", body).json()["response"] == "Results:\n- done"


def test_legacy_stream_is_bare_text_cut_within_characters(argo: Running) -> None:
    with argo.client.stream("POST", f"{argo.base_url}{LEGACY}/streamchat/", json=legacy("gpt41")) as answer:
        chunks = list(answer.iter_raw())
    assert b"".join(chunks).decode().startswith("This is gpt41")
    assert any(b"\x80" <= chunk[:1] < b"\xc0" for chunk in chunks)


def test_legacy_embeddings(argo: Running) -> None:
    answer = argo.post(f"{LEGACY}/embed/", {"user": "jdoe", "model": "ada002", "prompt": ["a", "b"]}).json()
    assert [len(vector) for vector in answer["embedding"]] == [1536, 1536]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (legacy("gpt41", stream=True), 400),
        (legacy("gpt99"), 404),
        (legacy("gpt41", prompt=["x"]), 400),
        (legacy("claudeopus46", max_tokens=None), 400),
        (legacy("claudeopus47", temperature=1), 400),
        (legacy("gpt54", top_p=1), 400),
        (legacy("gpt41", tools=[{}]), 400),
    ],
)
def test_legacy_refuses(argo: Running, body: Json, status: int) -> None:
    assert argo.post(f"{LEGACY}/chat/", body).status_code == status


def test_a_large_body(argo: Running) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 120_000_000}"}}
    answer = argo.post(CHAT, chat(messages=[user([picture])]))
    assert answer.status_code == 200
    assert answer.json()["usage"]["prompt_tokens"] < 2000
    argo.control("DELETE", "log")


def test_a_half_sent_request_does_no_harm(argo: Running) -> None:
    address = urlsplit(argo.base_url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(b"POST /argoapi/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
    assert argo.post(CHAT, chat()).status_code == 200


def test_lone_surrogates_do_not_break_answers(argo: Running) -> None:
    raw = json.dumps(chat(messages=[user("X\ud83d")])).encode()
    answer: httpx.Response = argo.post(CHAT, raw)
    assert "X?" in answer.json()["choices"][0]["message"]["content"]
