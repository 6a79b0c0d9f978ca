"""The agent's loop of every tool on every model in the other stream modes (`anthropic_stream_mode`), converted or not.

The mode `force` is the other files': it is the default. `make e2e-modes` tries the two others with `force_conversion`
and without; ordinarily each is tried in one of these ways.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from .codex import Codex
from .gemini_cli import GeminiCli
from .processes import Proxy, Simulator
from .test_coding_tools import PROMPT
from .test_gemini_cli import PROMPT as PROMPT_FOR_GEMINI_CLI
from .tools import MODELS, TOOLS, CodingTool
from .upstream import assert_the_calls_gave, bodies, fullest
from .workshop import Workshop

ALL = bool(os.environ.get("ARGO_PROXY_E2E_MODES"))
WAYS = [("retry", False), ("passthrough", True), *([("retry", True), ("passthrough", False)] if ALL else [])]
EVERY: tuple[type[CodingTool], ...] = (*TOOLS, Codex, GeminiCli)


@pytest.mark.parametrize("tool", EVERY, ids=[tool.name for tool in EVERY])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("mode", "force"), WAYS, ids=[f"{mode}{'-forced' if force else ''}" for mode, force in WAYS])
def test_two_parallel_calls(
    tool: type[CodingTool],
    model: str,
    mode: str,
    force: bool,
    in_mode: Callable[[str, bool], Proxy],
    simulator: Simulator,
    workshop: Workshop,
) -> None:
    answer = tool(workshop, in_mode(mode, force).url, model).ask(PROMPT_FOR_GEMINI_CLI if tool is GeminiCli else PROMPT)
    files = {path.name: path.read_text() for path in workshop.work.glob("*.txt")}
    assert files == {"one.txt": "alpha-42\n", "two.txt": "beta-54\n"}
    assert "alpha-42" in answer
    assert "beta-54" in answer
    assert_the_calls_gave(fullest(bodies(simulator, model)), {"one.txt": "alpha-42", "two.txt": "beta-54"})
