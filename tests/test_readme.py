"""What the README says is so: its terminal, its figures, its links and commands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from argo_addon.settings.model import KEYS
from shell.group import COMMANDS
from shell.tools import TOOLS
from tests import newcomer, terminal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_its_terminal_shows_what_the_commands_print() -> None:
    assert terminal.recorded(terminal.commands_of(terminal.kept())) == terminal.kept()


def test_its_figures_are_those_of_the_measurement() -> None:
    measured = (ROOT / "docs" / "performance.md").read_text("utf-8")
    rows = [_cells(line) for line in README.partition("| work | this |")[2].partition("\n\n")[0].splitlines()[2:]]
    assert len(rows) >= 5
    for work, *figures in rows:
        row = next((_cells(line) for line in measured.splitlines() if line.startswith(f"| {work} |")), None)
        assert row is not None, f"{work} is not measured"
        for figure, cell in zip(figures, row[1:-1], strict=True):
            assert f"{cell}, ".startswith(f"{figure}, "), work


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, part = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), link
        if part:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            assert part in [_slug(heading) for heading in headings], link


def test_its_commands_and_tools_are_there() -> None:
    code = re.findall(r"`([^`\n]+)`|^\$ (.*)$", README, re.MULTILINE)
    said = [found for one in code for found in re.findall(r"\bargo-proxy ([a-z]+)(?: ([a-z]+))?", "".join(one))]
    assert len(said) > 12
    assert [command for command, _ in said if command not in COMMANDS] == []
    tools = [word for command, word in said if command in ("env", "run") and word]
    assert [word for word in tools if word not in TOOLS] == []


def test_a_newcomer_is_told_what_to_type() -> None:
    """`make newcomer` types it, up to the answer of the real Claude Code, and holds the README to its minutes."""
    said = newcomer.said(README)
    assert set(said.installs) == {"pipx", "uv", "python3"}
    assert set(said.hints) == {"pipx", "uv"}, "how the command is found, for those that do not say so themselves"
    assert said.demo.startswith("argo-proxy start")
    assert said.tool == "argo-proxy run claude"


def test_its_settings_are_there() -> None:
    named = re.findall(r"`([a-z_]+): [a-z]+`", README)
    assert len(set(named)) >= 3
    assert [key for key in named if key not in KEYS] == []


def test_it_names_the_pythons_that_are_tried() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    tried = re.findall(r"Programming Language :: Python :: (3\.\d+)", project)
    assert f'requires-python = ">={tried[0]}"' in project
    assert f"Python {tried[0]} or newer" in README
    assert f"each Python from {tried[0]} to {tried[-1]}" in README


def test_make_demo_shows_an_answer_in_each_dialect() -> None:
    """With the environment that is there; to make one anew is the same for all commands."""
    done = subprocess.run(
        ["make", "--assume-old=.venv/installed", "demo"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(path in done.stdout for path in ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1beta/"))
