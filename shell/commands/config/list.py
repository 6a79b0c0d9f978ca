"""`argo-proxy config list`."""

from __future__ import annotations

import json
import os

import click

from argo_addon.settings.model import config_path, places
from argo_addon.settings.places import is_there


@click.command(epilog="Examples: `argo-proxy config list`, `argo-proxy config list --json`.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(as_json: bool) -> None:
    """List where configurations are looked for, in this order, and which one is used."""
    named = os.environ.get("ARGO_PROXY_CONFIG")
    used = config_path(named=named)
    rows = []
    for place in [*([used] if named and used else []), *places()]:
        there = is_there(place)
        state = "used" if place == used else ("there, not used" if there else "not there")
        rows.append({"path": str(place), "state": state})
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        click.echo("\n".join(f"{row['state']:16} {row['path']}" for row in rows))
