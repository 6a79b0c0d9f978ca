"""What was left out or changed is told in the client's own words, in a header and a log that it cannot break."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from argo_addon.gateway.call_log import MAX_LOGGED

from .asking import CHAT, MESSAGES, asked, opened, request

Json = Any
RESPONSES = "/v1/responses"
GOOGLE = "/v1beta/models/{}:generateContent"
USER: Json = {"role": "user", "content": "u"}
BY_CHAT: Json = {"role": "assistant", "content": "a", "reasoning_content": "t"}
BY_CLAUDE: Json = {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}]}
ITEM: Json = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}]}
PICTURE: Json = {"type": "input_image", "image_url": "https://a.example/x.png", "detail": "low"}

OPUS, HAIKU = "claude-opus-4.6", "claude-haiku-4.5"
LEVEL: Json = {"thinkingConfig": {"thinkingLevel": "LOW"}}
BUDGET: Json = {"type": "enabled", "budget_tokens": 2000}
TOLD: dict[str, tuple[str, str, Json, str]] = {
    "a thought of Chat's": (CHAT, OPUS, {"messages": [USER, BY_CHAT, USER]}, "messages[].reasoning_content"),
    "a thought of Claude's": (MESSAGES, "gpt-5.4", {"messages": [USER, BY_CLAUDE]}, "messages[].content[].thinking"),
    "a thought in an item": (RESPONSES, OPUS, {"input": [{"role": "user", "content": "u"}, ITEM]}, "input[].reasoning"),
    "effort": (CHAT, HAIKU, {"messages": [USER], "reasoning_effort": "low", "max_tokens": 9}, "reasoning_effort"),
    "thinking": (MESSAGES, "gpt-4.1", {"messages": [USER], "max_tokens": 9000, "thinking": BUDGET}, "thinking"),
    "an item's effort": (RESPONSES, "gpt-4.1", {"input": "u", "reasoning": {"effort": "low"}}, "reasoning.effort"),
    "level": (GOOGLE, "gpt-4.1", {"contents": "u", "generationConfig": LEVEL}, "generationConfig.thinkingConfig"),
    "detail": (RESPONSES, OPUS, {"input": [{"role": "user", "content": [PICTURE]}]}, "input[].content[].detail"),
    "an item of OpenAI's": (RESPONSES, OPUS, {"input": [{"role": "user", "content": "u"}, {"type": "web_search_call"}]},
                            "input[].web_search_call"),
    "verbosity": (RESPONSES, "gpt-4.1", {"input": "u", "text": {"verbosity": "low"}}, "text.verbosity"),
    "blank stop words": (GOOGLE, OPUS, {"contents": "u", "generationConfig": {"stopSequences": [" "]}},
                         "generationConfig.stopSequences"),
    "stop words": (MESSAGES, "gpt-4.1", {"messages": [USER], "stop_sequences": list("abcde")}, "stop_sequences[4:]"),
    "its own member": (CHAT, OPUS, {"messages": [USER], "thinking": {"type": "enabled"}}, "thinking"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "model", "body", "place"), TOLD.values(), ids=TOLD)
def test_10_3_what_is_left_out_is_told_in_the_clients_own_words(path: str, model: str, body: Json, place: str) -> None:
    assert asked(path.format(model), {"model": model, **body}).dropped == (place,)


EFFORT: Json = {"effort": "max"}
CHANGED: dict[str, tuple[str, str, Json, str]] = {
    "effort of Claude's": (MESSAGES, "gpt-5.2", {"messages": [USER], "output_config": EFFORT},
                           "thinking: max (sent: xhigh)"),
    "within Claude": (MESSAGES, OPUS, {"messages": [USER], "max_tokens": 9, "output_config": EFFORT},
                      "output_config.effort: max (sent: high)"),
    "effort of Chat's": (CHAT, OPUS, {"messages": [USER], "reasoning_effort": "xhigh"},
                         "reasoning_effort: xhigh (sent: high)"),
    "limit of Responses'": (RESPONSES, "gpt-4o", {"input": "u", "max_output_tokens": 90_000},
                            "max_output_tokens: 90000 (sent: 16384)"),
    "limit of Google's": (GOOGLE, HAIKU, {"contents": "u", "generationConfig": {"maxOutputTokens": 90_000}},
                          "generationConfig.maxOutputTokens: 90000 (sent: 64000)"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "model", "body", "said"), CHANGED.values(), ids=CHANGED)
def test_10_3_what_a_model_takes_less_of_is_told_with_what_it_got(path: str, model: str, body: Json, said: str) -> None:
    assert asked(path.format(model), {"model": model, **body}).dropped == (said,)


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5.4", "gpt-4.1", "gemini-2.5-pro"])
def test_10_3_no_thinking_is_as_little_as_there_is_and_not_told(model: str) -> None:
    """Claude Code writes it for all its side calls."""
    assert asked(MESSAGES, request(MESSAGES, model, thinking={"type": "disabled"}, max_tokens=9)).dropped == ()


def header_of(body: Json) -> str:
    return (
        asked(CHAT, body)
        .complete_response(429, {"content-type": "application/json"}, b"{}")
        .headers["argo-proxy-dropped"]
    )


def test_10_3_a_header_that_tells_is_valid_and_of_bounded_length() -> None:
    names = ["a\r\nset-cookie: x", "snow\u2603\u00fc", "\x7f\x00", "x" * 100_000, *(f"novel{n}" for n in range(1000))]
    header = header_of({**request(CHAT, "claude-opus-4.6"), **dict.fromkeys(names, 1)})
    assert header.isascii()
    assert header.isprintable()
    assert len(header) < 4096
    assert "novel7" in header
    shown = header.split(", ")
    assert shown[-1] == f"and {len(names) - len(shown) + 1} more"
    assert header_of({**request(CHAT, "claude-opus-4.6"), "novel": 1}) == "novel"


def test_10_3_the_log_has_a_line_for_each_of_the_first_and_none_that_a_client_made_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    names = ["a\nINFO fake", "b\u2028INFO fake", *(f"{n}{'x' * 100_000}" for n in range(200))]
    asked(CHAT, {**request(CHAT, "claude-opus-4.6"), **dict.fromkeys(names, 1)})
    said = [record.getMessage() for record in caplog.records]
    assert all(line.isprintable() for line in said)
    assert max(map(len, said)) < 200
    assert len(said) <= MAX_LOGGED + 2
    assert str(len(names) - MAX_LOGGED) in said[-1]


@pytest.mark.parametrize("role", ["user\nINFO fake", "x" * 100_000])
def test_10_3_nor_do_errors_and_outlines_forge_a_line(role: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    opened(CHAT, {"model": "claude-opus-4.6", "messages": [{"role": "user", "content": [{"type": "a\nINFO fake"}]}]})
    opened(CHAT, {"model": "gpt-5.4", "messages": [{"role": role, "content": "x"}]}, max_log_history=2)
    said = [record.getMessage() for record in caplog.records]
    assert said
    assert all(line.isprintable() and len(line) < 400 for line in said)


def test_10_3_two_members_that_look_alike_once_they_are_cut_are_told_once() -> None:
    body = {**request(CHAT, "claude-opus-4.6"), "x" * 200 + "1": 1, "x" * 200 + "2": 2}
    assert len(asked(CHAT, body).dropped) == 1
