"""The telemetry that the settings ask for. What speaks OpenTelemetry is loaded for that alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .otel import Telemetry


class TelemetryProblem(Exception):
    """Telemetry cannot be sent. Its text says why, and what to do."""


def open_telemetry(endpoint: str | None) -> Telemetry | None:
    """What sends to the collector at a base URL; None without one. Raises TelemetryProblem."""
    if endpoint is None:
        return None
    try:
        from .otel import Telemetry

        return Telemetry(endpoint)
    except ImportError as problem:
        told = f"`otlp_endpoint` needs packages that are not there: install argo-proxy[otel] ({problem})"
        raise TelemetryProblem(told) from problem
