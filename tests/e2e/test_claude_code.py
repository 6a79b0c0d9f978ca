"""What Claude Code asks of a gateway besides answers: a search of the web, the list of models."""

from __future__ import annotations

import json

import pytest

from .processes import Proxy, Simulator
from .tools import ClaudeCode
from .upstream import bodies, fullest, results
from .workshop import Workshop


def will_search(simulator: Simulator) -> None:
    """Has the model search the web; newer versions give it that tool only once it has looked for it."""
    for name, given in (("ToolSearch", {"query": "select:WebSearch"}), ("WebSearch", {"query": "tangerines"})):
        calls = [{"name": name, "arguments": given}]
        simulator.behave(text=f"I will use {name}.", tool_calls=calls, match={"text": f'"name":"{name}"'})


@pytest.mark.parametrize("model", ["gpt-5.4", "gemini-2.5-pro"])
def test_a_search_of_the_web_fails_and_the_turn_goes_on(
    model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    """It asks a model for that, which must call a tool that ARGO does not have."""
    will_search(simulator)
    simulator.behave(text="I could not search.", match={"text": "Web search error: unavailable"})
    assert "I could not search." in ClaudeCode(workshop, proxy.url, model).ask("Search the web for tangerines.")
    told = results(fullest(bodies(simulator, model))).values()
    assert "web_search is not available here" in json.dumps(list(told)[-1])


def test_a_claude_of_argos_searches_the_web(proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    """Vertex AI has the basic web search, so the search is Claude's to answer."""
    will_search(simulator)
    answer = ClaudeCode(workshop, proxy.url, "claude-opus-4.6").ask("Search the web for tangerines.")
    assert "Web search results" in answer
    asked = bodies(simulator, "claude-opus-4.6")
    (search,) = [body for body in asked if [tool["name"] for tool in body.get("tools", [])] == ["web_search"]]
    assert search["tools"][0]["type"] == "web_search_20250305"
