"""Real coding tools that go on with a conversation: after several turns, and after a call that was interrupted.

What the tools send after a call that was interrupted (Claude Code 2.1.197, OpenCode 1.18.33). Both mend their history
themselves, so that nothing dangles; histories that nobody mended are in test_sdks_histories.py.
- Claude Code ended by SIGINT notes a result for the call (`is_error`, "The tool use was rejected …"), with
  "[Request interrupted by user for tool use]" behind it in the same turn, and answers that itself: "No response
  requested." Now and then it ends before it has noted that. Then, and after SIGKILL, it leaves the call out, and of its
  turn only the text (and thinking) is sent. 2.1.332 gives the call a result then: "[Tool call interrupted: …".
- OpenCode gives the call a result either way: "[Tool execution was interrupted]". Its user's next words follow at once,
  which in Anthropic's dialect is one turn: a result and words behind it.
"""

from __future__ import annotations

import signal

from .processes import Proxy, Simulator
from .tools import ClaudeCode, CodingTool, on_every_pair
from .upstream import assert_in_order, assert_the_calls_gave, bodies, calls, fullest
from .workshop import Workshop

FIRST = "Run `echo alpha-$((6*7))`, then tell me what it printed."
SECOND = "Remember the word tangerine."
SECOND_ANSWER = "I shall remember it, the citrus."
THIRD = "Run `echo beta-$((6*9))` and `echo gamma-$((6*8))`, then tell me what they printed."
INTERRUPTED = b"[Tool execution was interrupted]"
UNKNOWN = b"[Tool call interrupted: the session ended before"
ENDLESS = "Run `echo $$ > shell.pid; exec sleep 600`, then tell me what it printed."


@on_every_pair(forced="same dialect")
def test_three_turns(
    tool: type[CodingTool], model: str, gateway: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    agent = tool(workshop, gateway.url, model)
    assert "alpha-42" in agent.ask(FIRST)
    simulator.behave(text=SECOND_ANSWER, match={"text": "tangerine"})
    assert SECOND_ANSWER in agent.ask(SECOND)
    third = agent.ask(THIRD)
    assert "beta-54" in third
    assert "gamma-48" in third
    body = fullest(bodies(simulator, model))
    assert_the_calls_gave(body, {"alpha": "alpha-42", "beta": "beta-54", "gamma": "gamma-48"})
    first_turn = [FIRST, "to find out.", "alpha-42", "Results:", "alpha-42"]
    assert_in_order(body, [*first_turn, SECOND, SECOND_ANSWER, THIRD, "to find out.", "beta-54"])


def interrupt(agent: CodingTool, workshop: Workshop, how: signal.Signals) -> None:
    """Lets a model call the shell, and ends the tool while the shell is at work."""
    run = agent.start(ENDLESS)
    run.wait_until(
        lambda: workshop.shell() is not None and agent.remembers(agent.call_on_its_way), "its shell was at work"
    )
    run.interrupt(how)


def assert_it_goes_on(agent: CodingTool, simulator: Simulator) -> None:
    """With the call that was interrupted and what the tool says in place of its result, or without both."""
    words = b"The tool use was rejected" if isinstance(agent, ClaudeCode) else INTERRUPTED
    is_told = agent.remembers(words) or not isinstance(agent, ClaudeCode)
    assert "beta-54" in agent.ask("Run `echo beta-$((6*9))`, then tell me what it printed.")
    body = fullest(bodies(simulator, agent.model))
    assert_in_order(body, [ENDLESS, "beta-54"])
    made = calls(body)
    if not is_told and any("sleep 600" in arguments for arguments in made.values()):
        is_told, words = True, UNKNOWN
    assert_the_calls_gave(body, {"beta": "beta-54", **({"sleep 600": words.decode()} if is_told else {})})
    assert len(made) == (2 if is_told else 1)


@on_every_pair(forced="same dialect")
def test_after_an_interrupted_call(
    tool: type[CodingTool], model: str, gateway: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    agent = tool(workshop, gateway.url, model)
    interrupt(agent, workshop, signal.SIGINT)
    assert_it_goes_on(agent, simulator)


@on_every_pair(forced="no pair")
def test_after_the_tool_was_killed(
    tool: type[CodingTool], model: str, gateway: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    agent = tool(workshop, gateway.url, model)
    interrupt(agent, workshop, signal.SIGKILL)
    assert_it_goes_on(agent, simulator)
