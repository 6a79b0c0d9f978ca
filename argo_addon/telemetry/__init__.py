"""Calls told to a collector of OpenTelemetry, where the configuration names one: traces and metrics, no contents."""
