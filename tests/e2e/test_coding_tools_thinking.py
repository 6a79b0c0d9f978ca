"""Real coding tools with thinking on: the loop, what the model is asked for, and what comes back of its thoughts.

What the tools send (Claude Code 2.1.197, OpenCode 1.18.33):
- Claude Code asks for thinking unless told not to: `enabled` with a budget for claude-haiku-4-5 and claude-opus-4.6,
  `adaptive` with an effort for claude-opus-4-6 and for every name that it does not know, such as claude-haiku-4.5 and
  those of GPT and Gemini. MAX_THINKING_TOKENS is the budget where there is one; 0 ends thinking and leaves the effort.
  It brings thinking back with its signature. 2.1.332 asks for thoughts without words (`display: "omitted"`), signed.
- OpenCode sends `reasoning_effort`: `medium` for GPT-5 unasked, else the `reasoningEffort` of the model's options, in
  requests for a title too. It brings thinking back as `reasoning_content`, without a signature.
"""

from __future__ import annotations

import pytest

from .processes import Proxy, Simulator
from .tools import CLAUDE_MODELS, ClaudeCode, CodingTool, OpenCode, on_every_pair
from .upstream import Body, assert_the_calls_gave, bodies, fullest, parts
from .workshop import Workshop

PROMPT = "Run `echo alpha-$((6*7))` and `echo beta-$((6*9))`, both at once, then tell me what they printed."
PRINTED = {"alpha": "alpha-42", "beta": "beta-54"}


@on_every_pair(forced="same dialect", other_names=True)
def test_the_loop_goes_through(
    tool: type[CodingTool], model: str, gateway: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    agent = tool(workshop, gateway.url, model, thinks=True)
    answer = agent.ask(PROMPT)
    assert all(printed in answer for printed in PRINTED.values())
    asked = bodies(simulator, model)
    assert_the_calls_gave(fullest(asked), PRINTED)
    assert_it_was_asked_to_think(asked, tool, model)
    if model.startswith("claude"):
        if tool is ClaudeCode:
            assert_the_signed_thinking_came_back(fullest(asked))
        else:
            assert "Let me think it over" in agent.thoughts


def assert_it_was_asked_to_think(asked: list[Body], tool: type[CodingTool], model: str) -> None:
    if model.startswith("claude"):
        with_tools = [body["thinking"]["type"] for body in asked if body.get("tools") and "thinking" in body]
        assert with_tools
        assert set(with_tools) <= {"enabled", "adaptive"}
        # Haiku 4.5 refuses to go on thinking in a turn whose earlier thoughts are not there, signed. OpenCode has lost
        # the signatures, so only the first request of its loop can think.
        if tool is ClaudeCode:
            assert len(with_tools) == len(asked)
    elif model == "gpt-5.4":
        # It takes no effort together with tools; OpenCode asks for a title without any.
        titles = [body for body in asked if not body.get("tools")]
        assert bool(titles) == (tool is OpenCode)
        assert {body["reasoning_effort"] for body in titles} <= {"high"}
    else:
        assert {body["reasoning_effort"] for body in asked} == {"high"}


def assert_the_signed_thinking_came_back(body: Body) -> None:
    """In the turn that called the tools. That the signature is untouched is what the simulator sees to."""
    (called,) = [
        parts(message) for message in body["messages"] if any(part["type"] == "tool_use" for part in parts(message))
    ]
    thought = called[0]
    assert thought["type"] == "thinking"
    if body["thinking"].get("display") == "omitted":
        assert thought["thinking"] == ""
    else:
        assert "Let me think it over" in thought["thinking"]
    assert thought["signature"]


@pytest.mark.parametrize("model", CLAUDE_MODELS)
def test_opencode_goes_on_after_thinking(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """The thoughts of earlier turns come back without signatures: they must not reach the model as thinking."""
    agent = OpenCode(workshop, proxy.url, model, thinks=True)
    agent.ask("Run `echo alpha-$((6*7))`, then tell me what it printed.")
    assert "beta-54" in agent.ask("Run `echo beta-$((6*9))`, then tell me what it printed.")
    assert "Let me think it over" in agent.thoughts
    assert_the_calls_gave(fullest(bodies(simulator, model)), PRINTED)
