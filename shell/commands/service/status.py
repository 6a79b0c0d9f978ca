"""`argo-proxy service status`."""

from __future__ import annotations

import json
import sys

import click

from daemon import service

from ...terminal import DOES_NOT_RUN


@click.command(
    epilog="Examples: `argo-proxy service status`, `argo-proxy service status --json`. "
    "Exit codes: 0 it is active, 3 it is not."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(as_json: bool) -> None:
    """Tell whether the service is installed and runs; `argo-proxy status` tells more of a gateway that does."""
    state, file = service.state(), service.path()
    facts = {"installed": file.exists(), "file": str(file), "state": state}
    click.echo(json.dumps(facts, indent=2) if as_json else f"{state}: {file}")
    sys.exit(0 if state in ("active", "running") else DOES_NOT_RUN)
