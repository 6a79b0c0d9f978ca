"""What a group's monitoring sees of a gateway: probes, metrics, and a line of JSON a call."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from argo_addon.proxy.calls import Limits

from ..running import END, STREAM, Pause, Proxy, Step, Upstream, chunk, json_answer, proxy, settings_for, streamed
from .talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGE_STREAM, MESSAGES, answers_with, begun, events

TOOL = {"user-agent": "claude-cli/2.1 (external)"}
MODEL = {"dialect": "anthropic", "model": "claudeopus46", "tool": "claude-cli"}


def scraped(client: httpx.Client, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, by its name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    found = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
    assert len(found) == len(samples), "no series is told twice"
    return found


def value(client: httpx.Client, name: str, **labels: str) -> float:
    """One sample; 0 where there is none."""
    return scraped(client).get((f"argo_proxy_{name}", frozenset(labels.items())), 0.0)


def settled(client: httpx.Client) -> None:
    """Waits until the gateway has noticed that no call is left."""
    end = time.monotonic() + 5
    while value(client, "active_requests"):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, object]]]:
    """What is said of each call, beside its words."""
    with caplog.at_level(logging.INFO):
        yield _Calls(caplog)


class _Calls(list[dict[str, object]]):
    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def __getitem__(self, index: object) -> dict[str, object]:  # type: ignore[override]
        assert isinstance(index, int)
        told: list[dict[str, object]] = [vars(one)["call"] for one in self._caplog.records if "call" in vars(one)]
        return told[index]


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "plain"])
def test_calls_and_their_tokens_are_counted_by_dialect_model_and_tool(
    argo: Upstream, client: httpx.Client, *, streams: bool
) -> None:
    plain = json.dumps(MESSAGE).encode()
    answers_with(argo, *(streamed(*events(MESSAGE_STREAM)) if streams else [json_answer(plain)]))
    for _ in range(3):
        body = {**MESSAGES, "stream": streams}
        assert client.post("/v1/messages", json=body, headers=TOOL).status_code == 200
    usage = MESSAGE["usage"]
    read, write = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    assert value(client, "requests_total", **MODEL) == 3
    assert value(client, "errors_total", **MODEL, kind="upstream") == 0
    assert value(client, "tokens_total", **MODEL, type="output") == 3 * usage["output_tokens"] > 0
    assert value(client, "tokens_total", **MODEL, type="input") == 3 * (usage["input_tokens"] + read + write) > 0
    assert value(client, "tokens_total", **MODEL, type="cache_read") == 3 * read
    assert value(client, "first_byte_seconds_count", **MODEL) == 3
    assert value(client, "stream_seconds_count", **MODEL) == (3 if streams else 0)


def test_a_long_stream_is_counted_by_its_two_ends(argo: Upstream, client: httpx.Client) -> None:
    first, *rest = events(CHAT_STREAM)
    answers_with(argo, *streamed(first, *([rest[0]] * 2000), *rest))
    assert client.post("/v1/chat/completions", json=CHAT, headers=TOOL).status_code == 200
    told = [json.loads(one[6:]) for one in events(CHAT_STREAM) if b'"usage":{' in one][-1]["usage"]
    labels = {"dialect": "openai_chat", "model": "gpt54", "tool": "claude-cli"}
    assert value(client, "tokens_total", **labels, type="output") == told["completion_tokens"] > 0


def test_time_to_first_byte_is_told_apart_from_the_streams_time(argo: Upstream, client: httpx.Client) -> None:
    all_of_it = events(MESSAGE_STREAM)
    answers_with(argo, STREAM, chunk(b"".join(all_of_it[:3])), Pause(0.3), chunk(b"".join(all_of_it[3:])), END)
    client.post("/v1/messages", json=MESSAGES, headers=TOOL)
    assert value(client, "stream_seconds_sum", **MODEL) >= 0.3
    assert value(client, "stream_seconds_sum", **MODEL) - value(client, "first_byte_seconds_sum", **MODEL) >= 0.2
    bounds = [
        (dict(labels)["le"], count)
        for (name, labels), count in scraped(client).items()
        if name == "argo_proxy_stream_seconds_bucket"
    ]
    assert [count for _, count in sorted(bounds, key=lambda one: float(one[0]))][-1] == 1
    assert dict(bounds)["0.25"] == 0


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate_limit"), (503, "unavailable"), (529, "overloaded"), (418, "418")]
)
def test_errors_are_counted_by_kind(argo: Upstream, client: httpx.Client, status: int, kind: str) -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "no"}}
    answers_with(argo, json_answer(json.dumps(error).encode(), f"{status} No"))
    assert client.post("/v1/messages", json=MESSAGES, headers=TOOL).status_code == status
    assert value(client, "errors_total", **MODEL, kind=kind) == value(client, "requests_total", **MODEL) == 1


def test_a_call_that_is_refused_here_counts_as_well(argo: Upstream, client: httpx.Client) -> None:
    labels = {"dialect": "openai_chat", "model": "", "tool": "claude-cli"}
    assert client.post("/v1/chat/completions", json={**CHAT, "model": "no-such"}, headers=TOOL).status_code == 404
    assert client.post("/v1/chat/completions", content=b"{", headers=TOOL).status_code == 400
    assert value(client, "errors_total", **labels, kind="not_found") == 1
    assert value(client, "errors_total", **labels, kind="invalid_request") == 1
    assert value(client, "requests_total", **labels) == 2


def test_an_unreachable_argo_is_an_error_of_the_upstream() -> None:
    with proxy(settings_for("http://127.0.0.1:9")) as gateway, httpx.Client(base_url=gateway.url) as client:
        assert client.post("/v1/messages", json=MESSAGES, headers=TOOL).status_code == 502
        assert value(client, "errors_total", **MODEL, kind="upstream") == 1


def test_who_leaves_is_told_apart_and_what_runs_is_seen(argo: Upstream) -> None:
    steps: list[Step] = [STREAM, chunk(begun(MESSAGE_STREAM)), Pause(20)]
    argo.answer = lambda seen: steps if seen.line.startswith("POST") else [json_answer(b"{}")]
    with (
        proxy(settings_for(argo.url), Limits()) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False) as client,
        httpx.Client(base_url=gateway.url, trust_env=False) as other,
    ):
        while gateway.addon.gateway.models.problem is None:  # the list has been read, and its connection is free
            time.sleep(0.01)
        with client.stream("POST", "/v1/messages", json=MESSAGES, headers=TOOL) as answer:
            pieces = answer.iter_bytes()  # held: the response is closed with it
            next(pieces)
            assert value(other, "active_streams") == 1
            assert value(other, "upstream_connections") == 1
        settled(other)
        assert value(other, "abandoned_total", **MODEL) == 1
        assert value(other, "upstream_connections") == 0


def test_tools_that_name_themselves_anew_each_time_do_not_fill_the_memory(argo: Upstream, client: httpx.Client) -> None:
    answers_with(argo, json_answer(json.dumps(MESSAGE).encode()))
    for number in range(520):
        client.post("/v1/messages", content=b"{", headers={"user-agent": f"tool{number}/1"})
    names = {dict(labels)["tool"] for name, labels in scraped(client) if name == "argo_proxy_requests_total"}
    assert len(names) <= 501
    assert sum(value for (name, _), value in scraped(client).items() if name == "argo_proxy_requests_total") == 520


def test_failures_under_made_up_names_do_not_hide_the_tools_that_are_there(
    argo: Upstream, client: httpx.Client, lines: list[dict[str, object]]
) -> None:
    answers_with(argo, json_answer(json.dumps(MESSAGE).encode()))
    for number in range(510):
        client.post("/v1/messages", content=b"{", headers={"user-agent": f"tool{number}/1"})
    assert client.post("/v1/messages", json={**MESSAGES, "stream": False}, headers=TOOL).status_code == 200
    assert value(client, "requests_total", **MODEL) == 1
    assert len(client.get("/metrics").content) < 1_000_000


@pytest.mark.parametrize("agent", ['ev"il\\n{}"/1', "=2+3/1", "caf\xe9/1", "\\"])
def test_odd_names_are_told_as_they_are(argo: Upstream, client: httpx.Client, agent: str) -> None:
    answers_with(argo, json_answer(json.dumps(MESSAGE).encode()))
    model = 'claude-opus-4.6-"\\x{}é😀'
    body = {**MESSAGES, "stream": False, "model": model}
    assert client.post("/v1/messages", json=body, headers={b"user-agent": agent.encode("latin-1")}).status_code == 200
    told = [dict(labels) for name, labels in scraped(client) if name == "argo_proxy_requests_total"]
    assert len(told) == 1
    assert told[0]["tool"].isascii()
    assert told[0]["model"] == model


def test_openmetrics_is_spoken_where_it_is_asked_for(client: httpx.Client) -> None:
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert client.head("/metrics").content == b""
    assert client.post("/metrics").status_code == 405


def test_metrics_need_a_key_and_probes_do_not(argo: Upstream) -> None:
    with (
        proxy(settings_for(argo.url, client_auth="username")) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False) as client,
    ):
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"authorization": "Bearer jdoe"}).status_code == 200
        assert client.get("/health/live").status_code == client.get("/health/ready").status_code == 200
        assert client.get("/health/live/x").status_code == 401
        assert client.post("/health/ready").status_code == 401


def test_the_probes_tell_a_gateway_that_stops_from_one_that_takes_calls(argo: Upstream) -> None:
    answers_with(argo, STREAM, chunk(begun(MESSAGE_STREAM)), Pause(1.5), chunk(MESSAGE_STREAM), END)
    with (
        proxy(settings_for(argo.url), Limits()) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False) as client,
        httpx.Client(base_url=gateway.url, trust_env=False) as probe,
    ):
        assert probe.get("/health/live").json() == {"status": "healthy"}
        assert probe.get("/health/ready").json() == {"status": "ready"}
        with client.stream("POST", "/v1/messages", json=MESSAGES) as answer:
            pieces = answer.iter_bytes()  # held: the response is closed with it
            next(pieces)
            gateway.stop()
            end = time.monotonic() + 1
            while not gateway.addon.calls.draining and time.monotonic() < end:
                time.sleep(0.01)
            told = probe.get("/health/ready")
            assert (told.status_code, told.json()) == (503, {"status": "stopping"})


def test_no_library_is_loaded_that_nobody_has_asked_for() -> None:
    names = "('prometheus_client', 'opentelemetry', 'google.protobuf', 'requests', 'redis', 'psycopg')"
    code = f"import daemon.server, sys; print([name for name in {names} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_a_call_is_one_line_with_its_facts(
    argo: Upstream, client: httpx.Client, gateway: Proxy, lines: list[dict[str, object]]
) -> None:
    answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
    body = {**MESSAGES, "messages": [{"role": "user", "content": "unheard-of"}]}
    client.post("/v1/messages", json=body, headers=TOOL)
    usage = MESSAGE["usage"]
    told = lines[-1]
    assert {name: told[name] for name in ("dialect", "model", "tool", "user", "status", "streamed")} == {
        "dialect": "anthropic", "model": "claudeopus46", "tool": "claude-cli", "user": "jdoe", "status": 200,
        "streamed": True,
    }  # fmt: skip
    assert told["output_tokens"] == usage["output_tokens"]
    assert "unheard-of" not in json.dumps(told)
    argo.answer = lambda seen: [json_answer(b'{"error":{"message":"full","type":"x"}}', "529 No")]
    client.post("/v1/messages", json=MESSAGES, headers=TOOL)
    assert lines[-1]["status"] == 529
    assert lines[-1]["error"] == "full"


def test_a_call_that_is_refused_here_has_its_facts_as_well(
    argo: Upstream, client: httpx.Client, lines: list[dict[str, object]]
) -> None:
    assert client.post("/v1/messages", content=b"{", headers=TOOL).status_code == 400
    assert (lines[-1]["tool"], lines[-1]["status"]) == ("claude-cli", 400)
    limits = {"requests_per_minute": 1}
    answers_with(argo, json_answer(json.dumps(MESSAGE).encode()))
    with (
        proxy(settings_for(argo.url, limits=limits)) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False) as other,
    ):
        for _ in range(2):
            status = other.post("/v1/messages", json={**MESSAGES, "stream": False}, headers=TOOL).status_code
        assert status == 429
        latest = gateway.addon.gateway.metrics.latest[-1]
    told = {name: lines[-1][name] for name in ("status", "user", "asked", "dialect", "model", "tool")}
    assert told == {"status": 429, "user": "jdoe", "asked": "claude-opus-4.6", **MODEL}
    assert "requests_per_minute" in str(lines[-1]["error"])
    assert time.time() - latest.at < 60  # the page at the root shows when it was
    assert "requests_per_minute" in latest.problem
