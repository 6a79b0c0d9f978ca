"""What Claude Code asks of a gateway besides answers: a search of the web, the list of models."""

from __future__ import annotations

import json

import pytest

from .processes import Proxy, Simulator
from .tools import ClaudeCode
from .upstream import bodies, fullest, results
from .workshop import Workshop


@pytest.mark.parametrize("model", ["gpt-5.4", "gemini-2.5-pro"])
def test_a_search_of_the_web_fails_and_the_turn_goes_on(
    model: str, proxy: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    """It asks a model for that, which must call a tool that ARGO does not have."""
    simulator.behave(
        text="I will search.",
        tool_calls=[{"name": "WebSearch", "arguments": {"query": "tangerines"}}],
        match={"text": '"WebSearch"'},
    )
    simulator.behave(text="I could not search.", match={"text": "Web search error: unavailable"})
    assert "I could not search." in ClaudeCode(workshop, proxy.url, model).ask("Search the web for tangerines.")
    (result,) = results(fullest(bodies(simulator, model))).values()
    assert "web_search is not available here" in json.dumps(result)
