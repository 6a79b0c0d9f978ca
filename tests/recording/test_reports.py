"""What must come out of reported exchanges. How one is added: CONTRIBUTING.md, "A bug report as a test"."""

from __future__ import annotations

from .reports import played


def test_an_unknown_member_is_left_out_once_refused_and_the_call_comes_through() -> None:
    made = played("unknown_member")
    first, second = made.sent
    assert ("future_member" in first, "future_member" in second) == (True, False)
    assert made.status == 200
    assert "▸ call get_weather" in made.answer
    assert "finish: tool_use" in made.answer
