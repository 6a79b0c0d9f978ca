"""The catalogue: a model's family and version tell what is known of it."""

from __future__ import annotations

import msgspec
import pytest

from argo_addon.models.catalogue import BUILT_IN, profile_of, version_of


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("claudeopus46", (4, 6)),
        ("claude-opus-4.10", (4, 10)),
        ("claudesonnet5", (5,)),
        ("claude-sonnet-4-20250514", (4,)),
        ("claude-3-5-sonnet-20241022", (3, 5)),
        ("claude-opus-4-9-20261101", (4, 9)),
        ("claude-opus-4-20-20281101", (4, 20)),
        ("gpt-5.6-2026-08-07", (5, 6)),
        ("gpt-4-0613", (4,)),
        ("gpt54mini", (5, 4)),
        ("gpt4o", (4,)),
        ("gpto3mini", ()),
        ("o4-mini", ()),
        ("gemini25pro", (2, 5)),
        ("llama", ()),
    ],
)
def test_the_version_is_told_by_the_name(name: str, version: tuple[int, ...]) -> None:
    assert version_of(name) == version


@pytest.mark.parametrize(
    ("name", "dialect", "sampling"),
    [
        ("claudeopus41", "anthropic", "free"),
        ("claudehaiku45", "anthropic", "one"),
        ("claudeopus46", "anthropic", "one"),
        ("claudeopus47", "anthropic", "none"),
        ("claudesonnet5", "anthropic", "none"),
        ("claudeopus49", "anthropic", "none"),
        ("haiku-6", "anthropic", "none"),
        ("gpt4o", "openai_chat", "free"),
        ("gpto3", "openai_chat", "free"),
        ("gpt5nano", "openai_chat", "default"),
        ("gpt56", "openai_chat", "default"),
        ("gemini25pro", "openai_chat", "free"),
        ("mistral7", "openai_chat", "free"),
    ],
)
def test_a_new_model_starts_from_the_nearest_known_rule(name: str, dialect: str, sampling: str) -> None:
    profile = profile_of(name)
    assert (profile.dialect, profile.sampling) == (dialect, sampling)


def test_every_built_in_model_has_a_family() -> None:
    assert "other" not in {profile_of(internal).family for internal, _ in BUILT_IN}


def test_a_name_without_a_version_has_what_the_newest_has() -> None:
    for name, newest in (("claudefable", "claudeopus99"), ("gpt-turbo", "gpt99"), ("gemini-pro", "gemini99pro")):
        assert msgspec.structs.replace(profile_of(newest), version=()) == profile_of(name)
