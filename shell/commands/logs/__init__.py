"""`argo-proxy logs`: the daemon's log."""

from __future__ import annotations

import re
import sys
import time

import click

from daemon import discovery, logs
from daemon.paths import log_file

from ...group import Lazy
from ...named import named
from ...terminal import fail

_USUAL = 50
_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
COMMANDS = {"collect": ("collect", "Pack what a bug report needs, without secrets.")}


@click.command(
    cls=Lazy,
    commands_of=COMMANDS,
    package=__name__,
    invoke_without_command=True,
    epilog="Examples: `argo-proxy logs`, `argo-proxy logs -n 200`, `argo-proxy logs -f`, "
    "`argo-proxy logs --since 2h --level warning`, `argo-proxy logs collect`. "
    "Exit codes: 0 fine, 1 there is no log.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option(
    "-n", "count", type=click.IntRange(0), help="How many lines, from the end; 50, and all of those with --since."
)
@click.option("--since", metavar="TIME", help="From then on: 10m, 2h, 3d, 14:30, 2026-11-28, '2026-11-28 14:30'.")
@click.option("--level", type=click.Choice(list(logs.LEVELS)), help="Of this weight at least.")
@named
@click.pass_context
def command(context: click.Context, follow: bool, count: int | None, since: str | None, level: str | None) -> None:
    """Show the end of the daemon's log."""
    if context.invoked_subcommand is not None:
        return
    record = discovery.last()
    path = record.log if record is not None and record.log is not None else log_file()
    out = sys.stdout.buffer
    chosen = logs.Chosen(_moment(since) if since else 0.0, logs.LEVELS[level] if level else 0)
    most = (sys.maxsize if since else _USUAL) if count is None else count
    try:
        if since or level:
            found = [line for line in logs.tail(path, sys.maxsize) if chosen(line)]
            out.write(b"".join(found[max(len(found) - most, 0) :]))
        else:
            out.write(b"".join(logs.tail(path, most)))
    except FileNotFoundError:
        if not follow:
            fail(f"there is no log yet at {path}. A gateway that `serve` runs has it in its terminal.")
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.")
    out.flush()
    if follow:
        try:
            for line in logs.lines_of(logs.follow(path)):
                if chosen(line):
                    out.write(line)
                    out.flush()
        except KeyboardInterrupt:
            sys.exit(0)


def _moment(text: str) -> float:
    """Seconds since 1970 of a time on the command line; one that is none ends the program."""
    if (span := re.fullmatch(r"(\d+) ?([smhd])", text.strip())) is not None:
        return time.time() - int(span[1]) * _SPANS[span[2]]
    if re.fullmatch(r"\d{1,2}:\d\d", text.strip()):
        text = f"{time.strftime('%Y-%m-%d')} {text.strip()}"
    for form in _FORMS:
        try:
            return time.mktime(time.strptime(text.strip(), form))
        except (ValueError, OverflowError):
            continue
    raise click.BadParameter(f"{text!r} is no time; write 10m, 2h, 3d, 14:30 or 2026-11-28", param_hint="--since")
