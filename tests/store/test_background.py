"""Responses in the background, and streams that are gone on with, seen by a client of the running gateway."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.gateway import under_way
from argo_addon.proxy.calls import Limits
from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..dialects.asking import chat_sse, finished
from ..forced import event_data_in
from ..open_responses import body_problems, stream_problems
from ..running import (
    END,
    STREAM,
    Pause,
    Proxy,
    Seen,
    Step,
    Upstream,
    chunk,
    json_answer,
    proxy,
    settings_for,
    upstream,
)
from .test_responses import FAMILIES, answer, on_every_family, sent

Json = dict[str, Any]
_SECONDS = 20.0
ENDED = ("completed", "failed", "incomplete", "cancelled")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Upstream, Proxy]]:
    where = str(tmp_path_factory.mktemp("kept") / "kept")
    with upstream() as argo, proxy(settings_for(argo.url), Limits(), store=lambda: open_store(where, Bounds())) as made:
        yield argo, made


@pytest.fixture
def argo(served: tuple[Upstream, Proxy]) -> Upstream:
    made, _ = served
    made.answer = answer
    made.seen.clear()
    made.left.clear()
    return made


@pytest.fixture
def client(argo: Upstream, served: tuple[Upstream, Proxy]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[1].url, timeout=_SECONDS, trust_env=False) as made:
        yield made


def begun(client: httpx.Client, model: str = "gpt-5.4", **members: Any) -> Json:
    """The answer to a call in the background."""
    reply = client.post("/v1/responses", json={"model": model, "input": "Hi.", "background": True, **members})
    assert reply.status_code == 200, reply.text
    assert body_problems(reply.content) == []
    found: Json = reply.json()
    return found


def ended(client: httpx.Client, identifier: str) -> Json:
    """The response once it has ended."""
    end = time.monotonic() + _SECONDS
    while True:
        reply = client.get(f"/v1/responses/{identifier}")
        assert reply.status_code == 200, reply.text
        assert body_problems(reply.content) == []
        found: Json = reply.json()
        if found["status"] in ENDED:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.02)


def paused(*steps: Step, seconds: float = 60.0) -> list[Step]:
    """A stream of a chat's that says "The word", and goes on after a while."""
    first = chat_sse({"content": "The word"}, done=False)
    return [STREAM, chunk(first), *steps, Pause(seconds)]


@on_every_family
def test_a_response_is_made_in_the_background(client: httpx.Client, argo: Upstream, model: str) -> None:
    given = begun(client, model, metadata={"team": "a"})
    assert (given["status"], given["background"], given["store"], given["output"]) == ("queued", True, True, [])
    made = ended(client, given["id"])
    assert (made["id"], made["status"], made["background"], made["store"]) == (given["id"], "completed", True, True)
    assert (made["metadata"], made["created_at"]) == ({"team": "a"}, given["created_at"])
    assert made["output"][-1]["content"][0]["text"] == "The word is cobalt."
    more = client.post("/v1/responses", json={"model": model, "input": "Which?", "previous_response_id": given["id"]})
    assert more.status_code == 200
    assert "cobalt" in sent(argo)
    items = client.get(f"/v1/responses/{given['id']}/input_items").json()["data"]
    assert [item["content"][0]["text"] for item in items] == ["Hi."]
    assert client.delete(f"/v1/responses/{given['id']}").json()["deleted"] is True
    for query in ("", "?stream=true"):
        assert client.get(f"/v1/responses/{given['id']}{query}").status_code == 404


@on_every_family
def test_a_stream_in_the_background_goes_on_where_it_was_left(client: httpx.Client, model: str) -> None:
    body = {"model": model, "input": "Hi.", "background": True, "stream": True}
    reply = client.post("/v1/responses", json=body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert stream_problems(reply.content) == []
    events = event_data_in(reply.content)
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["response.created", "response.queued", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    whole = [event["response"] for event in events if "response" in event]
    assert len({response["id"] for response in whole}) == 1
    assert all(response["background"] and response["store"] for response in whole)
    path = f"/v1/responses/{whole[0]['id']}"
    assert client.get(path).json() == whole[-1]
    assert client.get(path, params={"stream": "true"}).content == reply.content
    later = client.get(path, params={"stream": "true", "starting_after": 3})
    assert event_data_in(later.content) == events[4:]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])
@on_every_family
def test_a_stored_answer_is_streamed_again(client: httpx.Client, model: str, stream: bool) -> None:
    body = {"model": model, "input": "Hi.", "stream": stream}
    reply = client.post("/v1/responses", json=body)
    made = event_data_in(reply.content)[-1]["response"] if stream else reply.json()
    again = client.get(f"/v1/responses/{made['id']}", params={"stream": "true"})
    assert stream_problems(again.content) == []
    events = event_data_in(again.content)
    assert events[-1]["response"] == made
    if stream:
        assert again.content == reply.content
    rest = client.get(f"/v1/responses/{made['id']}", params={"stream": "True", "starting_after": len(events) - 3})
    assert event_data_in(rest.content) == events[-2:]
    for wrong in ("x", "-1"):
        told = client.get(f"/v1/responses/{made['id']}", params={"stream": "true", "starting_after": wrong})
        assert (told.status_code, told.json()["error"]["param"]) == (400, "starting_after")
    done = client.get(f"/v1/responses/{made['id']}", params={"stream": "true", "starting_after": 10_000})
    assert (done.status_code, event_data_in(done.content)) == (200, [])


def test_a_client_that_leaves_is_not_missed(client: httpx.Client, argo: Upstream) -> None:
    """It goes on from the event that it has seen last, while the response is still made."""
    go_on = threading.Event()

    def slowly(seen: Seen) -> Iterator[Step]:
        yield STREAM
        yield chunk(chat_sse({"content": "The word"}, done=False))
        yield Pause(0.0)
        assert go_on.wait(_SECONDS)
        yield chunk(chat_sse({"content": " is cobalt."}, finished()))
        yield END

    argo.answer = slowly
    seen: list[Json] = []
    body = {"model": "gpt-5.4", "input": "Hi.", "background": True, "stream": True}
    with client.stream("POST", "/v1/responses", json=body) as reply:
        for line in reply.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line[6:]))
                if seen[-1]["type"] == "response.output_text.delta":
                    break
    identifier = seen[0]["response"]["id"]
    assert client.get(f"/v1/responses/{identifier}").json()["status"] == "in_progress"
    query = {"stream": "true", "starting_after": seen[-1]["sequence_number"]}
    with client.stream("GET", f"/v1/responses/{identifier}", params=query) as reply:
        go_on.set()
        events = event_data_in(reply.read())
    assert events[0]["sequence_number"] == seen[-1]["sequence_number"] + 1
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "The word is cobalt."


def test_one_that_is_cancelled_ends_the_call(client: httpx.Client, argo: Upstream) -> None:
    argo.answer = lambda seen: paused()
    body = {"model": "gpt-5.4", "input": "Hi.", "background": True, "stream": True}
    with client.stream("POST", "/v1/responses", json=body) as reply:
        lines = reply.iter_lines()
        first = json.loads(next(line for line in lines if line.startswith("data: "))[6:])
        path = f"/v1/responses/{first['response']['id']}"
        next(line for line in lines if '"response.output_text.delta"' in line)
        told = client.post(f"{path}/cancel")
        assert (told.status_code, told.json()["status"]) == (200, "cancelled")
        assert body_problems(told.content) == []
        last = json.loads([line for line in lines if line.startswith("data: ")][-1][6:])
    assert last["response"]["status"] == "cancelled"
    assert argo.left.wait(_SECONDS)
    assert client.get(path).json() == told.json() == client.post(f"{path}/cancel").json()
    again = client.get(path, params={"stream": "true"})
    assert stream_problems(again.content) == []
    assert event_data_in(again.content)[-1] == last


def test_one_that_has_ended_is_not_cancelled(client: httpx.Client) -> None:
    made = ended(client, begun(client)["id"])
    assert client.post(f"/v1/responses/{made['id']}/cancel").json() == made


@on_every_family
def test_what_ARGO_refuses_is_told_in_the_response(client: httpx.Client, argo: Upstream, model: str) -> None:
    refusal = b'{"error": {"message": "Too many.", "type": "rate_limit_error"}}'
    argo.answer = lambda seen: [json_answer(refusal, "429 Too Many Requests", "retry-after: 99999")]
    made = ended(client, begun(client, model)["id"])
    assert (made["status"], made["error"]["code"], made["output"]) == ("failed", "rate_limit_exceeded", [])
    events = event_data_in(client.get(f"/v1/responses/{made['id']}", params={"stream": "true"}).content)
    assert [event["type"] for event in events] == ["response.created", "response.queued", "response.failed"]


def test_what_cannot_be_is_told_at_once(client: httpx.Client, argo: Upstream) -> None:
    for members, status, param in (
        ({"store": False}, 400, "background"),
        ({"model": "no-such-model"}, 404, "model"),
        ({"previous_response_id": "resp_none"}, 400, "previous_response_id"),
        ({"input": [{"type": "nonsense"}]}, 400, "input[0].type"),
        ({"background": "yes"}, 400, "background"),
    ):
        body = {"model": "gpt-5.4", "input": "Hi.", "background": True, **members}
        reply = client.post("/v1/responses", json=body)
        assert (reply.status_code, reply.json()["error"]["param"]) == (status, param), reply.text
    assert argo.seen == []


def test_one_under_way_cannot_be_gone_on_from(client: httpx.Client, argo: Upstream) -> None:
    argo.answer = lambda seen: paused()
    given = begun(client)["id"]
    body = {"model": "gpt-5.4", "input": "Which?", "previous_response_id": given}
    reply = client.post("/v1/responses", json=body)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "previous_response_id")
    assert "in progress" in reply.json()["error"]["message"]
    client.post(f"/v1/responses/{given}/cancel")


def test_a_conversation_has_what_was_said_in_the_background(client: httpx.Client) -> None:
    conversation = client.post("/v1/conversations", json={}).json()["id"]
    made = ended(client, begun(client, conversation=conversation)["id"])
    assert made["conversation"] == {"id": conversation}
    listed = client.get(f"/v1/conversations/{conversation}/items", params={"order": "asc"}).json()["data"]
    assert [item["role"] for item in listed] == ["user", "assistant"]
    assert listed[1]["id"] == made["output"][0]["id"]


@pytest.mark.parametrize(
    "mode",
    [{"force_conversion": True}, {"use_legacy_argo": True}, {"anthropic_stream_mode": "retry"},
     {"anthropic_stream_mode": "passthrough"}],
    ids=str,
)  # fmt: skip
def test_in_other_modes_too(tmp_path: Path, mode: Json) -> None:
    with running(tmp_path, **mode) as (argo, client):
        if "use_legacy_argo" in mode:
            argo.answer = lambda seen: [json_answer(b'{"response": "The word is cobalt."}')]
        for model in FAMILIES:
            for stream in (False, True):
                reply = client.post(
                    "/v1/responses", json={"model": model, "input": "Hi.", "background": True, "stream": stream}
                )
                given = event_data_in(reply.content)[0]["response"] if stream else reply.json()
                assert ended(client, given["id"])["status"] == "completed"


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[tuple[Upstream, httpx.Client]]:
    where = str(folder / "kept")
    with (
        upstream() as argo,
        proxy(settings_for(argo.url, **settings), store=lambda: open_store(where, Bounds())) as gateway,
        httpx.Client(base_url=gateway.url, timeout=_SECONDS, trust_env=False) as client,
    ):
        argo.answer = answer
        yield argo, client


def test_nobody_sees_or_ends_what_is_anothers(tmp_path: Path) -> None:
    ada, bob = ({"authorization": f"Bearer {name}"} for name in ("ada", "bob"))
    with running(tmp_path, username_passthrough=True) as (argo, client):
        argo.answer = lambda seen: paused()
        body = {"model": "gpt-5.4", "input": "secret", "background": True}
        path = f"/v1/responses/{client.post('/v1/responses', json=body, headers=ada).json()['id']}"
        for told in (
            client.get(path, headers=bob),
            client.get(path, params={"stream": "true"}, headers=bob),
            client.post(f"{path}/cancel", headers=bob),
            client.delete(path, headers=bob),
        ):
            assert told.status_code == 404
        assert client.get(path, headers=ada).json()["status"] in ("queued", "in_progress")
        assert client.post(f"{path}/cancel", headers=ada).json()["status"] == "cancelled"


def test_without_a_store_it_is_refused(tmp_path: Path) -> None:
    with upstream() as argo, proxy(settings_for(argo.url)) as gateway:
        body = {"model": "gpt-5.4", "input": "Hi.", "background": True}
        reply = httpx.post(f"{gateway.url}/v1/responses", json=body, trust_env=False)
        assert (reply.status_code, reply.json()["error"]["param"]) == (400, "background")
        assert "responses_store" in reply.json()["error"]["message"]


def test_what_a_gateway_that_was_stopped_had_begun_has_failed(tmp_path: Path) -> None:
    with running(tmp_path) as (argo, client):
        argo.answer = lambda _: paused()
        given = begun(client)["id"]
        end = time.monotonic() + _SECONDS
        while client.get(f"/v1/responses/{given}").json()["status"] == "queued":
            assert time.monotonic() < end
    with running(tmp_path) as (argo, client):
        made = client.get(f"/v1/responses/{given}").json()
        assert made["status"] == "failed"
        assert "was stopped" in made["error"]["message"]


def test_what_a_gateway_that_was_killed_had_begun_has_failed(tmp_path: Path) -> None:
    """It is known by the signs of life that are missing."""
    with running(tmp_path) as (argo, client):
        argo.answer = lambda _: paused()
        given = begun(client)["id"]
        store = open_store(str(tmp_path / "kept"), Bounds())
        assert under_way.is_alive(store, given, "jdoe", time.time())
        assert not under_way.is_alive(store, given, "jdoe", time.time() + 3600)
        found = under_way.seen(store, given, "jdoe", time.time() + 3600)
        store.close()
        assert found is not None
        made = client.get(f"/v1/responses/{given}").json()
        assert made["status"] == "failed"
        assert "ended before" in made["error"]["message"]
        again = client.get(f"/v1/responses/{given}", params={"stream": "true"})
        assert event_data_in(again.content)[-1]["response"] == made
        assert stream_problems(again.content) == []
        assert argo.left.wait(_SECONDS), "whoever still makes it learns that it is over"
