"""`eval $(argo-proxy env TOOL)` in real shells, then the real tool: it answers through the proxy, and all is put back.

Quoted in a clean home; unquoted where the person has settings and variables. An HTTP proxy that leads nowhere is set.
ARGO_PROXY_AIDER is the folder of Aider's executable (default .cache/aider/bin, `make e2e-aider`).
"""

from __future__ import annotations

import os

import pytest

from .processes import Simulator
from .shells import EDIT, QUOTED, SHELLS, SHOUTED, TOOLS, UNQUOTED, WAYS, Desk

ALL = bool(os.environ.get("ARGO_PROXY_E2E_SHELLS"))
"""Whether each tool is tried in each way and each shell (`make e2e-shells`), or each once and each shell once."""
EVERY_CASE = [(shell, tool, way) for tool in TOOLS for shell in SHELLS for way in WAYS]
ONCE = [*(("bash", tool, UNQUOTED) for tool in TOOLS), *((shell, "claude", QUOTED) for shell in SHELLS)]
BY_RUN = tuple(TOOLS) if ALL else ("codex", "gemini")


def models_asked(simulator: Simulator) -> set[str]:
    """ARGO's names of the models that were asked. Fails where it had anything against a request."""
    log = simulator.log()
    assert [entry["refusal"] for entry in log if entry["refusal"] is not None] == []
    assert {entry["status"] for entry in log} == {200}
    assert {entry["body"]["user"] for entry in log} == {"jdoe"}
    return {entry["body"]["model"] for entry in log}


def prepare(tool: str, simulator: Simulator) -> None:
    if tool == "aider":  # it has no tools: what is to be done stands in the answer's text
        simulator.behave(text=f"I will mend it.\n\n{EDIT}", match={"text": "greeting.txt"})


def assert_done(tool: str, answer: str, desk: Desk, simulator: Simulator) -> None:
    if tool == "aider":
        assert (desk.work / "greeting.txt").read_text() == "hello\nworld\n", answer
    else:
        assert SHOUTED in answer
    asked = models_asked(simulator)
    assert asked
    assert asked <= TOOLS[tool].models


@pytest.mark.parametrize(("shell", "tool", "way"), EVERY_CASE if ALL else ONCE)
def test_the_tool_answers_and_all_is_put_back(
    shell: str, tool: str, way: str, desk: Desk, simulator: Simulator
) -> None:
    desk.start()
    prepare(tool, simulator)
    if way == UNQUOTED:
        desk.with_belongings()
    files = desk.belongings()
    done = desk.evaluate(shell, tool, way)
    assert_done(tool, done.answer, desk, simulator)
    assert done.after == done.before
    assert "function" not in done.kind
    assert desk.belongings() == files


@pytest.mark.parametrize("way", WAYS if ALL else [UNQUOTED])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_name_with_brackets_is_no_glob(shell: str, way: str, desk: Desk, simulator: Simulator) -> None:
    desk.start()
    for name in ("1", "m", "claude-opus-4-61", "ANTHROPIC_MODEL=claude-opus-4-6m;"):
        (desk.work / name).touch()
    done = desk.evaluate(shell, "claude", way, model="claude-opus-4-6[1m]")
    assert done.between["ANTHROPIC_MODEL"] == "claude-opus-4-6[1m]"
    assert SHOUTED in done.answer
    assert "claudeopus46" in models_asked(simulator)
    assert done.after == done.before


@pytest.mark.parametrize("tool", BY_RUN)
def test_run_starts_the_gateway_and_asks_the_tool(tool: str, desk: Desk, simulator: Simulator) -> None:
    prepare(tool, simulator)
    files = desk.belongings()
    assert_done(tool, desk.ask_by_run(tool), desk, simulator)
    assert desk.belongings() == files
