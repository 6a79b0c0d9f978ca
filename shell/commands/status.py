"""`argo-proxy status`: whether the gateway runs, and how it is."""

from __future__ import annotations

import sys

import click

from ..status import tell


@click.command(
    epilog="Examples: `argo-proxy status`, `argo-proxy status --json | jq .url`. "
    "Exit codes: 0 it runs and answers, 1 it runs and does not answer, 3 it does not run."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(as_json: bool) -> None:
    """Tell whether the gateway runs, since when, where, and how it is."""
    sys.exit(tell(as_json=as_json))
