"""`argo-proxy logs`: the daemon's log."""

from __future__ import annotations

import sys

import click

from daemon import discovery, logs
from daemon.paths import log_file

from ...group import Lazy
from ...named import named
from ...terminal import fail

COMMANDS = {"collect": ("collect", "Pack what a bug report needs, without secrets.")}


@click.command(
    cls=Lazy,
    commands_of=COMMANDS,
    package=__name__,
    invoke_without_command=True,
    epilog="Examples: `argo-proxy logs`, `argo-proxy logs -n 200`, `argo-proxy logs -f`, `argo-proxy logs collect`. "
    "Exit codes: 0 fine, 1 there is no log.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option(
    "-n", "count", type=click.IntRange(0), default=50, show_default=True, help="How many lines, from the end."
)
@named
@click.pass_context
def command(context: click.Context, follow: bool, count: int) -> None:
    """Show the end of the daemon's log."""
    if context.invoked_subcommand is not None:
        return
    record = discovery.last()
    path = record.log if record is not None and record.log is not None else log_file()
    out = sys.stdout.buffer
    try:
        out.write(b"".join(logs.tail(path, count)))
    except FileNotFoundError:
        if not follow:
            fail(f"there is no log yet at {path}. A gateway that `serve` runs has it in its terminal.")
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.")
    out.flush()
    if follow:
        try:
            for data in logs.follow(path):
                out.write(data)
                out.flush()
        except KeyboardInterrupt:
            sys.exit(0)
