"""Refusals that are known: the call is mended, sent once more, and the next one is right at once (decision 12).

The upstream is the simulator, made stricter than the catalogue knows: a behaviour refuses every request of a model that
holds some text, so that only a mended one is answered.
"""

from __future__ import annotations

import threading

import httpx
import msgspec
import pytest

from argo_addon.dialects.shared.sealed_reasoning import sealed
from argo_addon.ir.parts import ReasoningPart

from ...running import Proxy
from ...simulator.asking import Running
from .asking import CLIENTS, EFFORT, ENABLED, ROWS, Json, Refused, answered, ask, refusals, refuse, ways


@ways
@refusals
def test_a_known_refusal_is_mended_once_and_not_met_again(
    argo: Running, gateway: Proxy, row: Refused, client: str, streams: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    refuse(argo, row)
    mended = ask(gateway, client, row.model, streams, row.asking[client])
    answered(mended)
    assert [entry["status"] for entry in argo.log()] == [400, 200]
    assert mended.headers["argo-proxy-mended"] == row.kind
    if row.kind != "max_tokens" and "adaptive" not in row.text:
        assert mended.headers["argo-proxy-dropped"]
    assert f"{row.internal} refused this ({row.kind}): mended and sent once more" in caplog.text
    assert f", mended {row.kind}" in caplog.text

    again = ask(gateway, client, row.model, streams, row.asking[client])
    answered(again)
    assert [entry["status"] for entry in argo.log()] == [400, 200, 200]
    assert "argo-proxy-mended" not in again.headers
    assert again.headers.get("argo-proxy-dropped") == mended.headers.get("argo-proxy-dropped")

    assert httpx.post(gateway.url + "/refresh", trust_env=False).status_code == 200
    answered(ask(gateway, client, row.model, streams, row.asking[client]))
    assert [entry["status"] for entry in argo.log()] == [400, 200, 200, 400, 200], "the lesson is gone"


@ways
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("number", [0, 7], ids=["claude", "gpt"])
def test_a_refusal_inside_a_200_is_mended_too(
    argo: Running, gateway: Proxy, number: int, client: str, streams: bool
) -> None:
    row = ROWS[number]
    refuse(argo, row, error_in_200=True)
    answer = ask(gateway, client, row.model, streams, row.asking[client])
    answered(answer)
    assert answer.headers["argo-proxy-mended"] == row.kind
    assert len(argo.log()) == 2


def test_where_both_forms_of_thinking_are_refused_the_next_call_does_without(argo: Running, gateway: Proxy) -> None:
    """The simulator itself refuses the other form, which the second try has."""
    argo.behave({"match": {"text": '"enabled"'}, "times": 9, "status": 400, "message": ENABLED})
    refused = ask(gateway, "chat", "claude-haiku-4.5", True, EFFORT["chat"])
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "adaptive thinking is not supported on this model"
    assert len(argo.log()) == 2, "there is no third try"
    mended = ask(gateway, "chat", "claude-haiku-4.5", True, EFFORT["chat"])
    answered(mended)
    assert len(argo.log()) == 3
    assert mended.headers["argo-proxy-dropped"] == "reasoning_effort"


def test_a_beta_that_argo_does_not_know_goes_from_the_header_alone(argo: Running, gateway: Proxy) -> None:
    """The simulator's own refusal, which names the value."""
    for tries in (2, 1):
        argo.control("DELETE", "log")
        headers = {"anthropic-beta": "brand-new-2030-01-01,interleaved-thinking-2025-05-14"}
        body = {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
        answer = httpx.post(gateway.url + "/v1/messages", json=body, headers=headers, trust_env=False)
        answered(answer)
        log = argo.log()
        assert len(log) == tries
        assert log[-1]["headers"]["anthropic-beta"] == "interleaved-thinking-2025-05-14"
        assert answer.headers["argo-proxy-dropped"] == "header anthropic-beta: brand-new-2030-01-01"


# The conversation's thoughts

FORGED = "Zm9yZ2Vk"
_ENVELOPE = sealed([ReasoningPart("Hm.", FORGED)])
HISTORIES: Json = {
    "anthropic": {
        "messages": [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": FORGED},
                    {"type": "text", "text": "Ho."},
                ],
            },
            {"role": "user", "content": "hello"},
        ]
    },
    "chat": {
        "messages": [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": "Ho.",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "Hm.", "signature": FORGED, "format": "anthropic-claude-v1"}
                ],
            },
            {"role": "user", "content": "hello"},
        ]
    },
    "responses": {
        "input": [
            {"role": "user", "content": "hi"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": _ENVELOPE},
            {"role": "assistant", "content": "Ho."},
            {"role": "user", "content": "hello"},
        ]
    },
    "google": {
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}]},
            {"role": "model", "parts": [{"text": "Ho.", "thoughtSignature": _ENVELOPE}]},
            {"role": "user", "parts": [{"text": "hello"}]},
        ]
    },
}
TOLD = {
    "anthropic": "messages[].content[].thinking",
    "chat": "messages[].reasoning_content",
    "responses": "input[].reasoning",
    "google": "contents[].parts[].thoughtSignature",
}


@ways
@pytest.mark.parametrize("client", CLIENTS)
def test_a_signature_that_is_refused_goes_with_its_thought_and_teaches_nothing_of_the_model(
    argo: Running, gateway: Proxy, client: str, streams: bool
) -> None:
    for _ in range(2):
        argo.control("DELETE", "log")
        answer = ask(gateway, client, "claude-opus-4.6", streams, HISTORIES[client])
        answered(answer)
        first, second = argo.log()
        assert "Invalid `signature` in `thinking` block" in first["refusal"]
        assert "Hm." not in second["body"]
        assert "Ho." in second["body"]
        assert answer.headers["argo-proxy-mended"] == "signatures"
        assert TOLD[client] in answer.headers["argo-proxy-dropped"]


# What is not mended


@ways
@pytest.mark.parametrize("client", CLIENTS)
def test_a_refusal_that_is_not_known_is_told_as_always(
    argo: Running, gateway: Proxy, client: str, streams: bool
) -> None:
    for message in ("temperature: range: 0..1", "`temperature` is deprecated for this model."):
        argo.control("DELETE", "log")
        argo.behave({"status": 400, "message": message})  # there is no temperature in it
        answer = ask(gateway, client, "claude-haiku-4.5", streams, {})
        assert answer.status_code == 400
        assert message in answer.text
        assert len(argo.log()) == 1
        assert "argo-proxy-mended" not in answer.headers


@ways
@pytest.mark.parametrize("client", CLIENTS)
def test_another_fault_of_the_second_try_is_told(argo: Running, gateway: Proxy, client: str, streams: bool) -> None:
    row = ROWS[3]
    refuse(argo, row)
    argo.behave({"match": {"model": row.internal}, "status": 529, "message": "Overloaded"})
    answer = ask(gateway, client, row.model, streams, row.asking[client])
    assert answer.status_code == 529
    assert "Overloaded" in answer.text
    assert len(argo.log()) == 2
    assert answer.headers["argo-proxy-mended"] == row.kind
    answered(ask(gateway, client, row.model, streams, row.asking[client]))
    assert len(argo.log()) == 3, "what was learned holds all the same"


def test_two_refusals_take_two_calls(argo: Running, gateway: Proxy) -> None:
    thinking, warm = ROWS[1], msgspec.structs.replace(ROWS[3], internal="claudeopus46")
    refuse(argo, thinking)
    refuse(argo, warm)
    said = {**thinking.asking["anthropic"], "temperature": 1}
    assert ask(gateway, "anthropic", "claude-opus-4.6", False, said).status_code == 400
    answered(ask(gateway, "anthropic", "claude-opus-4.6", False, said))
    assert len(argo.log()) == 3, "the second refusal was learned from as well"


def test_calls_at_the_same_time_are_each_mended(argo: Running, gateway: Proxy) -> None:
    thinking, warm = ROWS[0], msgspec.structs.replace(ROWS[3], internal="claudeopus46")
    refuse(argo, thinking, delay=1.0)
    refuse(argo, warm, delay=1.0)
    got: list[httpx.Response] = []
    sayings = [thinking.asking["anthropic"], warm.asking["anthropic"]] * 2
    threads = [
        threading.Thread(target=lambda said=said: got.append(ask(gateway, "anthropic", "claude-opus-4.6", True, said)))
        for said in sayings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(got) == 4
    for answer in got:
        answered(answer)
    assert len(argo.log()) == 8
    for said in sayings[:2]:
        answered(ask(gateway, "anthropic", "claude-opus-4.6", True, said))
    assert len(argo.log()) == 10, "both lessons are kept"


def test_the_lesson_is_about_its_model_only(argo: Running, gateway: Proxy) -> None:
    row = ROWS[0]
    refuse(argo, row)
    answered(ask(gateway, "chat", row.model, False, row.asking["chat"]))
    answered(ask(gateway, "chat", "claude-sonnet-4.6", False, row.asking["chat"]))
    assert '"adaptive"' in argo.log()[-1]["body"]
