"""The models told whole: in lists, one by one, and where ARGO does not know a name that was passed on as typed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.models.catalogue import EMBEDDINGS
from argo_addon.settings.model import Settings

from .opening import BASE, CHAT, JSON, MESSAGES, exchange, reply


def listed(gateway: Gateway, path: str = "/v1/models", **headers: str) -> list[dict[str, Any]]:
    body = json.loads(reply(gateway, path, method="GET", **headers).body)
    rows: list[dict[str, Any]] = body.get("data") or body.get("models")
    return rows


EMBEDDING_NAMES = {f"argo:{display}" for _, display in EMBEDDINGS}


def test_openais_list_has_embedding_models_and_every_shown_name(gateway: Gateway) -> None:
    rows = {row["id"]: row for row in listed(gateway)}
    assert rows["argo:text-embedding-3-small"]["internal_id"] == "v3small"
    assert {name for name, row in rows.items() if row["mode"] == "embedding"} == EMBEDDING_NAMES
    assert {"argo:claude-4.6-opus", "argo:gpt-o3-mini", "argo:claude-opus", "argo:claude-haiku"} <= set(rows)
    assert rows["argo:claude-opus"]["internal_id"] == "claudeopus48"
    assert rows["argo:gpt-5.4"]["mode"] == "chat"


def test_googles_list_has_embedding_models_with_what_they_can_be_asked(gateway: Gateway) -> None:
    rows = {row["name"].removeprefix("models/"): row for row in listed(gateway, "/v1beta/models")}
    assert set(rows) >= EMBEDDING_NAMES
    methods = rows["argo:text-embedding-3-large"]["supportedGenerationMethods"]
    assert "embedContent" in methods
    assert "generateContent" not in methods
    assert "embedContent" not in rows["argo:gpt-5.4"]["supportedActions"]


def test_anthropics_list_has_none_since_its_callers_cannot_embed(gateway: Gateway) -> None:
    rows = listed(gateway, anthropic_version="2023-06-01")
    assert EMBEDDING_NAMES.isdisjoint(row["id"] for row in rows)


def test_each_name_that_a_list_shows_is_taken_by_a_call_and_known_one_by_one(gateway: Gateway) -> None:
    for row in listed(gateway):
        path = "/v1/embeddings" if row["mode"] == "embedding" else "/v1/chat/completions"
        call = exchange(gateway, path, {"model": row["id"], "input": "x", "messages": CHAT["messages"]})
        assert call.route.internal_id == row["internal_id"]
        for one in ("/v1/models/", "/v1beta/models/"):
            assert reply(gateway, one + quote(row["id"], safe=""), method="GET").status == 200


@pytest.mark.parametrize(
    "name",
    ["opus", "haiku", "claude-opus-4-6[1m]", "claude-haiku-4-5-20251001", "anthropic/claude-opus-4.6", "openai/gpt-5.4",
     "claude-gpt-5.4", "gpt54", "v3small", "text-embedding-3-small", "openai/text-embedding-3-small", "models/gpt-5.4"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/models/", "/v1beta/models/"])
@pytest.mark.parametrize("safe", ["", "/"])
def test_each_name_that_a_call_takes_is_known(gateway: Gateway, name: str, path: str, safe: str) -> None:
    answer = reply(gateway, path + quote(name, safe=safe), method="GET")
    assert answer.status == 200
    told = json.loads(answer.body)
    assert told.get("id", told.get("baseModelId")) in (name, name.removeprefix("models/"))


@pytest.mark.parametrize(
    ("name", "close"),
    [("claude-9", "argo:claude-opus-4.8"), ("gpt-99", "argo:gpt-5"), ("foo", ""), ("meta/llama-4", "")],
)
@pytest.mark.parametrize("headers", [{}, {"anthropic_version": "2023-06-01"}, {"x_goog_api_key": "k"}])
def test_another_name_is_a_404_in_the_callers_format(
    gateway: Gateway, name: str, close: str, headers: dict[str, str]
) -> None:
    answer = reply(gateway, f"/v1/models/{name}", method="GET", **headers)
    assert answer.status == 404
    message = json.loads(answer.body)["error"]["message"]
    assert name in message
    assert (f"Closest: {close}" if close else "lists them all") in message
    assert bool(close) is ("Closest" in message)


def test_the_model_that_answers_for_unknown_ones_is_told(gateway: Gateway) -> None:
    settings = Settings(user="jdoe", default_chat_model="gpt-5.4").with_base_url(BASE)
    told = json.loads(reply(Gateway(settings), "/v1/models/foo", method="GET").body)
    assert (told["id"], told["internal_id"]) == ("argo:gpt-5.4", "gpt54")


# --- ARGO does not know a name that was passed on as typed

CALLS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": CHAT,
    "/v1/messages": MESSAGES,
    "/v1/responses": {"input": "hi"},
    "/v1beta/models/{}:generateContent": {"contents": [{"parts": [{"text": "hi"}]}]},
}
REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "404, OpenAI": (404, {"error": {"message": "The model does not exist.", "code": "model_not_found", "type": "t"}}),
    "404, Anthropic": (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: x"}}),
    "400": (400, {"error": {"message": "claude-9 is not an internal id", "type": "invalid_request_error"}}),
    "400, a text": (400, {"detail": "Model 'x' is not an internal ID."}),
}


def refused(call: Exchange, status: int, body: object) -> Any:
    answer = call.complete_response(status, JSON, json.dumps(body).encode())
    return json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(("name", "close"), [("claude-9", "argo:claude-opus-4.8"), ("gpt-99", "argo:gpt-5")])
def test_the_closest_are_told_with_argos_refusal(path: str, refusal: str, name: str, close: str, legacy: bool) -> None:
    gateway = Gateway(msgspec.structs.replace(Settings(user="jdoe").with_base_url(BASE), use_legacy_argo=legacy))
    call = exchange(gateway, path.format(name), {**CALLS[path], "model": name})
    status, body = REFUSALS[refusal]
    message = refused(call, status, body)
    assert f"Closest: {close}" in message
    said = body.get("detail") or body["error"]["message"]
    assert said in message


def test_a_stream_that_has_begun_tells_them_too(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/messages", {**MESSAGES, "model": "claude-9", "stream": True})
    call.start_early()
    assert call.relay is not None
    assert call.relay.keep_alive()
    status, body = REFUSALS["404, Anthropic"]
    assert b"Closest: argo:claude-opus-4.8" in call.finish_stream(status, JSON, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("claude-opus-4-6", 404, "model: x"),  # it is in the list
        ("claude-9", 400, "messages: too few"),
        ("claude-9", 401, "no"),
        ("claude-9", 500, "not an internal id of ours"),
    ],
)
def test_other_refusals_are_as_they_were(gateway: Gateway, name: str, status: int, message: str) -> None:
    call = exchange(gateway, "/v1/messages", {**MESSAGES, "model": name})
    body = {"type": "error", "error": {"type": "t", "message": message}}
    answer = call.complete_response(status, JSON, json.dumps(body).encode())
    assert json.loads(answer.body) == body


def test_the_prefixes_of_other_tools_do_not_reach_argo(gateway: Gateway) -> None:
    call = exchange(gateway, "/v1/messages", {**MESSAGES, "model": "anthropic/claude-9"})
    assert json.loads(call.upstream.body)["model"] == "claude-9"
