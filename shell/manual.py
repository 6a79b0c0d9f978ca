"""The manual page of all commands, in roff's macros (man(7)); `python -m shell.reference` writes it.

It names no version and no day, so that it changes with the commands only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import click

from .group import cli

_HEAD = """\
.\\" Generated from the commands: `python -m shell.reference` writes it, a test compares it.
.TH ARGO-PROXY 1 "" "argo-proxy" "User Commands"
.nh
.ad l
.SH NAME
argo-proxy \\- a local gateway between coding tools and ARGO
"""
_ENVIRONMENT = {
    "ARGO_PROXY_CONFIG": "The configuration file.",
    "ARGO_PROXY_NAME": "Which gateway is meant, where several run side by side.",
    "ARGO_PROXY_KEY": "For each KEY of the configuration, in capitals, its value, which beats the file.",
    "NO_COLOR": "Switches colours off.",
    "XDG_CONFIG_HOME, XDG_STATE_HOME": "Where configuration and state are, instead of ~/.config and ~/.local/state.",
}
_FILES = {
    "./config.yaml, ~/.config/argoproxy/config.yaml, ~/.argoproxy/config.yaml": (
        "The configuration, the first that is there."
    ),
    "~/.local/state/argoproxy": "State, log and recordings; on macOS the log is in ~/Library/Logs/argoproxy.",
}


def manual(exit_codes: Mapping[str, str]) -> str:
    """The page, with the exit codes by number."""
    context = click.Context(cli, info_name="argo-proxy", **cli.context_settings)
    parts = [
        _HEAD,
        f".SH SYNOPSIS\n{_synopsis(cli, context)}.SH DESCRIPTION\n{_prose(cli.help)}{_prose(cli.epilog)}",
        ".SH COMMANDS\n",
        *(_section(command, below) for command, below in _commands(cli, context)),
        ".SH EXIT STATUS\n",
        *_listed(exit_codes),
        ".SH ENVIRONMENT\n",
        *_listed(_ENVIRONMENT),
        ".SH FILES\n",
        *_listed(_FILES),
    ]
    return "".join(parts)


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Each command below this group, with what it is called by."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        below = click.Context(command, info_name=name, parent=context, **command.context_settings)
        yield command, below
        if isinstance(command, click.Group):
            yield from _commands(command, below)


def _section(command: click.Command, context: click.Context) -> str:
    offered = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    records = [found for one in offered if (found := one.get_help_record(context)) is not None]
    options = "".join(_listed(dict(records)))
    title = f".SS {_roff(context.command_path)}\n"
    return title + _synopsis(command, context) + _prose(command.help) + options + _prose(command.epilog)


def _synopsis(command: click.Command, context: click.Context) -> str:
    words = " ".join(command.collect_usage_pieces(context))
    return f".B {_roff(context.command_path)}\n{_roff(words)}\n"


def _listed(entries: Mapping[str, str]) -> Iterator[str]:
    for name, text in entries.items():
        yield f".TP\n.B {_roff(name)}\n{_roff(_flat(text))}\n"


def _prose(text: str | None) -> str:
    """Paragraphs of a help text; click's mark for one that is not to be wrapped begins a literal one."""
    made = []
    for paragraph in re.split(r"\n\s*\n", text or ""):
        if paragraph.lstrip().startswith("\b"):
            lines = "\n".join(_roff(line) for line in paragraph.strip("\b \n").splitlines())
            made.append(f".PP\n.nf\n{lines}\n.fi\n")
        elif paragraph.strip():
            made.append(f".PP\n{_roff(_flat(paragraph))}\n")
    return "".join(made)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _roff(text: str) -> str:
    """A line of text as roff takes it: no request at its beginning, signs that are to be copied as they are."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    )
    text = text.replace("~", "\\(ti").replace('"', "\\(dq").replace("…", "\\&...")
    return f"\\&{text}" if text.startswith(".") else text
