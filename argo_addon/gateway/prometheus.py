"""The body of GET /metrics, in the formats of Prometheus and OpenMetrics.

Loaded when that is asked for the first time: prometheus-client takes 70 ms and some megabytes, which a gateway that
nobody scrapes does without. The numbers are the gateway's own; the library only writes them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from .. import __version__
from .call_metrics import BOUNDS, CallMetrics, Distribution
from .messages import Reply

_LABELS = ("dialect", "model", "tool")


class Now(msgspec.Struct, frozen=True):
    """How things stand: calls and streams under way, connections to ARGO, bytes of memory if the system tells.

    `recorded` and `missed` are exchanges that are recorded, and such that should be.
    """

    active: int
    active_streams: int
    upstream_connections: int
    memory: int | None
    recorded: int = 0
    missed: int = 0


def scrape(metrics: CallMetrics, now: Now, accept: str) -> Reply:
    """The answer to GET /metrics, in the format that the header `accept` asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(metrics, now))
    encode, content_type = choose_encoder(accept)
    return Reply(200, encode(registry), {"content-type": content_type})


class _Collector(Collector):
    def __init__(self, metrics: CallMetrics, now: Now) -> None:
        self._groups = metrics.groups
        self._limited = metrics.limited
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        yield InfoMetricFamily("argo_proxy", "The gateway", value={"version": __version__})
        yield GaugeMetricFamily("argo_proxy_active_requests", "Calls under way", value=self._now.active)
        yield GaugeMetricFamily("argo_proxy_active_streams", "Streams under way", value=self._now.active_streams)
        yield GaugeMetricFamily(
            "argo_proxy_upstream_connections", "Open connections to ARGO", value=self._now.upstream_connections
        )
        if self._now.memory is not None:
            yield GaugeMetricFamily("argo_proxy_memory_bytes", "Resident memory", value=self._now.memory)
        yield CounterMetricFamily("argo_proxy_recorded", "Exchanges that were recorded", value=self._now.recorded)
        yield CounterMetricFamily(
            "argo_proxy_recordings_missed", "Exchanges that were to be recorded and are not", value=self._now.missed
        )
        yield from self._counters()
        yield self._distribution("first_byte", "Seconds from a request to the first byte of its answer")
        yield self._distribution("streams", "Seconds that streamed answers took", name="stream")

    def _counters(self) -> Iterator[Metric]:
        calls = CounterMetricFamily("argo_proxy_requests", "Calls of models that are over", labels=_LABELS)
        left = CounterMetricFamily("argo_proxy_abandoned", "Calls whose client left early", labels=_LABELS)
        again = CounterMetricFamily("argo_proxy_retries", "Tries after ARGO was overloaded", labels=_LABELS)
        others = CounterMetricFamily(
            "argo_proxy_fallbacks", "Calls for which this model was asked since theirs was overloaded", labels=_LABELS
        )
        errors = CounterMetricFamily("argo_proxy_errors", "Calls that ended in an error", labels=(*_LABELS, "kind"))
        tokens = CounterMetricFamily(
            "argo_proxy_tokens", "Tokens as ARGO tells them; input has those of the cache", labels=(*_LABELS, "type")
        )
        for labels, group in self._groups.items():
            calls.add_metric(labels, group.calls)
            left.add_metric(labels, group.abandoned)
            again.add_metric(labels, group.retries)
            others.add_metric(labels, group.fallbacks)
            for kind, count in group.errors.items():
                errors.add_metric((*labels, kind), count)
            for name, count in group.tokens.items():
                tokens.add_metric((*labels, name.removesuffix("_tokens")), count)
        limited = CounterMetricFamily("argo_proxy_limited", "Calls that a user's limit refused", labels=("limit",))
        for name, count in self._limited.items():
            limited.add_metric((name,), count)
        yield from (calls, errors, left, again, others, tokens, limited)

    def _distribution(self, member: str, told: str, name: str = "") -> Metric:
        family = HistogramMetricFamily(f"argo_proxy_{name or member}_seconds", told, labels=_LABELS)
        for labels, group in self._groups.items():
            distribution: Distribution = getattr(group, member)
            family.add_metric(labels, _buckets(distribution), distribution.total)
        return family


def _buckets(distribution: Distribution) -> list[tuple[str, float]]:
    """Each bound, and how many took no longer."""
    bounds = [*map(str, BOUNDS), "+Inf"]
    return [(bound, sum(distribution.buckets[: place + 1])) for place, bound in enumerate(bounds)]
