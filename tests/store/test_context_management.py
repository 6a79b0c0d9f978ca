"""`context_management` of the Responses API: a conversation that has grown beyond a threshold is compacted first."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.proxy.calls import Limits
from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..dialects.asking import chat_body, chat_sse, claude_sse, finished
from ..forced import event_data_in
from ..open_responses import body_problems, stream_problems
from ..running import Pause, Seen, Step, Upstream, json_answer, proxy, settings_for, streamed, upstream
from .test_responses import WAYS, on_every_family

Json = dict[str, Any]
ASKS, OPENED = "is about to be replaced by a summary", "This is a summary of the conversation so far"
LONG = "word " * 3000
HISTORY = [
    {"role": "user", "content": "I am Ada."},
    {"role": "assistant", "content": f"Well. {LONG}"},
    {"role": "user", "content": "Who am I?"},
]
MANAGED = [{"type": "compaction", "compact_threshold": 2000}]


def answer(seen: Seen) -> list[Step]:
    text = "SUMMARY: she is Ada." if ASKS in seen.body.decode() else "You are Ada."
    if "/messages" in seen.line:
        return streamed(claude_sse({"type": "text", "text": text}))
    if "/chat/completions" not in seen.line:
        return [json_answer(json.dumps({"response": text}).encode())]
    if json.loads(seen.body).get("stream"):
        return streamed(chat_sse({"content": text}, finished()))
    return [json_answer(json.dumps(chat_body({"content": text})).encode())]


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = answer
        yield made


def asking(argo: Upstream, folder: Path, **settings: Any) -> Any:
    return proxy(settings_for(argo.url, **settings), store=lambda: open_store(str(folder / "kept"), Bounds()))


def made(client: httpx.Client, model: str, stream: bool, **members: Any) -> Json:
    body = {"model": model, "stream": stream, "context_management": MANAGED, **members}
    reply = client.post("/v1/responses", json=body)
    assert reply.status_code == 200, reply.text
    assert "context_management" not in reply.headers.get("argo-proxy-dropped", "")
    assert (stream_problems if stream else body_problems)(reply.content) == []
    found: Json = event_data_in(reply.content)[-1]["response"] if stream else reply.json()
    if stream:
        events = event_data_in(reply.content)
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
        assert done == found["output"]
    return found


@on_every_family
@WAYS
@pytest.mark.parametrize("mode", [{}, {"use_legacy_argo": True}], ids=["native", "legacy"])
def test_what_has_grown_beyond_it_is_compacted(
    argo: Upstream, tmp_path: Path, model: str, stream: bool, mode: Json
) -> None:
    with asking(argo, tmp_path, **mode) as gateway, httpx.Client(base_url=gateway.url, trust_env=False) as client:
        first = made(client, model, stream, input=HISTORY)
        assert [item["type"] for item in first["output"]] == ["compaction", "message"]
        assert first["output"][1]["content"][0]["text"] == "You are Ada."
        asked = [seen.body.decode() for seen in argo.seen]
        assert len(asked) == 2
        assert ASKS in asked[0]
        assert "word word" in asked[0]
        assert OPENED in asked[1]
        assert "SUMMARY: she is Ada." in asked[1]
        assert "word word" not in asked[1]
        assert "Who am I?" in asked[1]

        made(client, model, stream, input="Sure?", previous_response_id=first["id"])
        assert len(argo.seen) == 3, "it is short now"
        assert "word word" not in argo.seen[2].body.decode()
        assert OPENED in argo.seen[2].body.decode()
        made(client, model, stream, input=[*HISTORY, *first["output"], {"role": "user", "content": "Sure?"}])
        assert len(argo.seen) == 4, "nor where the client keeps all"
        assert "word word" not in argo.seen[3].body.decode()


def test_what_is_kept_is_compacted_too(argo: Upstream, tmp_path: Path) -> None:
    """What is gone on from, a conversation, a response in the background: wherever it is that has grown."""
    with asking(argo, tmp_path) as gateway, httpx.Client(base_url=gateway.url, trust_env=False) as client:
        before = client.post("/v1/responses", json={"model": "gpt-5.4", "input": HISTORY}).json()["id"]
        conversation = client.post("/v1/conversations", json={"items": HISTORY}).json()["id"]
        for reference in ({"previous_response_id": before}, {"conversation": conversation}):
            for stream in (False, True):
                found = made(client, "gpt-5.4", stream, input="Sure?", **reference)
                compacts = "conversation" not in reference or not stream
                assert [item["type"] for item in found["output"]] == ["compaction", "message"][not compacts :]
                told = argo.seen[-1].body.decode()
                assert ("SUMMARY" in told, "word word" in told, "Sure?" in told) == (True, False, True)
        kinds = [item["type"] for item in client.get(f"/v1/conversations/{conversation}/items").json()["data"]]
        assert kinds == ["message", "message", "message", "compaction", *["message"] * 4]
        begun = made(client, "gpt-5.4", False, input=HISTORY, background=True)
        end = time.monotonic() + 20
        while (now := client.get(f"/v1/responses/{begun['id']}").json())["status"] in ("queued", "in_progress"):
            assert time.monotonic() < end
            time.sleep(0.02)
        assert (now["status"], [item["type"] for item in now["output"]]) == ("completed", ["compaction", "message"])


def test_a_client_that_waits_for_it_gets_signs_of_life(argo: Upstream, tmp_path: Path) -> None:
    def slowly(seen: Seen) -> list[Step]:
        return [Pause(0.5), *answer(seen)] if ASKS in seen.body.decode() else answer(seen)

    argo.answer = slowly
    limits = Limits(keep_alive=0.1)
    with (
        proxy(settings_for(argo.url), limits, store=lambda: open_store(str(tmp_path / "kept"), Bounds())) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False) as client,
    ):
        found = made(client, "gpt-5.4", True, input=HISTORY)
    assert [item["type"] for item in found["output"]] == ["compaction", "message"]


@WAYS
def test_what_is_short_or_cannot_be_compacted(argo: Upstream, tmp_path: Path, stream: bool) -> None:
    with asking(argo, tmp_path) as gateway, httpx.Client(base_url=gateway.url, trust_env=False) as client:
        short = made(client, "gpt-5.4", stream, input="Hi.")
        assert [item["type"] for item in short["output"]] == ["message"]
        made(client, "gpt-5.4", stream, input=f"Only the user has spoken. {LONG}")
        assert len(argo.seen) == 2
        refusal = b'{"error": {"message": "No.", "type": "invalid_request_error"}}'
        argo.answer = lambda seen: [json_answer(refusal, "400 Bad Request")]
        body = {"model": "gpt-5.4", "stream": stream, "context_management": MANAGED, "input": HISTORY}
        reply = client.post("/v1/responses", json=body)
        assert (reply.status_code, reply.json()["error"]["message"]) == (400, "No.")
        argo.answer = lambda seen: [json_answer(json.dumps(chat_body({"content": ""})).encode())]
        reply = client.post("/v1/responses", json=body)
        assert reply.status_code == 502
        assert "summary" in reply.json()["error"]["message"]
        wrong = [{"type": "compaction", "compact_threshold": "x"}], [{"type": "other"}], "auto"
        for one in wrong:
            reply = client.post("/v1/responses", json={**body, "context_management": one})
            assert reply.status_code == 400
            assert reply.json()["error"]["param"].startswith("context_management")
