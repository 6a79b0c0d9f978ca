"""Lines as the published argo-proxy 3 took them: read as this version's, or answered with the command to use."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import click

_GROUPS = ("-h", "--help", "-V", "--version")
Command = TypeVar("Command", bound=Callable[..., object])


def as_ours(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """`argo-proxy my.yaml -p 8080` is `argo-proxy serve my.yaml -p 8080`, which is said; other lines stay as they are.

    Raises click.UsageError where options stand before a command.
    """
    words = list(arguments)
    if not words or words[0] in commands or words[0] in _GROUPS:
        return words
    if words[0].startswith("-"):
        named = next((word for word in words if word in commands), None)
        if named is not None:
            words.remove(named)
            line = shlex.join(["argo-proxy", named, *words])
            raise click.UsageError(f"Options stand behind the command: {line}")
    elif not ("." in words[0] or os.sep in words[0] or os.path.isfile(words[0])):
        return words
    line = shlex.join(["argo-proxy", "serve", *words])
    click.echo(f"argo-proxy: taken as `{line}`; `argo-proxy start` runs it in the background", err=True)
    return ["serve", *words]


def retired(*names: str, answer: str, takes_value: bool = True) -> Callable[[Command], Command]:
    """An option that is no more, with the answer; COMMAND in it is the one that is run, VALUE what was given."""

    def refuse(context: click.Context, option: click.Parameter, value: object) -> None:
        if value in (None, False):
            return
        told = answer.replace("COMMAND", context.command_path).replace("VALUE", shlex.quote(str(value)))
        raise click.UsageError(f"{option.opts[0]} of argo-proxy 3 is no more: {told}", context)

    return click.option(*names, is_flag=not takes_value, default=None, hidden=True, expose_value=False, callback=refuse)


RETIRED = (
    retired("--dump-dir", answer="the folder goes with the switch. Use: COMMAND --dump-requests VALUE"),
    retired("--data-dir", answer="what it keeps is in the state folder, which XDG_STATE_HOME moves. Use: COMMAND"),
    retired("--no-banner", answer="there is no banner. Use: COMMAND", takes_value=False),
    retired(
        "--dev",
        answer="a call that its model's endpoint takes as it is goes there unconverted anyhow. Use: COMMAND",
        takes_value=False,
    ),
)
"""The options of `serve` that are no more."""
