"""Plain calls that ARGO wants streamed (argo.md, `anthropic_stream_mode`): decision 12."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.gateway import Gateway
from argo_addon.gateway.messages import ClientRequest
from argo_addon.settings.model import Settings

from ...running import Proxy, settings_for
from ...simulator.asking import Running
from .asking import CLIENTS, ROWS, WARM, Json, answered, ask, listed, refuse


@pytest.fixture
def patient(argo: Running) -> Iterator[Proxy]:
    with listed(settings_for(argo.base_url, anthropic_stream_mode="retry")) as started:
        yield started


def long(client: str, tokens: int) -> Json:
    names: Json = {
        "anthropic": {"max_tokens": tokens},
        "chat": {"max_tokens": tokens},
        "responses": {"max_output_tokens": tokens},
        "google": {"generationConfig": {"maxOutputTokens": tokens}},
    }
    found: Json = names[client]
    return found


def was_streamed(entry: Json) -> bool:
    return bool(json.loads(entry["body"]).get("stream"))


@pytest.mark.parametrize("client", CLIENTS)
def test_retry_goes_plain_first_and_streams_where_argo_asks_for_it(argo: Running, patient: Proxy, client: str) -> None:
    plain = ask(patient, client, "claude-opus-4.6", False, long(client, 4000))
    answered(plain)
    assert "argo-proxy-mended" not in plain.headers
    mended = ask(patient, client, "claude-opus-4.6", False, long(client, 30_000))
    answered(mended)
    assert mended.headers["content-type"].startswith("application/json")
    assert mended.headers["argo-proxy-mended"] == "streaming"
    again = ask(patient, client, "claude-opus-4.6", False, long(client, 40_000))
    answered(again)
    assert "argo-proxy-mended" not in again.headers
    answered(ask(patient, client, "claude-opus-4.6", False, long(client, 20_000)))
    assert [was_streamed(entry) for entry in argo.log()] == [False, False, True, True, False]
    assert httpx.post(patient.url + "/refresh", trust_env=False).status_code == 200
    answered(ask(patient, client, "claude-opus-4.6", False, long(client, 40_000)))
    assert len(argo.log()) == 7


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_in_the_stream_of_the_second_try_gets_its_status(argo: Running, patient: Proxy, client: str) -> None:
    argo.behave({"refuse_stream_required": True}, {"stream_error": {"after": 3}})
    answer = ask(patient, client, "claude-opus-4.6", False, long(client, 4000))
    assert answer.status_code == 529
    assert "Overloaded" in answer.text
    assert len(argo.log()) == 2


def test_it_counts_as_the_one_extra_try(argo: Running, patient: Proxy) -> None:
    argo.behave({"refuse_stream_required": True})
    refuse(argo, ROWS[3])
    answer = ask(patient, "anthropic", "claude-haiku-4.5", False, WARM["anthropic"])
    assert answer.status_code == 400
    assert len(argo.log()) == 2


@pytest.mark.parametrize("mode", ["force", "passthrough"])
def test_the_other_modes_try_once(argo: Running, mode: str) -> None:
    argo.behave({"refuse_stream_required": True})
    with listed(settings_for(argo.base_url, anthropic_stream_mode=mode)) as started:
        answer = ask(started, "anthropic", "claude-opus-4.6", False, {})
    assert answer.status_code == 500
    assert "Streaming is required" in answer.text
    assert len(argo.log()) == 1


def test_a_refusal_behind_the_start_of_a_stream_is_mended_for_a_plain_client_too() -> None:
    said = [{"role": "user", "content": "hi"}]
    body = {"model": "claude-opus-4.6", "max_tokens": 9, "messages": said, "brand_new": 1}
    gateway = Gateway(Settings(user="jdoe").with_base_url("https://argo.example"))
    call = gateway.open(ClientRequest("POST", "/v1/messages", {}, json.dumps(body).encode()))
    assert isinstance(call, Exchange)
    error = {"type": "invalid_request_error", "message": "brand_new: Extra inputs are not permitted"}
    start = {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": []}}
    events = (start, {"type": "ping"}, {"type": "error", "error": error})
    stream = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)
    assert call.should_retry_response(200, {"content-type": "text/event-stream"}, stream)
    assert b"brand_new" not in call.upstream.body


@pytest.mark.parametrize("model", ["claude-opus-4.6", "claude-haiku-4.5", "claude-opus-4.1"])
def test_a_plain_call_without_a_limit_is_not_made_one_that_argo_wants_streamed(argo: Running, model: str) -> None:
    """Seen in `passthrough`: the gateway's own limit for the answer was what ARGO refused."""
    with listed(settings_for(argo.base_url, anthropic_stream_mode="passthrough")) as plain:
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
        assert httpx.post(f"{plain.url}/v1/chat/completions", json=body, trust_env=False).status_code == 200


def test_1_35_the_notice_in_a_stream_that_is_put_together_is_a_403() -> None:
    gateway = Gateway(Settings(user="jdoe").with_base_url("https://argo.example"))
    body = {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    call = gateway.open(ClientRequest("POST", "/v1/messages", {}, json.dumps(body).encode()))
    assert isinstance(call, Exchange)
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "usage": {}}
    events = (
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0,
         "delta": {"type": "text_delta", "text": "AUTHENTICATION NOTICE FROM ARGO: no"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    )  # fmt: skip
    stream = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)
    assert call.complete_response(200, {"content-type": "text/event-stream"}, stream).status == 403
