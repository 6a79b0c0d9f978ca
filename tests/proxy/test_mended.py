"""Refusals that are known: the call is mended, sent once more, and the next one is right at once (decision 12).

The upstream is the simulator, made stricter than the catalogue knows: a behaviour refuses every request of a model that
holds some text, so that only a mended one is answered.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest

from argo_addon.dialects.envelope import sealed
from argo_addon.ir.parts import ReasoningPart
from argo_addon.settings import Settings

from ..running import Proxy, proxy, settings_for
from ..simulator.asking import Running, running

Json = dict[str, Any]
CLIENTS = ("anthropic", "chat", "responses", "google")


@pytest.fixture(scope="module")
def simulated() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def argo(simulated: Running) -> Running:
    simulated.control("DELETE", "log")
    simulated.control("DELETE", "behaviours")
    return simulated


@pytest.fixture
def gateway(argo: Running) -> Iterator[Proxy]:
    with listed(settings_for(argo.base_url)) as started:
        yield started


@contextmanager
def listed(settings: Settings) -> Iterator[Proxy]:
    """A gateway that has read the model list: what it has learned is not forgotten in between."""
    with proxy(settings) as started:
        deadline = time.monotonic() + 5
        while started.addon.gateway.models.source != "upstream":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield started


class Refused(msgspec.Struct, frozen=True):
    """A kind of refusal: which request is refused and how, and how to ask for such a one in each dialect."""

    kind: str
    model: str
    internal: str
    text: str
    message: str
    asking: Json
    """What the request says, by client."""


TOOL = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOLS: Json = {
    "chat": [{"type": "function", "function": {"name": "read", "description": "Reads.", "parameters": TOOL}}],
    "responses": [{"type": "function", "name": "read", "description": "Reads.", "parameters": TOOL}],
    "google": [{"functionDeclarations": [{"name": "read", "description": "Reads.", "parameters": TOOL}]}],
    "anthropic": [{"name": "read", "description": "Reads.", "input_schema": TOOL}],
}
EFFORT: Json = {
    "chat": {"reasoning_effort": "high"},
    "responses": {"reasoning": {"effort": "high"}},
    "google": {"generationConfig": {"thinkingConfig": {"thinkingLevel": "high"}}},
}
WARM: Json = {
    "anthropic": {"temperature": 0.5},
    "chat": {"temperature": 0.5},
    "responses": {"temperature": 0.5},
    "google": {"generationConfig": {"temperature": 0.5}},
}
BOTH: Json = {
    "anthropic": {"temperature": 0.5, "top_p": 0.9},
    "chat": {"temperature": 0.5, "top_p": 0.9},
    "responses": {"temperature": 0.5, "top_p": 0.9},
    "google": {"generationConfig": {"temperature": 0.5, "topP": 0.9}},
}
LIMIT: Json = {
    "anthropic": {"max_tokens": 4000},
    "chat": {"max_completion_tokens": 4000},
    "responses": {"max_output_tokens": 4000},
    "google": {"generationConfig": {"maxOutputTokens": 4000}},
}
_ENABLED = '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and ...'
_BETA = (
    "Unexpected value(s) `context-management-2025-06-27` for the `anthropic-beta` header. Please consult our "
    "documentation at docs.claude.com or try again without the header."
)
ROWS = (
    Refused(
        "thinking",
        "claude-opus-4.6",
        "claudeopus46",
        '"adaptive"',
        "adaptive thinking is not supported on this model",
        {"anthropic": {"thinking": {"type": "adaptive"}}, **EFFORT},
    ),
    Refused(
        "thinking",
        "claude-opus-4.6",
        "claudeopus46",
        '"enabled"',
        _ENABLED,
        {"anthropic": {"thinking": {"type": "enabled", "budget_tokens": 2000}}},
    ),
    Refused(
        "effort",
        "claude-opus-4.6",
        "claudeopus46",
        '"effort":"high"',
        "This model does not support effort level 'high'. Supported levels: low, medium.",
        {"anthropic": {"output_config": {"effort": "high"}}, **EFFORT},
    ),
    Refused(
        "sampling",
        "claude-haiku-4.5",
        "claudehaiku45",
        '"temperature"',
        "`temperature` is deprecated for this model.",
        WARM,
    ),
    Refused(
        "sampling",
        "claude-opus-4.1",
        "claudeopus41",
        '"top_p"',
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        BOTH,
    ),
    Refused(
        "sampling",
        "gpt-4.1",
        "gpt41",
        '"temperature"',
        "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is "
        "supported.",
        WARM,
    ),
    Refused(
        "sampling",
        "gpt-4.1",
        "gpt41",
        '"top_p"',
        "Unsupported parameter: 'top_p' is not supported with this model.",
        BOTH,
    ),
    Refused(
        "reasoning_effort",
        "gpt-5.2",
        "gpt52",
        '"reasoning_effort"',
        "Function tools with reasoning_effort are not supported for gpt-5.2 in /v1/chat/completions. Please use "
        "/v1/responses instead.",
        {name: {**said, "tools": TOOLS[name]} for name, said in EFFORT.items()}
        | {"anthropic": {"output_config": {"effort": "high"}, "tools": TOOLS["anthropic"]}},
    ),
    Refused(
        "reasoning_effort",
        "gpt-5.2",
        "gpt52",
        '"high"',
        "Unsupported value: 'reasoning_effort' does not support 'high' with this model. Supported values are: "
        "'low', and 'medium'.",
        {"anthropic": {"output_config": {"effort": "high"}}, **EFFORT},
    ),
    Refused(
        "max_tokens",
        "gpt-4.1",
        "gpt41",
        '"max_completion_tokens"',
        "Unsupported parameter: 'max_completion_tokens' is not supported with this model. Use 'max_tokens' instead.",
        LIMIT,
    ),
    Refused(
        "anthropic-beta",
        "claude-opus-4.6",
        "claudeopus46",
        '"context_management"',
        _BETA,
        {"anthropic": {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}},
    ),
)
CASES = [(row, client) for row in ROWS for client in CLIENTS if client in row.asking]
refusals = pytest.mark.parametrize(
    ("row", "client"), CASES, ids=[f"{row.kind}-{row.internal}-{client}" for row, client in CASES]
)
ways = pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
HEADERS = {"anthropic-beta": "context-management-2025-06-27,interleaved-thinking-2025-05-14"}


def ask(gateway: Proxy, client: str, model: str, streams: bool, said: Json, **more: Any) -> httpx.Response:
    """The answer to a short call."""
    text = more.pop("text", "hello")
    body: Json
    match client:
        case "google":
            verb = "streamGenerateContent?alt=sse" if streams else "generateContent"
            path, body = f"/v1beta/models/{model}:{verb}", {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        case "responses":
            path, body = "/v1/responses", {"model": model, "input": text, "stream": streams}
        case _:
            path = "/v1/messages" if client == "anthropic" else "/v1/chat/completions"
            body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": streams}
    if client == "anthropic":
        body["max_tokens"] = 4000
    headers = HEADERS if client == "anthropic" else {}
    return httpx.post(gateway.url + path, json=body | said, headers=headers, timeout=20, trust_env=False, **more)


def refuse(argo: Running, row: Refused, **how: Any) -> None:
    match = {"model": row.internal, "text": row.text}
    argo.behave({"match": match, "times": 50, "status": 400, "message": row.message, **how})


ENDS = ("message_stop", "[DONE]", "response.completed", "finishReason")


def answered(answer: httpx.Response) -> None:
    """It is a whole answer."""
    assert answer.status_code == 200, answer.text
    assert '"error":' not in answer.text.replace('"error":null', "")
    streams = "event-stream" in answer.headers["content-type"]
    assert any(end in answer.text for end in ENDS) if streams else answer.json()


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
    argo.behave({"match": {"text": '"enabled"'}, "times": 9, "status": 400, "message": _ENABLED})
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
    refuse(argo, thinking, delay=0.2)
    refuse(argo, warm, delay=0.2)
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


# Plain calls that must be streamed (argo.md, `anthropic_stream_mode`)


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
