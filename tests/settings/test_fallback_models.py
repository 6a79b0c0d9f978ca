"""How models that answer for overloaded ones are named, and what is said of those that are named otherwise."""

from __future__ import annotations

import pytest

from argo_addon.gateway.fallbacks import problems, substitutes_of, unknown
from argo_addon.models.registry import Registry
from argo_addon.settings.model import load

from .asking import Write, refusal

KNOWN = Registry.built_in()


def test_one_or_several_in_the_file_or_a_variable(write: Write) -> None:
    path = write("user: jdoe\nfallback_models:\n  claude-opus-4.6: [claude-sonnet-4.6, gpt-5.4]\n  opus: gpt-5.4\n")
    found = load(path, environ={}).settings.fallback_models
    assert found == {"claude-opus-4.6": ("claude-sonnet-4.6", "gpt-5.4"), "opus": ("gpt-5.4",)}
    beaten = load(path, environ={"ARGO_PROXY_FALLBACK_MODELS": "{a: [b]}"}).settings
    assert beaten.fallback_models == {"a": ("b",)}
    assert load(write("user: jdoe\n"), environ={}).settings.fallback_models == {}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("gpt-5.4", 'the text "gpt-5.4"'),
        ("[gpt-5.4]", "a list"),
        ("{gpt-5.4: []}", "for gpt-5.4 there is none"),
        ("{gpt-5.4: [7]}", "7 is no name of a model"),
        ("{gpt-5.4: ' '}", "' ' is no name of a model"),
        ("{gpt-5.4: }", "None is no name of a model"),
        ("{gpt-5.4: GPT-5.4}", "GPT-5.4 would be asked again where gpt-5.4 is overloaded"),
        ("{gpt-5.4: [opus, opus]}", "opus would be asked again where gpt-5.4 is overloaded"),
        ("{5: [opus]}", ""),
    ],
)
def test_what_names_no_models_is_told_with_its_place(write: Write, written: str, told: str) -> None:
    said = refusal(write(f"user: jdoe\nfallback_models: {written}\n"))
    assert told in said
    assert "line 2: fallback_models" in said
    assert "claude-opus-4.6: [claude-sonnet-4.6, gpt-5.4]" in said


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (
            {"claude-opus-4.6": ("argo:claude-4.6-opus",)},
            "argo:claude-4.6-opus is claude-opus-4.6, which would be asked",
        ),
        ({"opus": ("gpt-5.4", "GPT5.4")}, "GPT5.4 is gpt-5.4, which would be asked again where opus is overloaded"),
        ({"gpt-5.4": ("opus",), "argo:gpt-5.4": ("sonnet",)}, "argo:gpt-5.4 and gpt-5.4 are the same model"),
    ],
)
def test_two_names_of_one_model_are_found(named: dict[str, tuple[str, ...]], told: str) -> None:
    (said,) = problems(named, KNOWN)
    assert told in said


def test_names_of_no_model_are_told_with_the_closest() -> None:
    named = {"claude-opus-4.6": ("gtp-5.4", "claude-opus-99"), "text-embedding-3-small": ("gpt-5.4",)}
    first, second, third = unknown(named, KNOWN)
    assert "gtp-5.4 is not known here. Closest: argo:gpt-5.4" in first
    assert "claude-opus-99 is not known here" in second
    assert "embedding" in third
    assert not list(problems(named, KNOWN))


def test_two_models_may_answer_for_each_other() -> None:
    named = {"claude-opus-4.6": ("gpt-5.4", "nobody"), "gpt-5.4": ("claude-opus-4.6",)}
    assert not list(problems(named, KNOWN))
    assert list(substitutes_of("claudeopus46", named, KNOWN)) == ["gpt-5.4"]
    assert list(substitutes_of("gpt54", named, KNOWN)) == ["claude-opus-4.6"]
    assert list(substitutes_of("gpt5", named, KNOWN)) == []
