"""`argo-proxy flows list`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argo_addon.printable import printable

from ... import filters, recordings
from ...terminal import coloured, fail

if TYPE_CHECKING:
    from argo_addon.recording.index import Found

_HEADS = ("N", "time", "tool", "dialects", "model", "status", "tokens", "ms", "")
_WIDE = 60


@click.command(
    epilog="Examples: `argo-proxy flows list`, `argo-proxy flows list --failed -n 5`, "
    "`argo-proxy flows list --tool codex --since 2h --grep weather`, `argo-proxy flows list my.flow`. "
    "Exit codes: 0 listed, 1 nothing is found, or the file cannot be read."
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("-n", "count", type=click.IntRange(1), default=20, show_default=True, help="How many, the newest.")
@click.option("--dropped", is_flag=True, help="Only those of which something was not sent on, and what that was.")
@filters.options
@click.option("--sessions", is_flag=True, help="Conversations instead of exchanges: how many calls, tokens, time.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: a list of objects.")
def command(
    file: Path | None, count: int, dropped: bool, chosen: filters.Chosen, sessions: bool, as_json: bool
) -> None:
    """List what was recorded, the newest last: of this machine, or of a file of any mitmproxy.

    Failures that are equal, as a tool's retries are, stand in one line with their count.
    """
    from argo_addon.recording import index, sums

    everything = recordings.all_found() if file is None else recordings.found_in(file)
    found = list(filters.chosen(everything, chosen, None if sessions else count, dropped=dropped))
    if sessions:
        rows = sums.by(found, "session")[-count:]
        click.echo(json.dumps(rows, indent=2) if as_json else sums.table(rows, "session"))
        sys.exit(0 if rows else 1)
    shown = (index.joined(found) if not as_json else found)[:count][::-1]
    if as_json:
        click.echo(json.dumps([_facts(one) for one in shown], indent=2))
        sys.exit(0 if shown else 1)
    elif shown:
        click.echo(printable(_table(shown, dropped)))
    else:
        fail(_nothing(chosen, dropped, bool(everything)))


def _nothing(chosen: filters.Chosen, dropped: bool, recorded: bool) -> str:
    """Why there is nothing to list."""
    if dropped:
        return (
            "nothing is recorded of which something was not sent on. "
            "`argo-proxy dump on` records every exchange, not only those that fail."
        )
    if chosen.failed and chosen == filters.Chosen(failed=True):
        return "no failure is recorded."
    return "no recorded exchange is of that kind." if recorded else recordings.NONE


def _facts(found: Found) -> dict[str, object]:
    import msgspec

    entry = found.entry
    more = {"times": entry.times, "last": entry.last} if entry.times > 1 else {}
    return {"time": entry.started, **more, **msgspec.to_builtins(entry.meta)}


def _table(shown: list[Found], dropped: bool) -> str:
    rows = [_HEADS, *(_row(found, dropped) for found in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = []
    for place, row in enumerate(rows):
        line = "  ".join(
            text.rjust(width) if column in (0, 7) else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        failed = place > 0 and shown[place - 1].meta.failed
        lines.append(click.style(line, fg="red") if failed and coloured(sys.stdout) else line)
    return "\n".join(lines)


def _row(found: Found, dropped: bool) -> tuple[str, ...]:
    meta, entry = found.meta, found.entry
    day = "%H:%M:%S" if time.time() - entry.started < 20 * 3600 else "%m-%d %H:%M"
    tokens = f"{meta.input_tokens or '?'}/{meta.output_tokens or '?'}" if meta.input_tokens is not None else ""
    told = meta.outcome if meta.failed else f"mended: {meta.mended}" if meta.mended else ""
    if not meta.failed and meta.outcome != "complete":
        told = meta.outcome
    if entry.times > 1:
        told = f"{entry.times} times, last {time.strftime(day, time.localtime(entry.last))}: {told}"
    if dropped:
        told = f"not sent on: {', '.join(meta.dropped)}"
    return (
        str(meta.number),
        time.strftime(day, time.localtime(entry.started)),
        meta.tool[:20],
        entry.dialects,
        meta.model or meta.asked,
        str(meta.status or "-"),
        tokens,
        str(meta.total_ms),
        told if dropped or len(told) <= _WIDE else f"{told[: _WIDE - 1]}…",
    )
