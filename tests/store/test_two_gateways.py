"""Two live gateways that share a store and the key file: one answers, the other goes on, also when one was killed."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.gateway import under_way
from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..dialects.asking import chat_sse, claude_sse, finished
from ..e2e.processes import Proxy
from ..forced import event_data_in
from ..running import END, STREAM, Pause, Seen, Step, Upstream, chunk, streamed, upstream

Json = dict[str, Any]
_SECONDS = 30.0
CLAUDE = "claude-opus-4.6"


class Pair:
    """Two gateways in front of one ARGO."""

    def __init__(self, argo: Upstream, folder: Path, store: str) -> None:
        self.argo = argo
        self.store = store
        self.gateways: list[Proxy] = []
        self.clients: list[httpx.Client] = []
        for name in ("a", "b"):
            (folder / name).mkdir()
            settings = {
                "config_version": "3", "user": "jdoe", "host": "127.0.0.1", "port": 0, "argo_base_url": argo.url,
                "skip_url_validation": True, "responses_store": store, "responses_key_file": str(folder / "keys"),
            }  # fmt: skip
            self.gateways.append(Proxy(folder / name, settings))
            self.clients.append(httpx.Client(base_url=self.gateways[-1].url, timeout=_SECONDS, trust_env=False))

    def close(self) -> None:
        for client in self.clients:
            client.close()
        for gateway in self.gateways:
            gateway.stop()


def answer(seen: Seen) -> list[Step]:
    if "/messages" in seen.line:
        thought = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
        return streamed(claude_sse(thought, {"type": "text", "text": "The word is cobalt."}))
    if seen.line.startswith("GET"):
        return []
    return streamed(chat_sse({"content": "The word is cobalt."}, finished()))


@pytest.fixture(params=["redis_server", "postgresql_server"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    store = str(request.getfixturevalue(request.param))
    with ExitStack() as stack:
        argo = stack.enter_context(upstream())
        argo.answer = answer
        made = Pair(argo, tmp_path, store)
        stack.callback(made.close)
        yield made


def asked(client: httpx.Client, **members: Any) -> Json:
    reply = client.post("/v1/responses", json={"model": CLAUDE, "stream": True, **members})
    assert reply.status_code == 200, reply.text
    found: Json = event_data_in(reply.content)[-1]["response"]
    assert found["status"] == "completed"
    return found


def until(client: httpx.Client, path: str, status: str) -> Json:
    end = time.monotonic() + _SECONDS
    while (found := client.get(path).json())["status"] != status:
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return dict(found)


def test_one_answers_and_the_other_goes_on(pair: Pair) -> None:
    first, second = pair.clients
    begun = asked(first, input="Remember cobalt.")
    path = f"/v1/responses/{begun['id']}"
    assert second.get(path).json() == begun
    again = second.get(path, params={"stream": "true", "starting_after": 2})
    assert event_data_in(again.content)[-1]["response"] == begun
    asked(second, input="Which word?", previous_response_id=begun["id"])
    sent = json.loads(pair.argo.seen[-1].body)["messages"]
    assert "Remember cobalt." in json.dumps(sent)
    assert "c2ln" in json.dumps(sent), "what the model has signed goes back to it"

    conversation = first.post("/v1/conversations", json={}).json()["id"]
    for client, text in ((first, "One."), (second, "Two.")):
        asked(client, input=text, conversation=conversation)
    items = first.get(f"/v1/conversations/{conversation}/items", params={"order": "asc"}).json()["data"]
    assert [item.get("role", item["type"]) for item in items] == ["user", "reasoning", "assistant"] * 2
    compacted = first.post("/v1/responses/compact", json={"model": CLAUDE, "input": "A long story."}).json()["output"]
    asked(second, input=[*compacted, {"role": "user", "content": "And then?"}])
    assert "summary of the conversation so far" in pair.argo.seen[-1].body.decode()


def test_one_makes_what_the_other_tells_and_ends_until_one_is_killed(pair: Pair) -> None:
    first, second = pair.clients
    gone_on = asked(first, input="Remember cobalt.")
    go_on = threading.Event()
    never = threading.Event()
    pair.argo.answer = lambda seen: _slowly(never if b"Stay." in seen.body else go_on)
    body = {"model": "gpt-5.4", "input": "Hi.", "background": True}
    made = first.post("/v1/responses", json=body).json()
    path = f"/v1/responses/{made['id']}"
    until(second, path, "in_progress")
    with second.stream("GET", path, params={"stream": "true"}) as reply:
        lines = (line for line in reply.iter_lines() if line.startswith("data: "))
        assert "response.created" in next(lines)
        go_on.set()
        assert "response.completed" in list(lines)[-1]
    assert second.get(path).json()["output"][0]["content"][0]["text"] == "The word is cobalt."
    made = first.post("/v1/responses", json={**body, "input": "Stay."}).json()
    path = f"/v1/responses/{made['id']}"
    pair.argo.left.clear()
    until(second, path, "in_progress")
    assert second.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert pair.argo.left.wait(_SECONDS), "the other gateway has ended the call"

    made = first.post("/v1/responses", json={**body, "input": "Stay."}).json()
    path = f"/v1/responses/{made['id']}"
    until(second, path, "in_progress")
    pair.gateways[0].process._popen.send_signal(signal.SIGKILL)
    pair.argo.answer = answer
    asked(second, input="Still?", previous_response_id=gone_on["id"])
    store = open_store(pair.store, Bounds())
    under_way.seen(store, made["id"], "jdoe", time.time() + 2 * under_way.LEASE)  # as if so much time had passed
    store.close()
    assert second.get(path).json()["status"] == "failed"


def _slowly(go_on: threading.Event) -> Iterator[Step]:
    yield STREAM
    yield chunk(chat_sse({"content": "The word"}, done=False))
    for _ in range(600):
        if go_on.is_set():
            break
        yield Pause(0.05)
    yield chunk(chat_sse({"content": " is cobalt."}, finished()))
    yield END
