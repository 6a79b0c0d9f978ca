"""`argo-proxy usage`: what the recorded calls add up to."""

from __future__ import annotations

import json
import sys

import click

from .. import filters, recordings
from ..terminal import fail


@click.command(
    epilog="Examples: `argo-proxy usage`, `argo-proxy usage --by session --since 2d`, "
    "`argo-proxy usage --by day --json`. Exit codes: 0 told, 1 nothing is recorded."
)
@click.option(
    "--by",
    "what",
    type=click.Choice(["session", "model", "tool", "day"]),
    default="model",
    show_default=True,
    help="What makes a row.",
)
@filters.options
@click.option("--json", "as_json", is_flag=True, help="As JSON: a list of objects.")
def command(what: str, chosen: filters.Chosen, as_json: bool) -> None:
    """Sum up recorded calls: how many, how many failed, tokens in, of those from the cache, tokens out, and time.

    Only what was recorded counts: failures, and every call while `argo-proxy dump on` was in force.
    """
    from argo_addon.recording import sums

    found = list(filters.chosen(recordings.all_found(), chosen))
    rows = sums.by(found, what)  # type: ignore[arg-type]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        sys.exit(0 if rows else 1)
    if not rows:
        fail(recordings.NONE if not found else "no recorded exchange is a call of a model.")
    click.echo(sums.table(rows, what))  # type: ignore[arg-type]
