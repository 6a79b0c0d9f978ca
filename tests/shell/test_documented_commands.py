"""Every `argo-proxy …` that a page, a help text or a message names is one that the command line takes."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from shell.group import cli

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
    if path.name != "cli.md"  # it is made of the sources
]
SOURCES = [path for room in ("argo_addon", "daemon", "shell") for path in sorted((ROOT / room).rglob("*.py"))]
NAMED = re.compile(r"`(argo-proxy(?: [^`\n]*)?)`|\$\((argo-proxy [^()\n]*)\)")
STANDS_FOR = {
    "N": "1",
    "TOOL": "claude",
    "NAME": "play",
    "FILE": "a.flow",
    "PATH": "a.flow",
    "KEY": "user",
    "VALUE": "jdoe",
}
"""What a word in capitals is, of which a reader makes a word of his own."""


def named_in(path: Path) -> Iterator[str]:
    """The commands that a file names, each once."""
    text = re.sub(r"\s*\n\s*", " ", path.read_text()) if path.suffix == ".md" else path.read_text()
    yield from dict.fromkeys(one or other for one, other in NAMED.findall(text))


def problem_of(line: str) -> str | None:
    """Why the command line does not take this; None if it does, or leaves open what comes."""
    words = shlex.split(re.split(r" [|>&;] ?| -- |…|\{|<", f"{line} ")[0].replace("\\", ""))[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="argo-proxy", **cli.context_settings)
    while isinstance(command, click.Group):
        if not words or words[0].startswith("-") or words[0].endswith(".yaml"):  # as argo-proxy 3 took it
            return None
        found = command.get_command(context, words[0])
        if found is None:
            return f"there is no `{words[0]}`"
        command, words = found, words[1:]
        if isinstance(command, click.Group):
            context = click.Context(command, parent=context, info_name=command.name)
    words = [STANDS_FOR.get(word, word) for word in words]
    try:
        command.make_context(command.name, words, parent=context)
    except click.MissingParameter:  # the command is spoken of, not typed
        return None
    except click.UsageError as problem:
        return problem.format_message()
    except (click.exceptions.Exit, SystemExit):
        return None
    return None


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy, in which `--name` leaves its word."""
    monkeypatch.setattr(os, "environ", {**os.environ})


@pytest.mark.parametrize("paths", [PAGES, SOURCES], ids=["pages", "sources"])
def test_commands_that_are_named_are_taken(paths: list[Path]) -> None:
    found = [(str(path.relative_to(ROOT)), line) for path in paths for line in named_in(path)]
    assert len(found) > 100
    assert [(*one, why) for one in found if (why := problem_of(one[1]))] == []


def test_what_is_not_taken_is_found() -> None:
    for line in ("argo-proxy stat", "argo-proxy flows shov 1", "argo-proxy start --demos", "argo-proxy replay 1 2 3 x"):
        assert problem_of(line), line


def test_an_extra_is_named_as_every_shell_takes_it() -> None:
    """Bare brackets are a pattern to zsh, which refuses one that no file has."""
    for path in PAGES:
        assert re.findall(r"pip install [^'\"`\n]*\[.*", path.read_text()) == [], path
