"""What is said to a person: errors that end the program, and progress of what takes long."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from argo_addon.printable import printable

from .wording import addressed

CANNOT, BAD_CONFIG, DOES_NOT_RUN = 1, 2, 3
"""Exit codes; 0 is fine. docs/reference/cli.md tells them."""
_SIGNS = "|/-\\"
_TURN = 0.12


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


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Shows that something takes its time: a sign that turns on a terminal, elsewhere one plain line."""
    if not sys.stderr.isatty():
        click.echo(f"{what} ...", err=True)
        yield
        return
    over = threading.Event()
    turning = threading.Thread(target=_turn, args=(what, over), daemon=True)
    turning.start()
    try:
        yield
    finally:
        over.set()
        turning.join()


def _turn(what: str, over: threading.Event) -> None:
    turn = 0
    while not over.wait(_TURN):
        sys.stderr.write(f"\r{_SIGNS[turn % len(_SIGNS)]} {what} ")
        sys.stderr.flush()
        turn += 1
    if turn:
        sys.stderr.write("\r" + " " * (len(what) + 4) + "\r")
        sys.stderr.flush()
