"""Item 4.12 of the pitfalls: a choice among several tools, which OpenAI's models know and Gemini does not."""

from __future__ import annotations

from typing import Any

import pytest

from .test_quirks import amended


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


def among(*names: str, mode: str = "required") -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_4_12_gemini_is_offered_only_the_tools_that_it_may_call(mode: str) -> None:
    body = {"tools": [function("f"), function("g"), function("h")], "tool_choice": among("h", "f", "gone", mode=mode)}
    changed, dropped = amended("gemini25pro", body)
    assert (changed, dropped) == ({"tools": [function("f"), function("h")], "tool_choice": mode}, ())
    assert amended("gpt54", body) == (body, ()), "OpenAI knows the choice"


def test_4_12_a_choice_among_tools_that_are_not_there_is_told() -> None:
    tools = [function("f"), {"type": "web_search"}]
    changed, dropped = amended("gemini25pro", {"tools": tools, "tool_choice": among("gone")})
    assert (changed, dropped) == ({"tools": tools, "tool_choice": "required"}, ("tool_choice",))
    assert amended("gemini25pro", {"tool_choice": among("gone")}) == ({}, ("tool_choice",))


@pytest.mark.parametrize("choice", ["auto", {"type": "function", "function": {"name": "f"}}])
def test_4_12_any_other_choice_stays(choice: object) -> None:
    body = {"tools": [function("f"), function("g")], "tool_choice": choice}
    assert amended("gemini25pro", body) == (body, ())
