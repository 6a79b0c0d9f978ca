"""What is said to a person: lines, and errors that end the program."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from argo_addon.printable import printable

from .wording import addressed

CANNOT, BAD_CONFIG, DOES_NOT_RUN = 1, 2, 3
"""Exit codes; 0 is fine. docs/reference/cli.md tells them."""


def fail(message: str, code: int = CANNOT) -> NoReturn:
    """Ends the program with a message on stderr."""
    head = click.style("argo-proxy:", fg="red") if coloured(sys.stderr) else "argo-proxy:"
    click.echo(f"{head} {printable(addressed(message))}", err=True)
    sys.exit(code)


def warn(message: str) -> None:
    """A line on stderr; the program goes on."""
    click.echo(f"argo-proxy: {printable(addressed(message))}", err=True)


def say(message: str) -> None:
    """A line on stdout that may tell what to do next."""
    click.echo(printable(addressed(message)))


def coloured(stream: object) -> bool:
    """Whether colours belong on a stream: a terminal, unless NO_COLOR says otherwise (no-color.org)."""
    is_terminal = getattr(stream, "isatty", lambda: False)()
    return bool(is_terminal) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
