"""Traces and metrics of calls by OpenTelemetry's conventions for generative AI, sent by OTLP over HTTP with protobuf.

Each call that is over is a span, made then, with the times that it had, and goes into the metrics. Sending is a
thread's. A collector that is away costs calls nothing: what it does not take is dropped.

Source: OpenTelemetry's semantic conventions "Generative AI" (spans, metrics; 1.38 and newer names); W3C Trace Context.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from .. import __version__
from ..gateway.call_metrics import OTHER, BoundedNames, EndedCall, error_kind
from ..models.catalogue import family_of

logger = logging.getLogger(__name__)

_LAST_WORDS = 3.0
"""Seconds that a process which ends gives the collector."""
_PROVIDERS = {"claude": "anthropic", "gpt": "openai", "gemini": "gcp.gemini"}
"""Who has made a family of models, by the conventions' names; ARGO stands before others."""
_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68)
"""The conventions' bounds for durations, and two more: turns of coding tools last for minutes."""
_TOKENS = tuple(4**power for power in range(14))
"""The conventions' bounds for tokens."""
_USAGE = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read": "gen_ai.usage.cache_read.input_tokens",
    "cache_write": "gen_ai.usage.cache_creation.input_tokens",
}
Attributes = dict[str, Any]


class Telemetry:
    """What one gateway tells a collector."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint` is the collector's base URL. All else that the SDK knows is set by its own variables (OTEL_…)."""
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)  # it would tell each failure; we do once
        contact, session = _Contact(endpoint), requests.Session()
        session.trust_env = not _is_local(endpoint)  # what is on this machine never goes by a proxy
        about = {
            "service.name": "argo-proxy",
            "service.version": __version__,
            "service.instance.id": str(uuid.uuid4()),  # the sums of several gateways are not one
        }
        resource = Resource.create(about).merge(OTELResourceDetector().detect())
        spans = _Spans(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", session=session), contact)
        metrics = OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", session=session)
        self._traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._traces.add_span_processor(BatchSpanProcessor(spans))
        reader = PeriodicExportingMetricReader(_Metrics(metrics, contact))
        self._metrics = MeterProvider([reader], resource, shutdown_on_exit=False)
        self._tracer = self._traces.get_tracer("argo-proxy", __version__)
        self._names = BoundedNames()
        meter = self._metrics.get_meter("argo-proxy", __version__)

        def histogram(name: str, unit: str, told: str, bounds: Sequence[float]) -> Callable[[float, Attributes], None]:
            made = meter.create_histogram(name, unit, told, explicit_bucket_boundaries_advisory=bounds)
            record: Callable[[float, Attributes], None] = made.record
            return record

        self._duration = histogram("gen_ai.client.operation.duration", "s", "How long calls took", _SECONDS)
        self._usage = histogram("gen_ai.client.token.usage", "{token}", "Tokens as ARGO tells them", _TOKENS)
        self._first = histogram(
            "gen_ai.server.time_to_first_token", "s", "From a request to the first byte of a streamed answer", _SECONDS
        )

    def add(self, call: EndedCall) -> None:
        """A call is over."""
        shared: Attributes = {
            "gen_ai.operation.name": call.operation,
            "gen_ai.provider.name": _provider_of(call),
        }
        server = urlsplit(call.upstream)
        if server.hostname:
            shared["server.address"] = server.hostname
            shared["server.port"] = server.port or (443 if server.scheme == "https" else 80)
        if call.failed:
            shared["error.type"] = error_kind(call.status)
        self._add_span(call, shared)
        self._add_metrics(call, shared)

    def _add_span(self, call: EndedCall, shared: Attributes) -> None:
        told: Attributes = {
            **shared,
            "gen_ai.request.model": call.asked or None,
            "gen_ai.response.model": call.model or None,
            "gen_ai.request.stream": call.streamed,
            "gen_ai.response.time_to_first_chunk": call.first_byte if call.streamed else None,
            **{name: call.tokens.get(ours) for ours, name in _USAGE.items()},
            "http.response.status_code": call.status,
            "user_agent.name": call.tool,
            "user.id": call.user or None,
            "argo_proxy.dialect": call.dialect,
            "argo_proxy.retries": call.retries or None,
            "argo_proxy.overloaded": call.overloaded or None,
            "argo_proxy.mended": call.mended or None,
        }
        span = self._tracer.start_span(
            " ".join(filter(None, (call.operation, call.asked))),
            TraceContextTextMapPropagator().extract(call.trace),
            SpanKind.CLIENT,
            {name: value for name, value in told.items() if value is not None},
            start_time=round((call.at - call.seconds) * 1e9),
        )
        if call.failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(round(call.at * 1e9))

    def _add_metrics(self, call: EndedCall, shared: Attributes) -> None:
        names = call.asked, call.model
        asked, model = names if self._names.tells_apart(names, failed=call.failed) else (OTHER, OTHER)
        about = {**shared, "gen_ai.request.model": asked, "gen_ai.response.model": model}
        about = {name: value for name, value in about.items() if value}
        self._duration(call.seconds, about)
        for ours, kind in (("input_tokens", "input"), ("output_tokens", "output")):
            if (count := call.tokens.get(ours)) is not None:
                self._usage(count, {**about, "gen_ai.token.type": kind})
        if call.streamed and call.first_byte is not None and not call.failed:
            self._first(call.first_byte, about)

    def close(self) -> None:
        """Sends what is left, if the collector takes it in time."""

        def end() -> None:
            self._traces.shutdown()
            self._metrics.shutdown()

        ending = threading.Thread(target=end, name="telemetry", daemon=True)
        ending.start()
        ending.join(_LAST_WORDS)


def _provider_of(call: EndedCall) -> str:
    family = "gpt" if call.operation == "embeddings" and call.model else family_of(call.model)
    return _PROVIDERS.get(family, "argo")


def _is_local(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Contact:
    """Whether the collector takes what is sent; a change is told once."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._taken = True

    def note(self, taken: bool) -> None:
        before, self._taken = self._taken, taken
        if before and not taken:
            logger.warning(
                "traces and metrics cannot be sent to %s (otlp_endpoint): does a collector take OTLP over HTTP there? "
                "What it does not take is dropped",
                self._endpoint,
            )
        elif taken and not before:
            logger.warning("traces and metrics are taken at %s again", self._endpoint)


class _Spans(SpanExporter):
    def __init__(self, exporter: OTLPSpanExporter, contact: _Contact) -> None:
        self._exporter = exporter
        self._contact = contact

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        self._contact.note(result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Metrics(MetricExporter):
    def __init__(self, exporter: OTLPMetricExporter, contact: _Contact) -> None:
        super().__init__(exporter._preferred_temporality, exporter._preferred_aggregation)
        self._exporter = exporter
        self._contact = contact

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any) -> MetricExportResult:
        result = self._exporter.export(metrics_data, timeout_millis)
        self._contact.note(result is MetricExportResult.SUCCESS)
        return result

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self._exporter.shutdown(timeout_millis)
