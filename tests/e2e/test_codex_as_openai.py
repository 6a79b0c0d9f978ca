"""The real Codex CLI with nothing but `openai_base_url`: it takes the gateway for OpenAI itself.

It speaks over a WebSocket, and has what grows too long compacted by an item `compaction_trigger`, which must be
answered by exactly one compaction (0.169.0; pitfalls 11.2, 11.3).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .codex import Codex
from .conftest import settings_for
from .processes import Proxy, Simulator
from .workshop import Workshop

LIMIT = 12_000
"""Tokens after which Codex compacts before its next turn: more than it says of itself, less than with a long answer."""
LONG = "A long answer. " * 2000
ASKED, OPENED = "is about to be replaced by a summary", "This is a summary of the conversation so far"


class CodexAsOpenAI(Codex):
    """Without a provider of its own."""

    def _provider(self) -> list[str]:
        limit = ["-c", f"model_auto_compact_token_limit={LIMIT}"]
        return ["-c", f'openai_base_url="{self.url}/v1"', *limit]

    def _settings(self) -> dict[str, str]:
        return {"OPENAI_API_KEY": "argo"}


def bodies(simulator: Simulator) -> list[dict[str, Any]]:
    """What ARGO was asked."""
    return [entry["body"] for entry in simulator.log() if "messages" in entry["body"]]


@pytest.mark.parametrize("model", ["gpt-5.5", "claude-opus-4.6"])
def test_a_session_is_compacted_twice_and_goes_on_after_a_restart(
    model: str, simulator: Simulator, workshop: Workshop, tmp_path: Path
) -> None:
    folder = tmp_path / "gateway"
    folder.mkdir()
    proxy = Proxy(folder, settings_for(simulator))
    agent = CodexAsOpenAI(workshop, proxy.url, model)
    for number in range(3):
        simulator.behave(text=f"{LONG} alpha-{number}", match={"text": f"Say a lot, {number}."})
        assert f"alpha-{number}" in agent.ask(f"Say a lot, {number}.")
        assert agent.retries == []
    texts = [json.dumps(body["messages"]) for body in bodies(simulator)]
    assert sum(ASKED in text for text in texts) >= 2
    assert proxy.stop() == 0
    simulator.clear()
    proxy = Proxy(folder, settings_for(simulator))
    agent.url = proxy.url
    assert "beta-54" in agent.ask("Run `echo beta-$((6*9))`, then tell me what it printed.")
    assert agent.retries == []
    assert any(OPENED in json.dumps(body["messages"]) for body in bodies(simulator))
    assert proxy.stop() == 0
