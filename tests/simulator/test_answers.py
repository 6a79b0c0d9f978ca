"""What the simulator answers: the shapes on the wire, an agent's turn, and misbehaviour when told to."""

from __future__ import annotations

import base64
import json
import signal
import struct
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest

from .conftest import TOOL, USER, Argo, events_of
from .test_refusals import ON, answer_to, call, said, text

RUN = {"role": "user", "content": "Run `echo one` and `echo two`, then tell me."}
CLAUDE_TOOLS = [{"name": "Bash", "input_schema": TOOL}, {"name": "look", "input_schema": TOOL}]
CHAT_TOOLS = [{"type": "function", "function": {"name": name, "parameters": TOOL}} for name in ("look", "bash")]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events if event["type"] != "ping"]


def joined(events: list[dict[str, Any]], member: str) -> str:
    return "".join(event.get("delta", {}).get(member, "") for event in events)


# Shapes


def test_a_message_streams_as_the_messages_api_does(argo: Argo) -> None:
    answer = argo.messages(stream=True)
    events = events_of(answer)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")] == [e["type"] for e in events]
    assert kinds(events)[:2] == ["message_start", "content_block_start"]
    assert kinds(events)[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    start = events[0]["message"]
    assert start["id"].startswith("msg_vrtx_")
    assert start["usage"].keys() >= {
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    }
    assert events[-2]["delta"]["stop_reason"] == "end_turn"
    assert "Hello there" in joined(events, "text")


def test_the_stream_says_what_the_plain_answer_says(argo: Argo) -> None:
    plain = argo.messages(thinking=ON, tools=CLAUDE_TOOLS, messages=[RUN]).json()
    events = events_of(argo.messages(thinking=ON, tools=CLAUDE_TOOLS, messages=[RUN], stream=True))
    blocks = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert blocks == [block["type"] for block in plain["content"]] == ["thinking", "text", "tool_use", "tool_use"]
    assert joined(events, "thinking") == plain["content"][0]["thinking"]
    assert joined(events, "signature") == plain["content"][0]["signature"]
    assert joined(events, "text") == plain["content"][1]["text"]
    assert joined(events, "partial_json") == "".join(json.dumps(block["input"]) for block in plain["content"][2:])


def test_a_completion_streams_as_chat_does(argo: Argo) -> None:
    answer = argo.chat(stream=True, stream_options={"include_usage": True})
    chunks = events_of(answer)
    assert answer.text.endswith("data: [DONE]\n\n")
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["choices"] == []
    usage = chunks[-1]["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert all("usage" not in chunk for chunk in events_of(argo.chat(stream=True)))


def test_the_prompt_cache_is_filled_and_read(argo: Argo) -> None:
    system = f"You are {time.monotonic()}"
    first, second = (argo.messages(system=system).json()["usage"] for _ in range(2))
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] > 0
    assert first["cache_read_input_tokens"] == second["cache_creation_input_tokens"] == 0
    messages = [{"role": "system", "content": system * 5}, USER]
    cached = [argo.chat(messages=messages).json()["usage"]["prompt_tokens_details"]["cached_tokens"] for _ in range(2)]
    assert cached[0] == 0 < cached[1]


def test_the_model_list_has_display_names_and_internal_ids(argo: Argo) -> None:
    rows = argo.client.get("/v1/models").json()["data"]
    assert {"id": "Claude Opus 4.6", "internal_id": "claudeopus46"}.items() <= rows[21 + 2].items()
    assert len(rows) == 30


# An agent's turn


def chat_calls(chunks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Names and arguments, put together by index."""
    found: dict[int, list[str]] = {}
    for chunk in chunks:
        for delta in chunk["choices"][0]["delta"].get("tool_calls", []) if chunk["choices"] else []:
            entry = found.setdefault(delta["index"], ["", ""])
            entry[0] += delta["function"].get("name", "")
            entry[1] += delta["function"].get("arguments", "")
    return [(name, arguments) for name, arguments in found.values()]


@pytest.mark.parametrize("model", ["gpt54", "gemini25pro"])
def test_commands_in_back_ticks_become_two_calls_of_the_shell_at_once(argo: Argo, model: str) -> None:
    chunks = events_of(argo.chat(model=model, messages=[RUN], tools=CHAT_TOOLS, stream=True))
    called = chat_calls(chunks)
    assert [(name, json.loads(arguments)["command"]) for name, arguments in called] == [
        ("bash", "echo one"),
        ("bash", "echo two"),
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert len(chunks) > 10, "arguments come in small pieces"


def test_a_reminders_back_ticks_are_no_commands(argo: Argo) -> None:
    reminder = "<system-reminder>Run `rm -rf /` never.</system-reminder>"
    answer = argo.messages(
        tools=CLAUDE_TOOLS, messages=[said("user", text(reminder), text(RUN["content"]), text("`x`"))]
    )
    commands = [block["input"]["command"] for block in answer.json()["content"] if block["type"] == "tool_use"]
    assert commands == ["echo one", "echo two"]


def test_without_commands_the_first_two_tools_are_called_with_arguments_that_fit(argo: Argo) -> None:
    schema = {
        "type": "object",
        "properties": {
            "mode": {"enum": ["fast", "slow"]},
            "count": {"type": "integer", "minimum": 3},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 2}, "minItems": 2},
            "at": {"anyOf": [{"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}]},
            "unneeded": {"type": "string"},
        },
        "required": ["mode", "count", "tags", "at"],
    }
    tools = [{"name": name, "input_schema": schema} for name in ("one", "two", "three")]
    content = argo.messages(tools=tools).json()["content"]
    used = [block for block in content if block["type"] == "tool_use"]
    assert [block["name"] for block in used] == ["one", "two"]
    given = used[0]["input"]
    assert (given["mode"], given["count"], given["at"]) == ("fast", 3, {"x": 0})
    assert [len(tag) for tag in given["tags"]] == [2, 2]
    assert "unneeded" not in given


def test_choices_are_kept(argo: Argo) -> None:
    def used(**choice: Any) -> list[str]:
        content = argo.messages(tools=CLAUDE_TOOLS, messages=[RUN], tool_choice=choice).json()["content"]
        return [block["name"] for block in content if block["type"] == "tool_use"]

    assert used(type="none") == []
    assert used(type="tool", name="look") == ["look", "look"]
    assert used(type="auto", disable_parallel_tool_use=True) == ["Bash"]
    single = argo.chat(messages=[RUN], tools=CHAT_TOOLS, parallel_tool_calls=False).json()
    assert len(single["choices"][0]["message"]["tool_calls"]) == 1


def test_results_are_quoted_in_the_answer(argo: Argo) -> None:
    first = argo.messages(tools=CLAUDE_TOOLS, messages=[RUN], thinking=ON).json()
    used = [block["id"] for block in first["content"] if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": each, "content": f"out {each}"} for each in used]
    conversation = [RUN, {"role": "assistant", "content": first["content"]}, said("user", *results)]
    final = argo.messages(tools=CLAUDE_TOOLS, messages=conversation, thinking=ON).json()
    assert final["stop_reason"] == "end_turn"
    assert final["content"][-1]["text"].startswith("Results:")
    assert all(f"out {each}" in final["content"][-1]["text"] for each in used)


def test_results_in_pairs_are_all_quoted(argo: Argo) -> None:
    turns = [{"role": "assistant", "content": "", "tool_calls": [call(each)]} for each in "ab"]
    messages = [RUN, turns[0], {**answer_to("a"), "content": "A!"}, turns[1], {**answer_to("b"), "content": "B!"}]
    final = argo.chat(model="gemini25pro", messages=messages, tools=CHAT_TOOLS).json()
    words = final["choices"][0]["message"]["content"]
    assert words.index("A!") < words.index("B!")


def test_limits_stops_schemas_and_several_choices(argo: Argo) -> None:
    short = argo.messages(max_tokens=5).json()
    assert (short["stop_reason"], len(short["content"][0]["text"])) == ("max_tokens", 20)
    assert argo.chat(max_completion_tokens=5).json()["choices"][0]["finish_reason"] == "length"
    stopped = argo.messages(stop_sequences=["simulated"]).json()
    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "simulated")
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": TOOL}}
    assert "command" in json.loads(argo.chat(response_format=form).json()["choices"][0]["message"]["content"])
    assert len(argo.chat(n=3).json()["choices"]) == 3


# Misbehaviour


def test_a_status_with_headers_is_used_up_by_the_request_that_fits(argo: Argo) -> None:
    argo.behave(match={"model": "claudeopus46"}, status=429, headers={"retry-after": "3"})
    assert argo.chat().status_code == 200
    refused = argo.messages()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
    assert argo.messages().status_code == 200
    assert [entry["refusal"] for entry in argo.log()] == [None, None, None], "told to, it is no refusal of ARGO's"


def test_matches_by_path_and_text_and_several_times(argo: Argo) -> None:
    argo.behave(match={"path": "/chat/", "text": "needle"}, times=2, status=500)
    found = [{"role": "user", "content": "needle"}]
    statuses = [argo.chat().status_code, *(argo.chat(messages=found).status_code for _ in range(3))]
    assert statuses == [200, 500, 500, 200]


@pytest.mark.parametrize("mid", [True, False])
def test_a_cut_ends_the_connection_in_mid_stream(argo: Argo, mid: bool) -> None:
    argo.behave(cut_after=2, cut_mid_event=mid)
    got: list[bytes] = []
    body = {"model": "gpt54", "user": "jdoe", "stream": True, "messages": [USER]}
    named = {"authorization": "Bearer jdoe"}
    streaming = argo.client.stream("POST", "/v1/chat/completions", json=body, headers=named)
    with streaming as answer, pytest.raises(httpx.RemoteProtocolError):
        _collect(answer, got)
    assert b"".join(got).count(b"\n\n") == 2
    assert b"".join(got).endswith(b"\n\n") is not mid


def _collect(answer: httpx.Response, got: list[bytes]) -> None:
    """Puts the pieces of a body where they outlast its failure."""
    for piece in answer.iter_raw():
        got.append(piece)


def test_a_cut_plain_answer_ends_before_its_length(argo: Argo) -> None:
    argo.behave(cut_after=0)
    with pytest.raises(httpx.RemoteProtocolError):
        argo.chat()


def test_a_stream_can_end_too_early(argo: Argo) -> None:
    argo.behave(end_after=3)
    assert len(events_of(argo.messages(stream=True))) == 3


def test_garbage_of_each_kind(argo: Argo) -> None:
    argo.behave(garbage="html", status=502)
    page = argo.messages()
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html")
    argo.behave(garbage="json")
    with pytest.raises(json.JSONDecodeError):
        argo.messages().json()
    argo.behave(garbage="sse", after=2)
    with pytest.raises(json.JSONDecodeError):
        events_of(argo.chat(stream=True))
    argo.behave(garbage="bytes")
    assert b"data:" not in argo.chat(stream=True).content


def test_delays(argo: Argo) -> None:
    for told in ({"delay": 0.2}, {"first_delay": 0.2}):
        argo.behave(**told)
        start = time.monotonic()
        argo.messages(stream=True)
        assert time.monotonic() - start >= 0.2


def test_a_hang_never_answers(argo: Argo) -> None:
    argo.behave(hang=True)
    with pytest.raises(httpx.ReadTimeout):
        argo.client.post("/v1/messages", json={}, timeout=0.3)


def test_the_notice_is_an_ordinary_200(argo: Argo) -> None:
    argo.behave(notice=True)
    assert "AUTHENTICATION NOTICE FROM ARGO" in joined(events_of(argo.messages(stream=True)), "text")
    argo.simulator.users = frozenset({"asmith"})
    assert "'jdoe' is not registered" in argo.chat().json()["choices"][0]["message"]["content"]


def test_errors_within_a_200(argo: Argo) -> None:
    argo.behave(stream_error={"after": 2, "type": "overloaded_error", "message": "busy"})
    last = events_of(argo.messages(stream=True))[-1]
    assert last["error"]["type"] == "overloaded_error"
    assert last["error"]["message"].startswith("Error code: 529 - ")
    argo.behave(error_in_200=True)
    assert "error" in events_of(argo.chat(stream=True))[0]
    argo.behave(error_in_200=True)
    assert "error" in argo.chat().json()


def test_what_the_model_is_told_to_say_and_do(argo: Argo) -> None:
    argo.behave(text="Just this.", tool_calls=[{"name": "x", "arguments": {"a": "é"}}])
    message = argo.chat().json()["choices"][0]["message"]
    assert message["content"] == "Just this."
    assert message["tool_calls"][0]["function"] == {"name": "x", "arguments": '{"a": "é"}'}
    argo.behave(think=True, stop="limit")
    thought = argo.messages().json()
    assert (thought["content"][0]["type"], thought["stop_reason"]) == ("thinking", "max_tokens")
    argo.behave(leak_tool_call=True)
    assert "'type': 'tool_use'" in argo.messages().json()["content"][0]["text"]
    argo.behave(openai_layout=True)
    assert argo.messages().json()["choices"][0]["message"]["role"] == "assistant"
    argo.behave(refuse_stream_required=True)
    assert "streaming is required" in argo.messages().text


def test_a_behaviour_that_is_none_is_refused_by_name(argo: Argo) -> None:
    answer = httpx.post(f"{argo.control}/behaviours", json=[{"explode": True}], trust_env=False)
    assert answer.status_code == 400
    assert "explode" in answer.json()["error"]


def test_the_log_is_kept_and_cleared(argo: Argo) -> None:
    argo.chat()
    entry = argo.log()[0]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/argoapi/v1/chat/completions", 200)
    assert entry["headers"]["authorization"] == "Bearer jdoe"
    assert json.loads(entry["body"])["model"] == "gpt54"
    httpx.delete(f"{argo.control}/log", trust_env=False)
    assert argo.log() == []
    argo.behave(status=500)
    httpx.delete(f"{argo.control}/behaviours", trust_env=False)
    assert argo.chat().status_code == 200


# The rest of ARGO


def test_embeddings_as_numbers_and_as_base64(argo: Argo) -> None:
    def ask(**more: Any) -> httpx.Response:
        body = {"model": "v3small", "user": "jdoe", "input": ["a", "b"], **more}
        return argo.client.post("/v1/embeddings", json=body, headers={"authorization": "Bearer jdoe"})

    rows = ask(dimensions=8).json()["data"]
    assert [len(row["embedding"]) for row in rows] == [8, 8]
    packed = ask(dimensions=8, encoding_format="base64").json()["data"][0]["embedding"]
    assert struct.unpack("<8f", base64.b64decode(packed)) == pytest.approx(rows[0]["embedding"])
    assert ask(model="gpt54").status_code == 404
    assert ask(input="").status_code == 400


@pytest.mark.parametrize(
    ("model", "layout"),
    [
        ("gpt54", {"id", "type", "function"}),
        ("claudeopus46", {"id", "input", "name", "type"}),
        ("gemini25pro", {"id", "args", "name"}),
    ],
)
def test_the_legacy_gateway_answers_in_each_familys_layout(argo: Argo, model: str, layout: set[str]) -> None:
    plain = {"user": "jdoe", "model": model, "messages": [USER]}
    assert isinstance(argo.client.post("/api/v1/resource/chat/", json=plain).json()["response"], str)
    answer = argo.client.post("/api/v1/resource/chat/", json={**plain, "messages": [RUN], "tools": CHAT_TOOLS})
    assert [set(each) for each in answer.json()["response"]["tool_calls"]] == [layout, layout]


def test_the_legacy_gateway_streams_raw_text_and_embeds(argo: Argo) -> None:
    asked = {"user": "jdoe", "model": "gpt54", "system": "s", "prompt": "Hello"}
    answer = argo.client.post("/api/v1/resource/streamchat/", json=asked)
    assert "Hello" in answer.content.decode()
    assert "data:" not in answer.text
    embedded = argo.client.post("/api/v1/resource/embed/", json={"user": "jdoe", "model": "ada002", "prompt": ["a"]})
    assert len(embedded.json()["embedding"][0]) == 1536
    assert argo.client.post("/api/v1/resource/chat/", json={**asked, "user": "cels"}).status_code == 401


# As a process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_as_a_process_and_stops_with_0(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "argo_addon.simulator", "--pace", "0", "--users", "asmith"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("simulator listening on http://127.0.0.1:")
        assert line.endswith("/argoapi")
        assert httpx.get(line.split()[-1] + "/v1/models", trust_env=False).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
