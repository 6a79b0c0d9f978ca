"""Real coding tools whose model is overloaded in the middle of their loop, where another may answer for it."""

from __future__ import annotations

import pytest

from .codex import Codex
from .conftest import MakeProxy
from .processes import Simulator
from .test_coding_tools import PROMPT
from .tools import ClaudeCode, CodingTool
from .upstream import INTERNAL, Body, assert_the_calls_gave, fullest
from .workshop import Workshop

GPT, OPUS = "gpt-5.4", "claude-opus-4.6"


@pytest.mark.parametrize(
    ("tool", "model", "other"),
    [(ClaudeCode, OPUS, GPT), (Codex, GPT, OPUS)],
)
def test_a_loop_goes_on_with_the_other_model(
    tool: type[CodingTool], model: str, other: str, make_proxy: MakeProxy, simulator: Simulator, workshop: Workshop
) -> None:
    """From its second call on it is overloaded: the conversation holds the first model's calls, and thoughts."""
    proxy = make_proxy(fallback_models={model: other})
    refused = {"model": INTERNAL[model], "text": "alpha-42"}
    simulator.behave(status=529, times=100, match=refused)
    answer = tool(workshop, proxy.url, model, thinks=True).ask(PROMPT)
    files = {path.name: path.read_text() for path in workshop.work.glob("*.txt")}
    assert files == {"one.txt": "alpha-42\n", "two.txt": "beta-54\n"}
    assert "alpha-42" in answer
    assert "beta-54" in answer
    log = simulator.log()
    assert 529 in [entry["status"] for entry in log]
    answered: list[Body] = [entry["body"] for entry in log if entry["status"] == 200]
    assert {body["model"] for body in answered} == {INTERNAL[model], INTERNAL[other]}
    last = fullest([body for body in answered if body["model"] == INTERNAL[other]])
    assert_the_calls_gave(last, {"one.txt": "alpha-42", "two.txt": "beta-54"})
