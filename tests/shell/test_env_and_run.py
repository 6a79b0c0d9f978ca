"""`argo-proxy env` and `run`: what is said of a tool that is not there, and of a model that no variable can name."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from shell.group import cli
from shell.installing import INSTALL
from shell.tools import TOOLS

from .person import Person


@pytest.mark.parametrize("tool", [name for name, tool in TOOLS.items() if tool.program])
def test_a_tool_that_is_not_there_is_named_with_the_way_to_it(
    tool: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = CliRunner().invoke(cli, ["run", tool])
    assert told.exit_code == 127, told
    assert f"{TOOLS[tool].program} is not installed" in told.output
    assert INSTALL[tool] in told.output


def test_of_what_has_no_program_the_model_is_named_where_it_goes(at_demo: Person) -> None:
    for tool in ("openai", "claude-agent-sdk", "jetbrains", "roo", "generic", "jupyter-ai"):
        told = at_demo.data("env", tool, "--model", "claude-opus-4.6", "--json")
        variables, notes = (str(told[member]).replace("-4-6", "-4.6") for member in ("variables", "notes"))
        assert "claude-opus-4.6" in variables + notes
        assert ("in each call" in notes) == (tool == "openai"), notes
        assert "choose claude-opus-4.6 in it" in notes or tool != "jetbrains"


@pytest.mark.parametrize("model", ["", "  "])
def test_a_model_that_is_empty_is_refused(at_demo: Person, model: str) -> None:
    """As that of `--model "$MODEL"` is where MODEL is not set: the tool would be told of no model at all."""
    for tool in ("claude", "codex", "aider"):
        said = at_demo.run("env", tool, "--shell", "bash", "--model", model, code=1)
        assert "--model is empty" in said
        assert "export" not in said
        assert "false" in said
