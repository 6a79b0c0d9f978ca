"""`argo-proxy flows list`."""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ... import recordings
from ...terminal import coloured, fail

if TYPE_CHECKING:
    from argo_addon.recording.recorded_exchange import RecordedExchange

_HEADS = ("N", "time", "tool", "dialects", "model", "status", "tokens", "ms", "")
_WIDE = 60


@click.command(
    epilog="Examples: `argo-proxy flows list`, `argo-proxy flows list --failed -n 5`, `argo-proxy flows list my.flow`. "
    "Exit codes: 0 listed, 1 nothing is recorded, or the file cannot be read."
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("-n", "count", type=click.IntRange(1), default=20, show_default=True, help="How many, the newest.")
@click.option("--failed", is_flag=True, help="Only those that failed.")
@click.option("--dropped", is_flag=True, help="Only those of which something was not sent on, and what that was.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: a list of objects.")
def command(file: Path | None, count: int, failed: bool, dropped: bool, as_json: bool) -> None:
    """List what was recorded, the newest last: of this machine, or of a file of any mitmproxy."""
    found = recordings.newest() if file is None else reversed(recordings.of_file(file))
    wanted = (one for one in found if (one.meta.failed or not failed) and (one.meta.dropped or not dropped))
    shown = list(itertools.islice(wanted, count))[::-1]
    if as_json:
        click.echo(json.dumps([_facts(recorded) for recorded in shown], indent=2))
        sys.exit(0 if shown else 1)
    elif shown:
        click.echo(_table(shown, dropped))
    elif dropped:
        fail(
            "nothing is recorded of which something was not sent on. "
            "`argo-proxy dump on` records every exchange, not only those that fail."
        )
    else:
        fail(recordings.NONE if not failed else "no failure is recorded.")


def _facts(recorded: RecordedExchange) -> dict[str, object]:
    import msgspec

    return {"time": recorded.started, **msgspec.to_builtins(recorded.meta)}


def _table(shown: list[RecordedExchange], dropped: bool) -> str:
    rows = [_HEADS, *(_row(recorded, dropped) for recorded in shown)]
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


def _row(recorded: RecordedExchange, dropped: bool) -> tuple[str, ...]:
    from argo_addon.recording.explain import dialects

    meta = recorded.meta
    day = "%H:%M:%S" if time.time() - recorded.started < 20 * 3600 else "%m-%d %H:%M"
    tokens = f"{meta.input_tokens or '?'}/{meta.output_tokens or '?'}" if meta.input_tokens is not None else ""
    told = meta.outcome if meta.failed else f"mended: {meta.mended}" if meta.mended else ""
    if not meta.failed and meta.outcome != "complete":
        told = meta.outcome
    if dropped:
        told = f"not sent on: {', '.join(meta.dropped)}"
    return (
        str(meta.number),
        time.strftime(day, time.localtime(recorded.started)),
        meta.tool[:20],
        dialects(recorded),
        meta.model or meta.asked,
        str(meta.status or "-"),
        tokens,
        str(meta.total_ms),
        told if dropped or len(told) <= _WIDE else f"{told[: _WIDE - 1]}…",
    )
