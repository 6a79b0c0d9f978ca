"""Writes what is generated of the commands: docs/reference/cli.md, the manual page beside it, the help in help.txt.

`python -m shell.reference` writes all three; a test holds them against the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from .group import cli
from .manual import manual

_HERE = Path(__file__).parent
HELP = _HERE / "help.txt"
REFERENCE = _HERE.parent / "docs" / "reference" / "cli.md"
MANUAL = REFERENCE.with_name("argo-proxy.1")

EXIT_CODES = {
    "0": "it is done",
    "1": "it cannot be done; the message says why and what to do",
    "2": "bad configuration or arguments",
    "3": "the gateway (`status`) or its service (`service status`) does not run",
    "126, 127": "the tool that `run` was asked for cannot be run, or is not installed",
}

_HEAD = """\
# The command line

<!-- Generated from the commands: `python -m shell.reference` writes it, a test compares it. -->

A flag beats the environment, which beats the file: each key of the [configuration](config.md) is also a variable, as
`ARGO_PROXY_PORT=8080` for `port`, and `ARGO_PROXY_CONFIG` names the file. Data go to stdout, what is said about
them to stderr. `NO_COLOR` switches colours off.

| exit code | meaning |
| --- | --- |
"""


def help_text() -> str:
    """What `argo-proxy --help` shows."""
    return _help(cli, _context(cli, "argo-proxy", None))


def reference() -> str:
    """The text of docs/reference/cli.md."""
    sections = (f"\n## `{name}`\n\n```text\n{text}```\n" for name, text in _commands(cli, "argo-proxy", None))
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    return _HEAD + codes + "".join(sections)


_WIDE = 80


def _commands(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """Each command below this one, with its help."""
    context = _context(command, name.rsplit(" ", 1)[-1], parent)
    yield name, _help(command, context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from _commands(found, f"{name} {below}", context)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    """What a command is shown in: the group's own settings, which the commands below take over, and a fixed width."""
    settings = {"terminal_width": _WIDE, "max_content_width": _WIDE, **command.context_settings}
    return click.Context(command, info_name=name, parent=parent, **settings)


def _help(command: click.Command, context: click.Context) -> str:
    return command.get_help(context).rstrip() + "\n"


if __name__ == "__main__":
    HELP.write_text(help_text())
    REFERENCE.write_text(reference())
    MANUAL.write_text(manual(EXIT_CODES))
