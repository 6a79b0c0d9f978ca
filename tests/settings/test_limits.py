"""How limits of users are written, and what is said of those that are written otherwise."""

from __future__ import annotations

import pytest

from argo_addon.settings.model import load

from .asking import Write, refusal


def test_limits_are_a_mapping_or_a_variable(write: Write) -> None:
    path = write(
        "user: jdoe\nlimits:\n  requests_per_minute: 60\n  streams_at_once: 4\nlimits_store: redis://r:6379/0\n"
    )
    found = load(path, environ={}).settings
    assert (found.limits, found.limits_store) == (
        {"requests_per_minute": 60, "streams_at_once": 4},
        "redis://r:6379/0",
    )
    beaten = load(path, environ={"ARGO_PROXY_LIMITS": "{tokens_per_day: 100}"}).settings
    assert beaten.limits == {"tokens_per_day": 100}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("limits: 60", "the number 60"),
        ("limits: {requests: 60}", "'requests' is none of requests_per_minute, tokens_per_day, streams_at_once"),
        ("limits: {streams_at_once: 0}", "streams_at_once is 0, and no whole number above 0"),
        ("limits: {streams_at_once: yes}", "streams_at_once is True"),
        ("limits: {tokens_per_day: 1.5}", "tokens_per_day is 1.5"),
        ("limits_store: postgresql://r/x", "a redis:// or rediss:// URL"),
    ],
)
def test_what_is_no_limit_is_told_with_its_place(write: Write, written: str, told: str) -> None:
    said = refusal(write(f"user: jdoe\n{written}\n"))
    assert told in said
    assert "line 2: limits" in said


def test_a_store_without_limits_is_told(write: Write) -> None:
    (warning,) = load(write("user: jdoe\nlimits_store: redis://r\n"), environ={}).warnings
    assert "no `limits` are set" in warning
