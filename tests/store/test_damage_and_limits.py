"""Damage, failure and limits of what is kept, seen by a client of the running gateway."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import httpx

from argo_addon.store.base import Change, Store, StoreProblem

from ..forced import event_data_in
from ..running import Proxy, Seen, Step, Upstream, json_answer
from .test_references import MODEL, made, told
from .test_responses import FAMILIES, answer

Json = dict[str, Any]


def test_what_is_damaged_is_told_and_can_be_removed(client: httpx.Client, served: tuple[Upstream, Proxy, str]) -> None:
    conversation = client.post("/v1/conversations", json={}).json()["id"]
    for damage in (b"\x00garbage", b"{}", b""):
        given, shown = made(client)["id"], made(client)
        with closing(sqlite3.connect(served[2])) as file, file:
            keys = (given, conversation, f"{shown['id']}/events/0")
            for key in keys:
                file.execute("UPDATE documents SET document = ? WHERE key = ?", (damage, key))
        for method, path, body in (
            ("GET", f"responses/{given}", None),
            ("GET", f"responses/{given}?stream=true", None),
            ("GET", f"responses/{given}/input_items", None),
            ("POST", f"responses/{given}/cancel", None),
            ("GET", f"conversations/{conversation}/items", None),
            ("POST", f"conversations/{conversation}/items", {"items": [{"role": "user", "content": "x"}]}),
            ("POST", "responses", {"model": MODEL, "input": "x", "previous_response_id": given}),
            ("POST", "responses", {"model": MODEL, "input": "x", "conversation": conversation}),
        ):
            reply = client.request(method, f"/v1/{path}", json=body)
            assert (reply.status_code, "damaged" in reply.json()["error"]["message"]) == (500, True), reply.text
        again = client.get(f"/v1/responses/{shown['id']}", params={"stream": "true"})
        assert event_data_in(again.content)[-1]["response"] == shown
        assert client.delete(f"/v1/responses/{given}").json()["deleted"] is True
    assert client.delete(f"/v1/conversations/{conversation}").json()["deleted"] is True


def test_a_store_that_fails_ends_no_stream_without_a_word(
    client: httpx.Client, argo: Upstream, served: tuple[Upstream, Proxy, str]
) -> None:
    worker = served[1].addon.store
    assert worker is not None

    def refused(seen: Seen) -> list[Step]:
        worker._store = Broken()
        return [json_answer(b'{"error": {"message": "No.", "type": "invalid_request_error"}}', "400 Bad Request")]

    before, argo.answer = worker._store, refused
    try:
        body = {"model": MODEL, "input": "Hi.", "background": True, "stream": True}
        events = event_data_in(client.post("/v1/responses", json=body).content)
    finally:
        worker._store, argo.answer = before, answer
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"]["message"] == "No."


class Broken(Store):
    """A store whose disk is full."""

    def get(self, key: str, owner: str) -> bytes | None:
        raise StoreProblem("no space left on device")

    def change(self, key: str, owner: str, change: Change) -> bytes | None:
        raise StoreProblem("no space left on device")

    def delete(self, key: str, owner: str) -> bool:
        raise StoreProblem("no space left on device")

    def close(self) -> None:
        pass


LIMITS: list[tuple[Json, str]] = [
    ({"metadata": {f"key {number}": "x" for number in range(17)}}, "metadata"),
    ({"metadata": {"k" * 65: "x"}}, "metadata"),
    ({"metadata": {"key": "x" * 513}}, "metadata"),
]


def test_what_is_beyond_the_limits_of_the_API(client: httpx.Client, argo: Upstream) -> None:
    conversation = client.post("/v1/conversations", json={}).json()["id"]
    within = {f"{number:064}": "x" * 512 for number in range(16)}
    assert made(client, metadata=within)["metadata"] == within
    assert client.post(f"/v1/conversations/{conversation}", json={"metadata": within}).json()["metadata"] == within
    argo.seen.clear()
    reply = client.post("/v1/conversations", json=LIMITS[1][0])
    assert reply.json()["error"]["message"] == "metadata: expected `str` of length <= 64, as a key"
    for members, param in LIMITS:
        for path in ("/v1/conversations", f"/v1/conversations/{conversation}"):
            assert told(client.post(path, json=members))[1].startswith(param)  # type: ignore[union-attr]
    wrong = {"type": "json_schema", "name": "x"}
    others: list[tuple[Json, str]] = [
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
        ({"text": {"format": wrong}}, "text.format.schema"),
    ]
    for members, param in [*LIMITS, *others]:
        for model in FAMILIES:
            reply = client.post("/v1/responses", json={"model": model, "input": "Hi.", **members})
            status, where, _ = told(reply)
            assert (status, (where or "")[: len(param)]) == (400, param), reply.text
    for path, body, param in (
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}], "max_tokens": 0}, "max_tokens"),
        ("/v1/completions", {"prompt": "x", "max_tokens": 0}, "max_tokens"),
    ):
        assert told(client.post(path, json={"model": FAMILIES[0], **body}))[:2] == (400, param)
    google = {"contents": [{"role": "user", "parts": [{"text": "x"}]}], "generationConfig": {"maxOutputTokens": 0}}
    reply = client.post(f"/v1beta/models/{FAMILIES[0]}:generateContent", json=google)
    assert (reply.status_code, "maxOutputTokens" in reply.text) == (400, True), reply.text
    assert argo.seen == []
