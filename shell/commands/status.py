"""`argo-proxy status`: whether the gateway runs, and how it is."""

from __future__ import annotations

import sys

import click

from ..named import named
from ..status import tell, tell_all


@click.command(
    epilog="Examples: `argo-proxy status`, `argo-proxy status --json | jq .url`, `argo-proxy status --all`. "
    "Exit codes: 0 it runs and answers, 1 it runs and does not answer, 3 it does not run."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--all", "of_all", is_flag=True, help="Tell of each gateway of this machine, whatever its name.")
@named
def command(as_json: bool, of_all: bool) -> None:
    """Tell whether the gateway runs, since when, where, and how it is."""
    sys.exit(tell_all(as_json=as_json) if of_all else tell(as_json=as_json))
