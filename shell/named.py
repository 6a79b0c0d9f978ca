"""`--name`: which gateway a command is about, where several run side by side. Child processes get it as a variable."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import click

from daemon.paths import NAME, is_name

Command = TypeVar("Command", bound=Callable[..., object])
WRONG = "is no name of a gateway: up to 32 letters, digits, `-` and `_`, of which the first is a letter or a digit"


def named(command: Command) -> Command:
    """Gives a command the option."""
    return click.option(
        "--name",
        metavar="NAME",
        expose_value=False,
        is_eager=True,
        callback=_take,
        help=f"Which gateway, where several run side by side (or {NAME}).",
    )(command)


def _take(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    if not is_name(value):
        raise click.UsageError(f"--name: {value!r} {WRONG}", context)
    os.environ[NAME] = value
