"""The real Codex CLI, headless, through the proxy to the simulator.

What it sends (0.169.0), always to `POST /v1/responses`, streamed, with `store: false`:
- For names that it does not know: instructions, 12 tools of which five are in the namespace `multi_agent_v1`, and
  `web_search`. For gpt-5.5 `apply_patch` as a custom tool, and `tool_search`.
- Reasoning items come back with their `encrypted_content`, in the same turn and after `exec resume`.
"""

from __future__ import annotations

import base64
import json
import signal
from typing import Any

import pytest

from .codex import Codex
from .processes import Proxy, Simulator
from .test_coding_tools import PROMPT
from .test_coding_tools_histories import ENDLESS, interrupt
from .test_coding_tools_images import crimson_png
from .tools import CLAUDE_MODELS, MODELS
from .upstream import Body, assert_in_order, assert_the_calls_gave, bodies, calls, fullest, parts, results
from .workshop import Workshop

PATCH = "*** Begin Patch\n*** Update File: greeting.txt\n@@\n hello\n-wrold\n+world\n*** End Patch\n"
on_every_model = pytest.mark.parametrize("model", MODELS)
on_claude_models = pytest.mark.parametrize("model", CLAUDE_MODELS)


def assert_both_commands_ran(agent: Codex, simulator: Simulator) -> None:
    answer = agent.ask(PROMPT)
    files = {path.name: path.read_text() for path in agent.workshop.work.glob("*.txt")}
    assert files == {"one.txt": "alpha-42\n", "two.txt": "beta-54\n"}
    assert "alpha-42" in answer
    assert "beta-54" in answer
    assert agent.retries == []
    last = fullest(bodies(simulator, agent.model))
    assert_the_calls_gave(last, {"one.txt": "alpha-42", "two.txt": "beta-54"})


@on_every_model
def test_two_parallel_calls(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    assert_both_commands_ran(Codex(workshop, proxy.url, model), simulator)


def test_set_up_by_a_profile(proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    assert_both_commands_ran(Codex(workshop, proxy.url, "claude-opus-4.6", by_profile=True), simulator)


# --- thinking


def thoughts(body: Body) -> list[Any]:
    """What a turn of the assistant begins with, where that is thinking."""
    firsts = [parts(message)[0] for message in body["messages"] if message["role"] == "assistant" and parts(message)]
    return [first for first in firsts if first["type"] == "thinking"]


@on_claude_models
def test_signed_thinking_comes_back(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """The simulator refuses a signature or a thought that was touched."""
    agent = Codex(workshop, proxy.url, model, thinks=True)
    assert_both_commands_ran(agent, simulator)
    assert "Let me think it over" in agent.thoughts
    asked = bodies(simulator, model)
    assert {body["thinking"]["type"] for body in asked} == {"adaptive" if "opus" in model else "enabled"}
    (thought,) = thoughts(asked[-1])
    assert "Let me think it over" in thought["thinking"]
    assert thought["signature"]
    (called,) = [message for message in asked[-1]["messages"] if message["role"] == "assistant"]
    assert [part["type"] for part in parts(called)] == ["thinking", "text", "tool_use", "tool_use"]


@on_every_model
def test_a_second_turn(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    agent = Codex(workshop, proxy.url, model, thinks=True)
    assert "alpha-42" in agent.ask("Run `echo alpha-$((6*7))`, then tell me what it printed.")
    assert "beta-54" in agent.ask("Run `echo beta-$((6*9))`, then tell me what it printed.")
    body = fullest(bodies(simulator, model))
    assert_the_calls_gave(body, {"alpha": "alpha-42", "beta": "beta-54"})
    assert_in_order(body, ["Run `echo alpha", "to find out.", "alpha-42", "Results:", "Run `echo beta", "beta-54"])
    if model.startswith("claude"):
        assert len(thoughts(body)) == 3  # the first turn's two, and the one before the last call
        assert all(thought["signature"] for thought in thoughts(body))


def test_a_cut_answer_is_asked_for_again(proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    simulator.behave(cut_after=6)
    agent = Codex(workshop, proxy.url, "claude-opus-4.6")
    assert "alpha-42" in agent.ask("Run `echo alpha-$((6*7))`, then tell me what it printed.")
    (why,) = agent.retries
    assert "stream disconnected before completion: The connection to ARGO broke" in why
    asked = bodies(simulator, agent.model)
    assert len(asked) == 3
    assert_the_calls_gave(asked[-1], {"alpha": "alpha-42"})


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@on_every_model
def test_after_an_interrupted_call(
    model: str, how: signal.Signals, proxy: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    """Codex gives the call a result, at once or when it is started again, and the user's next words follow."""
    agent = Codex(workshop, proxy.url, model)
    interrupt(agent, workshop, how)
    assert "beta-54" in agent.ask("Run `echo beta-$((6*9))`, then tell me what it printed.")
    body = fullest(bodies(simulator, model))
    assert_in_order(body, [ENDLESS, "aborted", "Run `echo beta", "beta-54"])
    assert_the_calls_gave(body, {"sleep 600": "aborted", "beta": "beta-54"})


# --- the tools that only Responses has


def test_a_patch_is_applied(proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """A custom tool, whose input is text; upstream it is a function with that text as its one argument."""
    greeting = workshop.work / "greeting.txt"
    greeting.write_text("hello\nwrold\n")
    simulator.behave(
        text="I will mend it.",
        tool_calls=[{"name": "apply_patch", "arguments": {"input": PATCH}}],
        match={"text": '"apply_patch"'},
    )
    agent = Codex(workshop, proxy.url, "gpt-5.5")
    assert "Success." in agent.ask("Mend greeting.txt.")
    assert greeting.read_text() == "hello\nworld\n"
    (change,) = [item for item in agent.done if item["type"] == "file_change"]
    assert (change["status"], [one["kind"] for one in change["changes"]]) == ("completed", ["update"])
    body = fullest(bodies(simulator, "gpt-5.5"))
    (made,) = calls(body).values()
    assert json.loads(made) == {"input": PATCH}
    (gave,) = results(body).values()
    assert "Success. Updated the following files:\nM greeting.txt" in gave
    (tool,) = [tool["function"] for tool in body["tools"] if tool["function"]["name"] == "apply_patch"]
    assert tool["parameters"]["required"] == ["input"]
    # What was called comes back after a pause too.
    assert "alpha-42" in agent.ask("Run `echo alpha-$((6*7))`, then tell me what it printed.")
    assert_the_calls_gave(fullest(bodies(simulator, "gpt-5.5")), {"Update File": "Success.", "alpha": "alpha-42"})


@on_every_model
def test_a_tool_in_a_namespace(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """It has one name upstream; Codex runs it under its own two, and says so where it cannot."""
    simulator.behave(
        text="I will end it.",
        tool_calls=[{"name": "multi_agent_v1__close_agent", "arguments": {"target": "nobody"}}],
        match={"text": "close_agent"},
    )
    Codex(workshop, proxy.url, model).ask("End the agent nobody.")
    body = fullest(bodies(simulator, model))
    (gave,) = results(body).values()
    assert "invalid agent id nobody" in json.dumps(gave), gave


def test_tools_that_are_looked_for(proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """`tool_search` is run by Codex. What it finds is not among the tools of the request, and can be called."""
    simulator.behave(
        text="I will look.",
        tool_calls=[{"name": "tool_search", "arguments": {"query": "agents", "limit": 4}}],
        match={"text": '"tool_search"'},
    )
    simulator.behave(
        text="I will end it.",
        tool_calls=[{"name": "multi_agent_v1__close_agent", "arguments": {"target": "nobody"}}],
        match={"text": "is loaded: it can be called now"},
    )
    Codex(workshop, proxy.url, "gpt-5.5").ask("Look for tools for agents, and end the agent nobody.")
    asked = bodies(simulator, "gpt-5.5")
    offered = [{tool["function"]["name"] for tool in body["tools"]} for body in asked]
    assert ["multi_agent_v1__close_agent" in names for names in offered] == [False, True, True]
    looked, ended = results(asked[-1]).values()
    assert "spawn_agent" in looked
    assert "invalid agent id nobody" in ended


@on_every_model
def test_an_image_that_a_tool_returns(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    square = workshop.work / "square.png"
    square.write_bytes(crimson_png())
    agent = Codex(workshop, proxy.url, model)
    simulator.behave(text="I will read it.", tool_calls=[agent.call_to_read(square)], match={"text": '"view_image"'})
    simulator.behave(text="It is crimson.", match={"text": base64.b64encode(crimson_png()).decode()})
    assert "It is crimson." in agent.ask("What colour is square.png?")
