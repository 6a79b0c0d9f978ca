"""`argo-proxy ledger`: what all calls add up to, recorded or not, for whoever answers for their use."""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path

import click

from argo_addon.settings.model import NoConfig, SettingsError, load
from daemon.paths import usage_ledger

from .. import filters
from ..terminal import BAD_CONFIG, fail

_KEYS = ("day", "user", "dialect", "model", "tool")


@click.command(
    epilog="Examples: `argo-proxy ledger`, `argo-proxy ledger --by user --since 30d`, "
    "`argo-proxy ledger --by user --by day --csv`. Exit codes: 0 told, 1 there is nothing, 2 bad configuration."
)
@click.option(
    "--by", "keys", type=click.Choice(_KEYS), multiple=True, help="What makes a row; several times for several."
)
@click.option("--since", metavar="TIME", help="Only from that day: 30d, or 2026-11-28.")
@click.option("--until", metavar="TIME", help="Only to that day.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, with a line of names.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: a list of objects.")
def command(keys: tuple[str, ...], since: str | None, until: str | None, as_csv: bool, as_json: bool) -> None:
    """Sum up every call of this machine's gateways, recorded or not, by user, day, dialect, model and tool.

    Where `usage_ledger` in the configuration names a server, it is the calls of all gateways that share it.

    Calls, those that failed, tokens in (with those of the cache) and out, those from and into the cache, and seconds.
    Nothing of what was said is kept. `usage_ledger: false` in the configuration keeps nothing at all.
    """
    from argo_addon.recording.ledger import read
    from argo_addon.recording.ledger_books import BookProblem

    try:
        rows = read(_where(), keys or _KEYS, _day(since) or "", _day(until) or "9999")
    except BookProblem as problem:
        fail(f"{problem}.")
    if not rows and not as_json and not as_csv:
        fail(
            "no call was noted then. Each is when it ends, within seconds, but for those of the demo, and none where "
            "usage_ledger is false."
        )
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows and as_csv:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    elif rows:
        click.echo(_table(rows))
    sys.exit(0 if rows else 1)


def _where() -> Path | str:
    """Where usage is kept: at the URL that the configuration names, if it names one, else in this machine's file."""
    try:
        named = load().settings.usage_ledger
    except NoConfig:
        named = True
    except SettingsError as error:
        fail(str(error), BAD_CONFIG)
    return named if isinstance(named, str) else Path(usage_ledger())


def _day(text: str | None) -> str | None:
    moment = filters.moment(text)
    return None if moment is None else time.strftime("%Y-%m-%d", time.localtime(moment))


def _cell(value: object) -> object:
    """A value for a table: one that a program for tables would take for a formula is marked as text. Tools name
    themselves.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _table(rows: list[dict[str, object]]) -> str:
    lines = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    count = sum(name in _KEYS for name in rows[0])
    return "\n".join(
        "  ".join(
            text.ljust(width) if place < count else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value) or "-"
