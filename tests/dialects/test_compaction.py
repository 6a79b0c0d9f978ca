"""Compaction by the Responses API (pitfalls 11.2): asked for in both ways, sealed, and read again by every family."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest, Reply
from argo_addon.sealing import NoKey, Sealer
from argo_addon.settings.model import Settings
from argo_addon.transcript.formats import Body, fits
from argo_addon.transcript.read import transcript

from ..forced import event_data_in
from ..open_responses import compacted_problems
from .asking import BASE, JSON_TYPE, SSE_TYPE, Json, call_delta, chat_body, chat_sse, claude_sse, finished

COMPACT = "/v1/responses/compact"
SUMMARY = "The user wants one.txt mended; line 3 is wrong."
FAMILIES = ("claude-opus-4.6", "gpt-5.4", "gemini-2.5-pro")
on_every_family = pytest.mark.parametrize("model", FAMILIES)
CALL = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"at": "one.txt"}'}
HISTORY: list[Json] = [
    {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be careful."}]},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Mend one.txt."}]},
    CALL,
    {"type": "function_call_output", "call_id": "c1", "output": "line 3 is wrong"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I see."}]},
]
TOOLS = [{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}]
TRIGGER = {"type": "compaction_trigger"}


def gateway(sealer: Sealer | None = None, **settings: Any) -> Gateway:
    chosen = msgspec.structs.replace(Settings(user="jdoe").with_base_url(BASE), **settings)
    return Gateway(chosen, sealer=sealer)


def opened(served: Gateway, path: str, body: Json, **headers: str) -> Reply | Exchange:
    outcome = served.open(ClientRequest("POST", path, headers, json.dumps(body).encode()))
    assert isinstance(outcome, Reply | Exchange)
    return outcome


def said(model: str, text: str = SUMMARY) -> bytes:
    """An upstream's stream with a thought, and this text."""
    if "claude" in model:
        return claude_sse({"type": "thinking", "thinking": "hm", "signature": "c2ln"}, {"type": "text", "text": text})
    return chat_sse({"reasoning_content": "hm"}, {"content": text[:9]}, {"content": text[9:]}, finished())


def reply_to(call: Reply | Exchange, upstream: object) -> Reply:
    assert isinstance(call, Exchange), call
    raw = upstream if isinstance(upstream, bytes) else json.dumps(upstream).encode()
    about = SSE_TYPE if isinstance(upstream, bytes) else JSON_TYPE
    if call.start_response(200, about) is None:
        return call.complete_response(200, about, raw)
    assert call.relay is not None
    return Reply(200, call.relay.feed(raw) + call.relay.close())


def triggered(served: Gateway, model: str, upstream: bytes | None = None, **members: Any) -> list[Json]:
    """The events that answer a trigger behind the history."""
    body = {"model": model, "input": [*HISTORY, TRIGGER], "tools": TOOLS, "stream": True, **members}
    events = event_data_in(reply_to(opened(served, "/v1/responses", body), upstream or said(model)).body)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    return events


def compaction_in(output: list[Json]) -> Json:
    (item,) = [item for item in output if item["type"] == "compaction"]
    return item


@on_every_family
def test_11_2_a_trigger_is_answered_by_exactly_one_compaction(model: str) -> None:
    events = triggered(gateway(), model)
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress", "output_item.added", "output_item.done", "completed",
    ]  # fmt: skip
    (item,) = events[-1]["response"]["output"]
    assert item == events[3]["item"] == events[2]["item"]
    assert item["type"] == "compaction"
    assert SUMMARY not in json.dumps(events)
    assert SUMMARY.encode() not in base64.b64decode(item["encrypted_content"])


@on_every_family
def test_11_2_the_model_is_asked_to_sum_up_and_to_call_nothing(model: str) -> None:
    form = {"format": {"type": "json_object"}}
    body = {"model": model, "input": [*HISTORY, TRIGGER], "tools": TOOLS, "text": form, "tool_choice": "required"}
    call = opened(gateway(), "/v1/responses", body)
    assert isinstance(call, Exchange)
    asked = json.loads(call.upstream.body)
    assert "summary" in json.dumps(asked["messages"][-1])
    assert "line 3 is wrong" in json.dumps(asked["messages"])
    assert "required" not in json.dumps(asked.get("tool_choice"))
    assert "response_format" not in asked


@on_every_family
@pytest.mark.parametrize("settings", [{}, {"force_conversion": True}, {"use_legacy_argo": True}], ids=str)
def test_11_2_the_endpoint_gives_what_the_user_said_and_the_compaction(model: str, settings: Json) -> None:
    call = opened(gateway(**settings), COMPACT, {"model": model, "input": HISTORY, "prompt_cache_key": "k"})
    legacy = {"response": SUMMARY}
    upstream: object = said(model) if "claude" in model else chat_body({"content": SUMMARY})
    reply = reply_to(call, legacy if settings.get("use_legacy_argo") else upstream)
    assert reply.status == 200, reply
    assert compacted_problems(reply.body) == []
    output = json.loads(reply.body)["output"]
    assert [(item["type"], item.get("role")) for item in output] == [("message", "user"), ("compaction", None)]
    assert output[0]["content"] == [{"type": "input_text", "text": "Mend one.txt."}]


@on_every_family
@pytest.mark.parametrize("later", FAMILIES)
def test_11_2_every_family_reads_the_summary_of_every_other(model: str, later: str) -> None:
    """Also by a gateway that is started later, or stands elsewhere, with the same key."""
    keys = (b"u" * 43 + b"=", b"k" * 43 + b"=")
    item = compaction_in(triggered(gateway(Sealer(keys[1])), model)[-1]["response"]["output"])
    body = {"model": later, "input": [HISTORY[1], item, {"role": "user", "content": "Go on."}]}
    call = opened(gateway(Sealer(*keys)), "/v1/responses", body)
    assert isinstance(call, Exchange)
    texts = json.dumps(json.loads(call.upstream.body)["messages"])
    assert SUMMARY in texts
    assert texts.index("Mend one.txt.") < texts.index(SUMMARY) < texts.index("Go on.")
    again = opened(gateway(Sealer(*keys)), COMPACT, {**body, "input": body["input"]})
    reply = reply_to(again, said(later) if "claude" in later else chat_body({"content": "Still so."}))
    kept = json.loads(reply.body)["output"]
    assert [item["type"] for item in kept] == ["message", "message", "compaction"]


def test_a_recorded_compaction_is_shown_as_an_answer() -> None:
    call = opened(gateway(), COMPACT, {"model": "gpt-5.4", "input": HISTORY})
    body = Body(reply_to(call, chat_body({"content": SUMMARY})).body, COMPACT, "application/json", 200)
    assert fits(body)
    text = transcript(body)
    assert "Mend one.txt." in text
    assert "compaction" in text


@pytest.mark.parametrize("how", ["other key", "changed", "other user"])
def test_11_2_what_cannot_be_opened_is_refused_where_it_stands(how: str) -> None:
    sealer = Sealer()
    item = compaction_in(triggered(gateway(sealer), "gpt-5.4")[-1]["response"]["output"])
    whole = base64.b64decode(item["encrypted_content"])
    if how == "changed":
        item["encrypted_content"] = base64.b64encode(
            whole[:40] + (b"B" if whole[40:41] == b"A" else b"A") + whole[41:]
        ).decode()
    served = gateway(Sealer() if how == "other key" else sealer, username_passthrough=how == "other user")
    body = {"model": "gpt-5.4", "input": [item, {"role": "user", "content": "Go on."}]}
    reply = opened(served, "/v1/responses", body, authorization="Bearer mallory")
    assert isinstance(reply, Reply)
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["code"], error["param"]) == (
        400, "invalid_encrypted_content", "input[0].encrypted_content",
    )  # fmt: skip


@pytest.mark.parametrize("upstream", [chat_sse(finished()), chat_sse(call_delta(0, "c", "look", "{}"), finished())])
def test_11_2_no_summary_is_an_error_that_is_tried_again(upstream: bytes) -> None:
    last = triggered(gateway(), "gpt-5.4", upstream)[-1]
    assert (last["type"], last["response"]["error"]["code"]) == ("response.failed", "server_error")
    call = opened(gateway(), COMPACT, {"model": "gpt-5.4", "input": HISTORY})
    assert reply_to(call, chat_body({"content": ""})).status == 502


@pytest.mark.parametrize("body", [{}, {"model": "gpt-5.4"}, {"model": "gpt-5.4", "input": []}, {"input": "x"}])
def test_11_2_a_compaction_of_nothing_is_refused(body: Json) -> None:
    reply = opened(gateway(), COMPACT, body)
    assert isinstance(reply, Reply)
    assert (reply.status, json.loads(reply.body)["error"]["param"]) == (400, "input" if "model" in body else "model")


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "responses.key"
    sealed = Sealer.of_file(path).seal("s", "jdoe")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Sealer.of_file(path).open(sealed, "jdoe") == "s"
    assert [one.name for one in path.parent.iterdir()] == ["responses.key"]
    path.write_text("no key\n")
    with pytest.raises(NoKey, match="remove the file"):
        Sealer.of_file(path)
