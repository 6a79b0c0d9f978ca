"""What a client of the Responses API may refer to, in every form, and what it is told of what is not there."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..running import Proxy, Upstream
from .test_responses import sent

Json = dict[str, Any]
MODEL = "gpt-5.4"


def made(client: httpx.Client, **members: Any) -> Json:
    reply = client.post("/v1/responses", json={"model": MODEL, "input": "Hi.", **members})
    assert reply.status_code == 200, reply.text
    found: Json = reply.json()
    return found


def told(reply: httpx.Response) -> tuple[int, str | None, str | None]:
    """The status of an error, its param and its code."""
    error = reply.json()["error"]
    assert error["message"]
    assert error["type"] == "invalid_request_error"
    return reply.status_code, error["param"], error["code"]


def test_every_path_tells_of_what_is_not_there(client: httpx.Client) -> None:
    for method, path in (
        ("GET", "responses/resp_none"),
        ("GET", "responses/resp_none?stream=true"),
        ("DELETE", "responses/resp_none"),
        ("POST", "responses/resp_none/cancel"),
        ("GET", "responses/resp_none/input_items"),
        ("GET", "conversations/conv_none"),
        ("POST", "conversations/conv_none"),
        ("DELETE", "conversations/conv_none"),
        ("GET", "conversations/conv_none/items"),
        ("POST", "conversations/conv_none/items"),
        ("GET", "conversations/conv_none/items/msg_1"),
        ("DELETE", "conversations/conv_none/items/msg_1"),
    ):
        body = {"items": [{"role": "user", "content": "x"}], "metadata": {}} if method == "POST" else None
        reply = client.request(method, f"/v1/{path}", json=body)
        status, _, _ = told(reply)
        assert (method, path, status) == (method, path, 404)
        name = "conv_none" if path.startswith("conv") else "resp_none"
        kind = "Conversation" if path.startswith("conv") else "Response"
        assert f"{kind} with id '{name}'" in reply.json()["error"]["message"], reply.text


def test_what_is_of_another_kind_is_not_there(client: httpx.Client) -> None:
    """The id of a conversation is no response's, and the other way round; nor are the names of what is kept beside."""
    response, conversation = made(client)["id"], client.post("/v1/conversations", json={}).json()["id"]
    for wrong in (conversation, f"{response}/events/0", f"{response}/life", ""):
        reply = client.post("/v1/responses", json={"model": MODEL, "input": "x", "previous_response_id": wrong})
        assert told(reply) == (400, "previous_response_id", "previous_response_not_found")
    for wrong in (response, f"{response}/events/0", ""):
        reply = client.post("/v1/responses", json={"model": MODEL, "input": "x", "conversation": wrong})
        assert told(reply)[:2] == (404, "conversation")
    for method, path in (
        ("GET", f"responses/{conversation}"),
        ("DELETE", f"responses/{conversation}"),
        ("POST", f"responses/{conversation}/cancel"),
        ("GET", f"responses/{conversation}/input_items"),
        ("GET", f"conversations/{response}"),
        ("DELETE", f"conversations/{response}"),
        ("GET", f"conversations/{response}/items"),
        ("GET", f"responses/{response}%2Fevents%2F0"),
    ):
        assert client.request(method, f"/v1/{path}").status_code == 404, path
    body: Json = {"items": [{"role": "user", "content": "x"}]}
    assert client.post(f"/v1/conversations/{response}/items", json=body).status_code == 404
    assert client.get(f"/v1/responses/{response}").status_code == 200
    assert client.get(f"/v1/conversations/{conversation}").status_code == 200


def test_what_is_too_old_is_not_there(client: httpx.Client, served: tuple[Upstream, Proxy, str]) -> None:
    given, conversation = made(client)["id"], client.post("/v1/conversations", json={}).json()["id"]
    worker = served[1].addon.store
    assert worker is not None
    before, worker._store = worker._store, open_store(served[2], Bounds(seconds=-1.0))
    try:
        assert client.get(f"/v1/responses/{given}").status_code == 404
        reply = client.post("/v1/responses", json={"model": MODEL, "input": "x", "previous_response_id": given})
        assert told(reply) == (400, "previous_response_id", "previous_response_not_found")
        reply = client.post("/v1/responses", json={"model": MODEL, "input": "x", "conversation": conversation})
        assert told(reply)[:2] == (404, "conversation")
    finally:
        worker._store.close()
        worker._store = before


@pytest.mark.parametrize("form", ["text", "object"])
def test_a_conversation_in_every_form(client: httpx.Client, argo: Upstream, form: str) -> None:
    begun = client.post("/v1/conversations").json()
    named = begun["id"] if form == "text" else {"id": begun["id"]}
    assert made(client, conversation=named, input="One.")["conversation"] == {"id": begun["id"]}
    made(client, conversation=named, input="Two.")
    assert "One." in sent(argo)
    assert made(client, conversation=None)["id"]
    no_forms: list[object] = [{}, {"id": 5}, 7, []]
    for wrong in no_forms:
        reply = client.post("/v1/responses", json={"model": MODEL, "input": "x", "conversation": wrong})
        status, param, _ = told(reply)
        assert (status, (param or "").startswith("conversation")) == (400, True)


def test_a_conversation_that_is_deleted_in_the_meantime_stays_deleted(client: httpx.Client, argo: Upstream) -> None:
    conversation = client.post("/v1/conversations", json={}).json()["id"]
    made(client, conversation=conversation)
    assert client.delete(f"/v1/conversations/{conversation}").json()["deleted"] is True
    reply = client.post("/v1/responses", json={"model": MODEL, "input": "x", "conversation": conversation})
    assert told(reply)[:2] == (404, "conversation")
    assert client.get(f"/v1/conversations/{conversation}").status_code == 404


def test_what_is_no_item_is_not_put_into_a_conversation(client: httpx.Client) -> None:
    path = f"/v1/conversations/{client.post('/v1/conversations', json={'metadata': {'a': 'b'}}).json()['id']}"
    nothing: list[tuple[object, str]] = [
        (5, "items[0]"),
        ({"foo": 1}, "items[0].type"),
        ({"role": "robot", "content": "x"}, "items[0].role"),
        ({"type": "message", "content": "x"}, "items[0].role"),
    ]
    for wrong, param in nothing:
        for where in ("/v1/conversations", f"{path}/items"):
            assert told(client.post(where, json={"items": [wrong]}))[:2] == (400, param)
    assert told(client.post(path, json={}))[:2] == (400, "metadata")
    assert client.get(path).json()["metadata"] == {"a": "b"}
    assert client.get(f"{path}/items").json()["data"] == []


def test_a_prompt_that_is_kept_elsewhere_is_told_so(client: httpx.Client, argo: Upstream) -> None:
    prompt = {"id": "pmpt_1", "version": "2", "variables": {"city": "Chicago"}}
    reply = client.post("/v1/responses", json={"model": MODEL, "prompt": prompt})
    assert told(reply) == (400, "prompt", "unsupported_parameter")
    assert "pmpt_1" in reply.json()["error"]["message"]
    assert "instructions" in reply.json()["error"]["message"]
    assert argo.seen == []


def test_what_is_asked_for_besides(client: httpx.Client, argo: Upstream) -> None:
    reply = client.post(
        "/v1/responses",
        json={
            "model": MODEL,
            "input": "Hi.",
            "max_tool_calls": 3,
            "include": ["reasoning.encrypted_content", "web_search_call.action.sources"],
            "truncation": "auto",
        },
    )
    body = reply.json()
    assert (body["max_tool_calls"], body["truncation"]) == (3, "auto")
    assert reply.headers["argo-proxy-dropped"] == "max_tool_calls, include.web_search_call.action.sources"
    for name, wrong in (
        ("max_tool_calls", 0),
        ("max_tool_calls", "x"),
        ("truncation", "some"),
        ("include", "reasoning.encrypted_content"),
        ("metadata", {"a": 1}),
        ("store", "yes"),
        ("top_logprobs", "x"),
        ("service_tier", 5),
    ):
        told_of = client.post("/v1/responses", json={"model": MODEL, "input": "Hi.", name: wrong})
        status, param, _ = told(told_of)
        assert (status, (param or "").partition("[")[0].partition(".")[0]) == (400, name), told_of.text


def test_what_is_too_long_is_cut_at_its_beginning(client: httpx.Client, argo: Upstream) -> None:
    """`truncation: auto` leaves out the oldest items, calls with their outputs, and never what was said last."""
    long = "word " * 400_000
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    items = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": f"first {long}"},
        call,
        {"type": "function_call_output", "call_id": "c1", "output": f"second {long}"},
        {"role": "assistant", "content": "third"},
        {"role": "user", "content": "fourth"},
    ]
    made(client, input=items, truncation="auto")
    said = sent(argo)
    assert [word in said for word in ("Be brief.", "first", "c1", "second", "third", "fourth")] == [
        True, False, False, False, True, True,
    ]  # fmt: skip
    made(client, input=items)
    assert "first" in sent(argo), "what is too long is ARGO's to refuse"
    made(client, input=items[-2:], truncation="auto")
    assert "third" in sent(argo)


def test_an_item_is_referred_to_in_every_form(client: httpx.Client, argo: Upstream) -> None:
    """By an id alone, where tokens are counted, in a conversation; of a response that was made in the background."""
    first = made(client)["output"][0]["id"]
    begun = made(client, background=True)["id"]
    end = time.monotonic() + 20
    while (now := client.get(f"/v1/responses/{begun}").json())["status"] != "completed":
        assert time.monotonic() < end
        time.sleep(0.02)
    for identifier in (first, now["output"][0]["id"]):
        for reference in ({"type": "item_reference", "id": identifier}, {"id": identifier}):
            items = [{"role": "user", "content": "Hi."}, reference, {"role": "user", "content": "Which?"}]
            made(client, input=items)
            assert sent(argo).count("The word is cobalt.") == 1
            counted = client.post("/v1/responses/input_tokens", json={"model": MODEL, "input": items}).json()
            assert counted["input_tokens"] > 5
            conversation = client.post("/v1/conversations", json={}).json()["id"]
            made(client, input=items, conversation=conversation)
            made(client, input="So?", conversation=conversation)
            assert sent(argo).count("The word is cobalt.") == 2, "what was referred to, and what was answered"
    client.delete(f"/v1/responses/{begun}")
    for gone in (now["output"][0]["id"], "msg_none"):
        reply = client.post("/v1/responses", json={"model": MODEL, "input": [{"type": "item_reference", "id": gone}]})
        assert told(reply)[:2] == (404, "input[0].id")
        assert gone in reply.json()["error"]["message"]


def test_no_two_items_have_one_id(client: httpx.Client, argo: Upstream) -> None:
    """Else pages of them would have no end; and what a client sends once more is said once."""
    twice: list[Json] = [
        {"type": "message", "id": "msg_1", "role": "user", "content": text} for text in ("One.", "Two.")
    ]
    first = made(client, input=twice)
    path = f"/v1/responses/{first['id']}/input_items"
    listed: list[str] = []
    page: Json = {"has_more": True}
    while page["has_more"]:
        after = {"after": page["last_id"]} if listed else {}
        page = client.get(path, params={"limit": "1", "order": "asc", **after}).json()
        listed += [item["content"][0]["text"] for item in page["data"]]
        assert len(listed) <= 2
    assert listed == ["One.", "Two."]
    again = [first["output"][0], {**twice[0], "content": "Three."}]
    second = made(client, input=again, previous_response_id=first["id"])
    assert [sent(argo).count(text) for text in ("One.", "Two.", "The word is cobalt.", "Three.")] == [1, 1, 1, 1]
    ids = [item["id"] for item in client.get(f"/v1/responses/{second['id']}/input_items").json()["data"]]
    assert len(ids) == len(set(ids)) == 4
    items = {"items": [twice[0]]}
    conversation = client.post("/v1/conversations", json=items).json()["id"]
    assert told(client.post(f"/v1/conversations/{conversation}/items", json=items))[:2] == (400, "items[0].id")


def test_what_nobody_could_read_is_not_added_to_a_conversation(client: httpx.Client) -> None:
    conversation = client.post("/v1/conversations", json={}).json()["id"]
    for item, param in (
        ({"type": "nonsense"}, "items[0].type"),
        ({"role": "user", "content": [{"type": "nonsense"}]}, "items[0].content[0].type"),
        ({"type": "item_reference", "id": "msg_1"}, "items[0]"),
        ({"role": "nobody", "content": "x"}, "items[0].role"),
        ({"type": "function_call_output", "call_id": "c", "output": 5}, "items[0].output"),
    ):
        for path in ("/v1/conversations", f"/v1/conversations/{conversation}/items"):
            reply = client.post(path, json={"items": [item]})
            assert told(reply)[:2] == (400, param), reply.text
    made(client, conversation=conversation)
