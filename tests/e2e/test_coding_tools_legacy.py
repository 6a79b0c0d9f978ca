"""Each of the real coding tools, headless, by ARGO's legacy gateway: a loop with two parallel calls."""

from __future__ import annotations

import pytest

from . import test_codex, test_coding_tools, test_gemini_cli
from .codex import Codex
from .gemini_cli import GeminiCli
from .processes import Proxy, Simulator
from .tools import MODELS, TOOLS, CodingTool
from .workshop import Workshop

on_every_model = pytest.mark.parametrize("model", MODELS)


@on_every_model
@pytest.mark.parametrize("tool", TOOLS, ids=[tool.name for tool in TOOLS])
def test_claude_code_and_opencode(
    tool: type[CodingTool], model: str, legacy_proxy: Proxy, simulator: Simulator, workshop: Workshop
) -> None:
    test_coding_tools.test_two_parallel_calls(tool, model, legacy_proxy, simulator, workshop)


@on_every_model
def test_on_codex(model: str, legacy_proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    test_codex.assert_both_commands_ran(Codex(workshop, legacy_proxy.url, model), simulator)


@on_every_model
def test_on_gemini_cli(model: str, legacy_proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    agent = GeminiCli(workshop, legacy_proxy.url, model)
    test_gemini_cli.assert_both_commands_ran(agent, simulator)
