"""The real Gemini CLI, headless, through the proxy to the simulator.

What it sends (0.61.0):
- `:streamGenerateContent?alt=sse`, below `/v1beta1/publishers/google/models/` where it is set up by its environment,
  below `/v1beta/models/` where by its settings.
- 15 tools with `parametersJsonSchema`; temperature 1, topP 0.95 and topK 64 together, and `includeThoughts`.
- Calls have ids of its own: the tool's name, and then ours. A command with `$(…)` in it is refused.
- Within a turn thoughts come back, signed; after `--resume` they do not.
- Of a call that was interrupted nothing is kept but the words before it. (SIGINT does not end it while a shell works.)
- For a search of the web it asks gemini-3-flash-preview, plain, with `googleSearch`, whatever the model.
"""

from __future__ import annotations

import base64
import json
import signal

import pytest

from .gemini_cli import BUDGET, GeminiCli
from .processes import Proxy, Simulator
from .test_coding_tools_histories import ENDLESS, interrupt
from .test_coding_tools_images import crimson_png
from .tools import CLAUDE_MODELS, MODELS
from .upstream import assert_in_order, assert_the_calls_gave, bodies, fullest, parts
from .workshop import Workshop

PROMPT = (
    r"Run `expr 6 \* 7 | sed s/^/alpha-/ > one.txt; cat one.txt` and "
    r"`expr 6 \* 9 | sed s/^/beta-/ > two.txt; cat two.txt`, both at once, then tell me what they printed."
)
ALPHA = r"Run `expr 6 \* 7 | sed s/^/alpha-/`, then tell me what it printed."
BETA = r"Run `expr 6 \* 9 | sed s/^/beta-/`, then tell me what it printed."
on_every_model = pytest.mark.parametrize("model", MODELS)
either_way = pytest.mark.parametrize("by_settings", [False, True], ids=["environment", "settings"])


def assert_both_commands_ran(agent: GeminiCli, simulator: Simulator) -> None:
    answer = agent.ask(PROMPT)
    files = {path.name: path.read_text() for path in agent.workshop.work.glob("*.txt")}
    assert files == {"one.txt": "alpha-42\n", "two.txt": "beta-54\n"}
    assert "alpha-42" in answer
    assert "beta-54" in answer
    last = fullest(bodies(simulator, agent.model))
    assert_the_calls_gave(last, {"one.txt": "alpha-42", "two.txt": "beta-54"})


@on_every_model
@either_way
def test_two_parallel_calls(
    model: str, by_settings: bool, proxy: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    agent = GeminiCli(workshop, proxy.url, model, by_settings=by_settings)
    assert_both_commands_ran(agent, simulator)
    tokens = agent.stats["models"][model]["tokens"]
    assert tokens["prompt"] > 1000
    assert tokens["candidates"] > 0


@pytest.mark.parametrize("model", CLAUDE_MODELS)
@either_way
def test_signed_thinking_comes_back(
    model: str, by_settings: bool, proxy: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    """The simulator refuses a signature or a thought that was touched."""
    assert_both_commands_ran(GeminiCli(workshop, proxy.url, model, thinks=True, by_settings=by_settings), simulator)
    asked = bodies(simulator, model)
    assert [body["thinking"] for body in asked] == [{"type": "enabled", "budget_tokens": BUDGET}] * 2
    (called,) = [message for message in asked[-1]["messages"] if message["role"] == "assistant"]
    assert [part["type"] for part in parts(called)] == ["thinking", "text", "tool_use", "tool_use"]
    thought = parts(called)[0]
    assert "Let me think it over" in thought["thinking"]
    assert thought["signature"]


@on_every_model
@pytest.mark.parametrize("thinks", [False, True], ids=["", "thinking"])
def test_a_second_turn(model: str, thinks: bool, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    agent = GeminiCli(workshop, proxy.url, model, thinks=thinks)
    assert "alpha-42" in agent.ask(ALPHA)
    assert "beta-54" in agent.ask(BETA)
    body = fullest(bodies(simulator, model))
    assert_the_calls_gave(body, {"alpha": "alpha-42", "beta": "beta-54"})
    assert_in_order(body, [ALPHA, "to find out.", "alpha-42", "Results:", BETA, "to find out.", "beta-54"])


@on_every_model
def test_after_the_tool_was_killed(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    agent = GeminiCli(workshop, proxy.url, model)
    interrupt(agent, workshop, signal.SIGKILL)
    assert "beta-54" in agent.ask(BETA)
    body = fullest(bodies(simulator, model))
    assert_in_order(body, [ENDLESS, "to find out.", BETA, "beta-54"])
    assert_the_calls_gave(body, {"beta": "beta-54"})


@on_every_model
def test_an_image_that_a_tool_returns(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    square = workshop.work / "square.png"
    square.write_bytes(crimson_png())
    agent = GeminiCli(workshop, proxy.url, model)
    simulator.behave(text="I will read it.", tool_calls=[agent.call_to_read(square)], match={"text": '"read_file"'})
    simulator.behave(text="It is crimson.", match={"text": base64.b64encode(crimson_png()).decode()})
    assert "It is crimson." in agent.ask("What colour is square.png?")


@on_every_model
def test_a_search_of_the_web(model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """It asks a model for that, with a tool that ARGO has not; a query of that model's is answered without it."""
    simulator.behave(
        text="I will search.",
        tool_calls=[{"name": "google_web_search", "arguments": {"query": "tangerines"}}],
        match={"text": '"google_web_search"'},
    )
    simulator.behave(text="They are small and orange.", match={"text": "tangerines"})
    answer = GeminiCli(workshop, proxy.url, model, search_by=model).ask("Search the web.")
    assert "They are small and orange." in answer
    searched = [body for body in bodies(simulator, model) if not body.get("tools")]
    assert len(searched) == 1
    assert "tangerines" in json.dumps(searched[0]["messages"][-1])


def test_a_search_by_a_model_that_is_not_there(proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """Told 404 of its own choice it would ask again without end (docs/decisions/0010)."""
    simulator.behave(
        text="I will search.",
        tool_calls=[{"name": "google_web_search", "arguments": {"query": "tangerines"}}],
        match={"text": '"google_web_search"'},
    )
    assert GeminiCli(workshop, proxy.url, "gpt-5.4").ask("Search the web.")
    assert [entry["body"]["model"] for entry in simulator.log()] == ["gpt54", "gemini-3-flash-preview", "gpt54"]
