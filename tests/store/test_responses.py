"""Responses and conversations that are kept, seen by a client of the running gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..dialects.asking import chat_body, chat_sse, claude_sse, finished
from ..forced import event_data_in
from ..open_responses import body_problems
from ..running import Proxy, Seen, Step, Upstream, json_answer, proxy, settings_for, streamed, upstream

Json = dict[str, Any]
FAMILIES = ("claude-opus-4.6", "gpt-5.4", "gemini-2.5-pro")
on_every_family = pytest.mark.parametrize("model", FAMILIES)
WAYS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
CLAUDES = (
    {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
    {"type": "text", "text": "The word is cobalt."},
)


def answer(seen: Seen) -> list[Step]:
    """What ARGO says, in the form that it is asked for."""
    if "/messages" in seen.line:
        return streamed(claude_sse(*CLAUDES))
    if json.loads(seen.body).get("stream"):
        return streamed(chat_sse({"content": "The word is cobalt."}, finished()))
    return [json_answer(json.dumps(chat_body({"content": "The word is cobalt."})).encode())]


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        made.answer = answer
        yield made


def running(argo: Upstream, folder: Path, **settings: Any) -> Any:
    return proxy(settings_for(argo.url, **settings), store=lambda: open_store(str(folder / "kept"), Bounds()))


@pytest.fixture
def client(argo: Upstream, tmp_path: Path) -> Iterator[httpx.Client]:
    with running(argo, tmp_path) as gateway:
        yield from asking(gateway)


def asking(gateway: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.url, timeout=10, trust_env=False) as made:
        yield made


def made(client: httpx.Client, model: str, *, stream: bool = False, **members: Any) -> Json:
    """The response that a client gets."""
    whole = {"model": model, "input": "Remember cobalt.", "stream": stream, **members}
    reply = client.post("/v1/responses", json=whole)
    assert reply.status_code == 200, reply.text
    found: Json = event_data_in(reply.content)[-1]["response"] if stream else reply.json()
    return found


def sent(argo: Upstream) -> str:
    return json.dumps(json.loads(argo.seen[-1].body)["messages"])


@on_every_family
@WAYS
def test_a_response_is_fetched_as_it_was_given_and_removed(client: httpx.Client, model: str, stream: bool) -> None:
    given = made(client, model, stream=stream, metadata={"team": "a"})
    assert given["store"] is True
    path = f"/v1/responses/{given['id']}"
    fetched = client.get(path)
    assert fetched.json() == given
    assert body_problems(fetched.content) == []
    items = client.get(f"{path}/input_items").json()
    assert [item["content"] for item in items["data"]] == [[{"type": "input_text", "text": "Remember cobalt."}]]
    assert (items["object"], items["has_more"]) == ("list", False)
    assert items["first_id"] == items["last_id"] == items["data"][0]["id"]
    assert client.delete(path).json() == {"id": given["id"], "object": "response", "deleted": True}
    assert [client.get(path).status_code, client.delete(path).status_code] == [404, 404]


@on_every_family
@WAYS
@pytest.mark.parametrize("later", FAMILIES)
def test_a_response_is_gone_on_from(client: httpx.Client, argo: Upstream, model: str, stream: bool, later: str) -> None:
    """Also by another model; a thought goes back to whoever has signed it."""
    first = made(client, model, stream=stream, instructions="Be brief.")
    second = made(client, later, stream=stream, input="Which word?", previous_response_id=first["id"])
    assert second["previous_response_id"] == first["id"]
    told = sent(argo)
    assert told.index("Remember cobalt.") < told.index("The word is cobalt.") < told.index("Which word?")
    assert "Be brief." not in json.dumps(json.loads(argo.seen[-1].body)), "instructions are of one response alone"
    assert ("c2ln" in told) == (model.startswith("claude") and later.startswith("claude"))
    third = made(client, later, input="And now?", previous_response_id=second["id"])
    told = sent(argo)
    assert [told.count(text) for text in ("Remember cobalt.", "Which word?", "And now?")] == [1, 1, 1]
    client.delete(f"/v1/responses/{first['id']}")
    assert made(client, later, input="Still?", previous_response_id=third["id"])["status"] == "completed"


def test_what_is_not_to_be_kept_is_not(client: httpx.Client) -> None:
    given = made(client, "gpt-5.4", store=False)
    assert given["store"] is False
    assert client.get(f"/v1/responses/{given['id']}").status_code == 404
    for reference, status, code in (
        ({"previous_response_id": given["id"]}, 400, "previous_response_not_found"),
        ({"conversation": "conv_none"}, 404, None),
        ({"conversation": "conv_a", "previous_response_id": "resp_a"}, 400, "mutually_exclusive_parameters"),
    ):
        reply = client.post("/v1/responses", json={"model": "gpt-5.4", "input": "x", **reference})
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_item_references_are_resolved(client: httpx.Client, argo: Upstream) -> None:
    first = made(client, "gpt-5.4")
    said = first["output"][0]["id"]
    given = [{"type": "item_reference", "id": said}, {"role": "user", "content": "Which?"}]
    made(client, "gpt-5.4", input=given, previous_response_id=first["id"])
    assert sent(argo).count("The word is cobalt.") == 1
    reply = client.post(
        "/v1/responses",
        json={"model": "gpt-5.4", "previous_response_id": first["id"], "input": [{**given[0], "id": "msg_none"}]},
    )
    assert (reply.status_code, reply.json()["error"]["param"]) == (404, "input[0].id")


@on_every_family
@WAYS
def test_an_item_is_referred_to_by_its_id_alone(client: httpx.Client, argo: Upstream, model: str, stream: bool) -> None:
    """As Vercel's AI SDK writes a conversation whose responses are kept."""
    first = made(client, model, stream=stream)
    references = [{"type": "item_reference", "id": item["id"]} for item in first["output"]]
    items = [{"role": "user", "content": "Hi."}, *references, {"role": "user", "content": "Which?"}]
    second = made(client, model, stream=stream, input=items)
    told = sent(argo)
    assert told.index("Hi.") < told.index("The word is cobalt.") < told.index("Which?")
    assert made(client, model, input="So?", previous_response_id=second["id"])["status"] == "completed"
    assert sent(argo).count("The word is cobalt.") == 2
    third = made(client, model, input="Another.")
    made(client, model, input=[references[-1]], previous_response_id=third["id"])
    assert sent(argo).count("The word is cobalt.") == 2, "of what is gone on from, and of the first"
    gone = {"type": "item_reference", "id": f"msg_{'0' * 24}_0"}
    reply = client.post("/v1/responses", json={"model": model, "input": [gone]})
    assert (reply.status_code, reply.json()["error"]["param"]) == (404, "input[0].id")


def test_pages_of_items(client: httpx.Client) -> None:
    items = [{"role": "user", "content": f"text {number}"} for number in range(5)]
    path = f"/v1/responses/{made(client, 'gpt-5.4', input=items)['id']}/input_items"

    def page(**query: Any) -> tuple[list[str], bool]:
        body = client.get(path, params=query).json()
        return [item["content"][0]["text"][-1] for item in body["data"]], body["has_more"]

    ids = [item["id"] for item in client.get(path, params={"order": "asc"}).json()["data"]]
    assert page() == (["4", "3", "2", "1", "0"], False)
    assert page(order="asc", limit=2) == (["0", "1"], True)
    assert page(order="asc", limit=2, after=ids[1]) == (["2", "3"], True)
    assert page(order="asc", before=ids[2]) == (["0", "1"], False)
    for wrong in ({"limit": 0}, {"limit": "x"}, {"limit": 101}, {"order": "up"}, {"after": "msg_none"}):
        assert client.get(path, params=wrong).status_code == 400


@WAYS
def test_a_conversation_grows_by_what_is_said_in_it(client: httpx.Client, argo: Upstream, stream: bool) -> None:
    begun = client.post(
        "/v1/conversations",
        json={"metadata": {"a": "b"}, "items": [{"type": "message", "role": "user", "content": "I am Ada."}]},
    ).json()
    assert (begun["object"], begun["metadata"]) == ("conversation", {"a": "b"})
    path = f"/v1/conversations/{begun['id']}"
    for text in ("One.", "Two."):
        given = made(client, "gpt-5.4", stream=stream, input=text, conversation=begun["id"])
        assert given["conversation"] == {"id": begun["id"]}
    told = sent(argo)
    assert told.index("I am Ada.") < told.index("One.") < told.index("cobalt") < told.index("Two.")
    listed = client.get(f"{path}/items", params={"order": "asc"}).json()["data"]
    assert [item["role"] for item in listed] == ["user", "user", "assistant", "user", "assistant"]
    assert len({item["id"] for item in listed}) == 5
    one = f"{path}/items/{listed[0]['id']}"
    assert client.get(one).json() == listed[0]
    assert client.delete(one).json()["id"] == begun["id"]
    assert client.get(one).status_code == 404
    added = client.post(f"{path}/items", json={"items": [{"role": "user", "content": "Three."}]}).json()
    assert [item["content"][0]["text"] for item in added["data"]] == ["Three."]
    assert client.post(path, json={"metadata": {"c": "d"}}).json()["metadata"] == {"c": "d"}
    assert client.get(path).json() == {**begun, "metadata": {"c": "d"}}
    assert client.delete(path).json() == {"id": begun["id"], "object": "conversation.deleted", "deleted": True}
    assert client.get(path).status_code == 404


def test_tokens_are_counted_with_what_is_gone_on_from(client: httpx.Client) -> None:
    def count(**members: Any) -> int:
        body = client.post("/v1/responses/input_tokens", json={"model": "gpt-5.4", "input": "hi", **members}).json()
        assert body["object"] == "response.input_tokens"
        return int(body["input_tokens"])

    first = made(client, "gpt-5.4", input="A long text. " * 50)
    assert 0 < count() < count(previous_response_id=first["id"])


def test_a_response_is_cancelled_only_in_the_background(client: httpx.Client) -> None:
    path = f"/v1/responses/{made(client, 'gpt-5.4')['id']}"
    reply = client.post(f"{path}/cancel")
    assert (reply.status_code, reply.json()["error"]["message"]) == (400, "Cannot cancel a synchronous response.")
    assert client.post("/v1/responses/resp_none/cancel").status_code == 404
    assert client.put(path).status_code == 405


def test_nobody_finds_what_is_anothers(argo: Upstream, tmp_path: Path) -> None:
    with running(argo, tmp_path, username_passthrough=True) as gateway:
        for client in asking(gateway):
            ada, bob = ({"authorization": f"Bearer {name}"} for name in ("ada", "bob"))
            body = {"model": "gpt-5.4", "input": "secret"}
            given = client.post("/v1/responses", json=body, headers=ada).json()["id"]
            assert client.get(f"/v1/responses/{given}", headers=ada).status_code == 200
            assert client.get(f"/v1/responses/{given}", headers=bob).status_code == 404
            assert client.delete(f"/v1/responses/{given}", headers=bob).status_code == 404
            more = {**body, "previous_response_id": given}
            assert client.post("/v1/responses", json=more, headers=bob).status_code == 400
            assert client.get(f"/v1/responses/{given}").status_code == 401


def test_a_gateway_that_is_started_again_has_what_was_kept(argo: Upstream, tmp_path: Path) -> None:
    """Two at once are in test_stores.py: a process has one mitmproxy."""
    with running(argo, tmp_path) as first:
        for client in asking(first):
            given = made(client, "claude-opus-4.6")
    with running(argo, tmp_path) as later:
        for client in asking(later):
            assert client.get(f"/v1/responses/{given['id']}").json() == given
            made(client, "gpt-5.4", input="Which?", previous_response_id=given["id"])
    assert "Remember cobalt." in sent(argo)


@pytest.mark.parametrize("mode", [{"force_conversion": True}, {"use_legacy_argo": True}], ids=str)
def test_in_other_modes_too(argo: Upstream, tmp_path: Path, mode: Json) -> None:
    if "use_legacy_argo" in mode:
        argo.answer = lambda seen: [json_answer(b'{"response": "The word is cobalt."}')]
    with running(argo, tmp_path, **mode) as gateway:
        for client in asking(gateway):
            first = made(client, "gpt-5.4")
            made(client, "gpt-5.4", input="Which?", previous_response_id=first["id"])
    assert "Remember cobalt." in argo.seen[-1].body.decode()


def test_a_compaction_of_what_is_kept(client: httpx.Client) -> None:
    first = made(client, "gpt-5.4")
    body = {"model": "gpt-5.4", "previous_response_id": first["id"]}
    output = client.post("/v1/responses/compact", json=body).json()["output"]
    assert [item["type"] for item in output] == ["message", "compaction"]


def test_without_a_store_nothing_is_kept_and_that_is_told(argo: Upstream) -> None:
    with proxy(settings_for(argo.url)) as gateway:
        for client in asking(gateway):
            given = made(client, "gpt-5.4")
            assert given["store"] is False
            assert client.get(f"/v1/responses/{given['id']}").status_code == 404
            reply = client.post("/v1/responses", json={"model": "gpt-5.4", "input": "x", "previous_response_id": "r"})
            assert (reply.status_code, reply.json()["error"]["code"]) == (400, "previous_response_not_found")
