"""What a collector of OpenTelemetry is told of calls, at a receiver that reads OTLP over HTTP."""

from __future__ import annotations

import gzip
import json
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from argo_addon.telemetry import otel
from argo_addon.telemetry.opening import TelemetryProblem, open_telemetry
from argo_addon.telemetry.otel import Telemetry

from ..proxy.talking import CHAT, MESSAGE, MESSAGE_STREAM, MESSAGES, answers_with, begun, events
from ..running import END, STREAM, Pause, Upstream, chunk, json_answer, proxy, settings_for, streamed
from ..running import upstream as scripted
from ..shell.test_serve import config, serving

SECRET = "unheard-of"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TOOL = {"user-agent": "claude-cli/2.1 (external)"}


class Receiver:
    """A collector: what it was told, by path."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.bodies: list[tuple[str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    @property
    def spans(self) -> list[Span]:
        told = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        return [span for one in told for of in one.resource_spans for scope in of.scope_spans for span in scope.spans]

    @property
    def resources(self) -> list[dict[str, Any]]:
        traces = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        return [attributes(of.resource.attributes) for one in traces for of in one.resource_spans]

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The points of one metric as last told, with their attributes."""
        told = [ExportMetricsServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/metrics"]
        metrics = [
            m for one in told[-1:] for of in one.resource_metrics for scope in of.scope_metrics for m in scope.metrics
        ]
        return [(attributes(p.attributes), p) for m in metrics if m.name == name for p in m.histogram.data_points]


def attributes(told: Any) -> dict[str, Any]:
    """Attributes as plain values."""

    def plain(value: Any) -> Any:
        kind = value.WhichOneof("value")
        return [plain(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, kind)

    pairs: list[KeyValue] = list(told)
    return {pair.key: plain(pair.value) for pair in pairs}


@contextmanager
def receiver(status: int = 200) -> Iterator[Receiver]:
    made = Receiver(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            made.bodies.append((self.path, body))
            self.send_response(made.status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    """What is still told to a collector that is away ends with the test: it draws at random, as other tests may not."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 60
    while left := [one for one in threading.enumerate() if one not in before]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


@pytest.fixture(scope="module")
def told() -> Iterator[Receiver]:
    """A collector that a gateway has told of some calls, and was told all by its end."""
    with receiver() as collector, scripted() as argo:
        settings = settings_for(
            argo.url, fallback_models={"claude-opus-4.6": ("gpt-5.4",)}, limits={"requests_per_minute": 7}
        )
        with proxy(settings) as gateway, httpx.Client(base_url=gateway.url, timeout=20, trust_env=False) as client:
            telemetry = Telemetry(collector.url)
            gateway.addon.gateway.telemetry = telemetry.add
            ask(argo, client)
        telemetry.close()
        yield collector


def ask(argo: Upstream, client: httpx.Client) -> None:
    said = {**MESSAGES, "messages": [{"role": "user", "content": SECRET}]}
    all_of_it = events(MESSAGE_STREAM)
    answers_with(argo, STREAM, chunk(b"".join(all_of_it[:5])), Pause(0.2), *map(chunk, all_of_it[5:]), END)
    trace = {"traceparent": PARENT, "tracestate": "vendor=1"}
    client.post("/v1/messages", json={**said, "model": "claude-sonnet-4.6"}, headers={**TOOL, **trace})
    answers_with(
        argo, json_answer(b'{"type":"error","error":{"type":"api_error","message":"%b"}}' % SECRET.encode(), "500 No")
    )
    client.post("/v1/messages", json={**said, "model": "claude-haiku-4.5"}, headers={"traceparent": "garbage"})
    client.post("/v1/messages", content=b"{")
    vectors = {"object": "list", "data": [{"index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 3}}
    answers_with(argo, json_answer(json.dumps(vectors).encode()))
    client.post("/v1/embeddings", json={"model": "text-embedding-3-small", "input": SECRET})
    argo.answer = lambda seen: (
        [json_answer(b'{"type":"error","error":{"type":"overloaded_error","message":"full"}}', "529 Busy")]
        if "messages" in seen.line
        else streamed(b'data: {"id":"c","created":1,"model":"gpt54","choices":[{"index":0,"delta":{"content":"x"},'
                      b'"finish_reason":"stop"}]}\n\n', b"data: [DONE]\n\n")
    )  # fmt: skip
    client.post("/v1/messages", json=said)
    google = {"contents": [{"role": "user", "parts": [{"text": SECRET}]}]}
    client.post("/v1beta/models/gpt-5.4:streamGenerateContent?alt=sse", json=google)
    unsampled = {"traceparent": f"{PARENT[:-2]}00"}
    client.post("/v1/chat/completions", json=CHAT, headers=unsampled)
    answers_with(argo, STREAM, chunk(begun(MESSAGE_STREAM)), Pause(20))
    with client.stream("POST", "/v1/messages", json={**said, "model": "claude-sonnet-4.6"}) as answer:
        pieces = answer.iter_bytes()  # held: the response is closed with it
        next(pieces)
    end = time.monotonic() + 20
    while client.get("/health").json()["active_requests"]:
        assert time.monotonic() < end
        time.sleep(0.02)
    client.post("/v1/chat/completions", json=CHAT)


def span_of(told: Receiver, **wanted: object) -> tuple[Span, dict[str, Any]]:
    names = {name.replace("__", "."): value for name, value in wanted.items()}
    found = [(one, attributes(one.attributes)) for one in told.spans]
    (one,) = [pair for pair in found if names.items() <= pair[1].items()]
    return one


def test_a_call_is_a_span_by_the_conventions_in_its_clients_trace(told: Receiver) -> None:
    span, facts = span_of(told, user_agent__name="claude-cli")
    assert span.name == "chat claude-sonnet-4.6"
    assert span.kind == Span.SPAN_KIND_CLIENT
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (PARENT[3:35], PARENT[36:52])
    assert span.trace_state == "vendor=1"
    usage = MESSAGE["usage"]
    read = usage.get("cache_read_input_tokens") or 0
    prompt = usage["input_tokens"] + read + (usage.get("cache_creation_input_tokens") or 0)
    assert {name: facts[name] for name in facts if name.startswith("gen_ai.") and "time" not in name} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-4.6",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "claudesonnet46",
        "gen_ai.usage.input_tokens": prompt,
        "gen_ai.usage.output_tokens": usage["output_tokens"],
        **({"gen_ai.usage.cache_read.input_tokens": read} if read is not None else {}),
        "gen_ai.usage.cache_creation.input_tokens": usage.get("cache_creation_input_tokens") or 0,
    }
    assert (facts["server.address"], facts["http.response.status_code"]) == ("127.0.0.1", 200)
    assert facts["user.id"] == "jdoe"
    assert span.status.code == 0
    lasted = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
    assert lasted - facts["gen_ai.response.time_to_first_chunk"] >= 0.1
    assert abs(span.end_time_unix_nano / 1e9 - time.time()) < 120


def test_a_failure_is_one_and_says_of_which_kind(told: Receiver) -> None:
    span, facts = span_of(told, gen_ai__request__model="claude-haiku-4.5")
    assert (span.status.code, facts["error.type"]) == (2, "internal")
    assert span.status.message == ""
    assert not span.parent_span_id  # what is no traceparent begins a trace
    span, facts = span_of(told, error__type="invalid_request")
    assert (span.name, facts["http.response.status_code"]) == ("chat", 400)
    _, facts = span_of(told, error__type="rate_limit")
    assert facts["gen_ai.response.model"] == "gpt54"


def test_other_operations_have_their_names(told: Receiver) -> None:
    span, facts = span_of(told, gen_ai__operation__name="embeddings")
    assert (span.name, facts["gen_ai.provider.name"]) == ("embeddings text-embedding-3-small", "openai")
    assert facts["gen_ai.usage.input_tokens"] == 3
    span, facts = span_of(told, gen_ai__operation__name="generate_content")
    assert (span.name, facts["gen_ai.provider.name"]) == ("generate_content gpt-5.4", "openai")


def test_the_model_that_answers_for_another_is_named(told: Receiver) -> None:
    _, facts = span_of(told, gen_ai__request__model="claude-opus-4.6")
    assert (facts["gen_ai.response.model"], facts["argo_proxy.overloaded"]) == ("gpt54", ["claudeopus46"])


def test_a_client_that_leaves_and_a_trace_that_is_not_sampled(told: Receiver) -> None:
    spans = [attributes(span.attributes) for span in told.spans]
    assert len(spans) == 8  # of nine calls: one client's trace is not sampled
    (left,) = [one for one in spans if "http.response.status_code" not in one]
    assert "error.type" not in left


def test_metrics_add_up_by_the_conventions(told: Receiver) -> None:
    durations = told.points("gen_ai.client.operation.duration")
    assert sum(point.count for _, point in durations) == 9
    (facts, point) = next(one for one in durations if one[0].get("error.type") == "internal")
    assert (facts["gen_ai.request.model"], facts["gen_ai.response.model"]) == ("claude-haiku-4.5", "claudehaiku45")
    assert point.explicit_bounds[0] == 0.01
    tokens = told.points("gen_ai.client.token.usage")
    (output,) = [
        point for facts, point in tokens
        if facts["gen_ai.token.type"] == "output" and facts["gen_ai.response.model"] == "claudesonnet46"
    ]  # fmt: skip
    assert output.sum >= MESSAGE["usage"]["output_tokens"]
    first = told.points("gen_ai.server.time_to_first_token")
    assert sum(point.count for _, point in first) == 5  # the streams, the one whose client left among them
    assert not any("user" in name for facts, _ in durations for name in facts)


def test_the_gateway_says_who_it_is_and_no_word_of_what_was_said(told: Receiver) -> None:
    (about,) = {json.dumps(one, sort_keys=True) for one in told.resources}
    assert json.loads(about)["service.name"] == "argo-proxy"
    assert json.loads(about)["service.instance.id"]
    assert not any(SECRET.encode() in body for _, body in told.bodies)


def test_a_collector_that_is_away_or_refuses_is_told_once_and_costs_nothing(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otel, "_LAST_WORDS", 0.5)
    with socket.socket() as nobody, receiver(400) as refuses, scripted() as argo:
        nobody.bind(("127.0.0.1", 0))  # it does not listen
        for url in (f"http://127.0.0.1:{nobody.getsockname()[1]}", refuses.url):
            caplog.clear()
            telemetry = Telemetry(url)
            answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
            with (
                proxy(settings_for(argo.url)) as gateway,
                httpx.Client(base_url=gateway.url, trust_env=False, timeout=20) as client,
            ):
                gateway.addon.gateway.telemetry = telemetry.add
                assert client.post("/v1/messages", json=MESSAGES).status_code == 200
            before = time.monotonic()
            telemetry.close()
            assert time.monotonic() - before < 20
            told = [one for one in caplog.records if one.name.startswith(("opentelemetry", "argo_addon.telemetry"))]
            if url is refuses.url:  # the other one is still being tried
                (only,) = told
                assert (only.levelno, url in only.getMessage()) == (logging.WARNING, True)


def test_the_configuration_has_a_real_gateway_tell_and_its_end_loses_nothing(tmp_path: Path) -> None:
    with receiver() as collector, scripted() as argo:
        answers_with(argo, *streamed(*events(MESSAGE_STREAM)))
        path = config(tmp_path, argo_base_url=argo.url, skip_url_validation=True, otlp_endpoint=f"{collector.url}/")
        variables = {
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
            "OTEL_SERVICE_NAME": "our-gateway",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x",
            "HTTP_PROXY": "http://127.0.0.1:9",
        }
        with serving(str(path), cwd=tmp_path, **variables) as (process, url, lines):
            assert any(collector.url in line for line in lines)
            assert httpx.post(f"{url}/v1/messages", json=MESSAGES, trust_env=False, timeout=20).status_code == 200
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
        (span,) = collector.spans
        assert span.name == "chat claude-opus-4.6"
        assert collector.points("gen_ai.client.operation.duration")
        assert collector.resources[0]["service.name"] == "our-gateway"
        assert collector.resources[0]["deployment.environment"] == "test"
        assert {one["authorization"] for one in collector.headers} == {"Bearer x"}


def test_packages_that_are_missing_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "argo_addon.telemetry.otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)
    with pytest.raises(TelemetryProblem, match=r"install argo-proxy\[otel\]"):
        open_telemetry("http://127.0.0.1:4318")
