"""`argo-proxy service status`."""

from __future__ import annotations

import json
import sys

import click

from daemon import discovery, service

from ...named import named
from ...terminal import DOES_NOT_RUN


@click.command(
    epilog="Examples: `argo-proxy service status`, `argo-proxy service status --json`. "
    "Exit codes: 0 it is active, 3 it is not."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@named
def command(as_json: bool) -> None:
    """Tell whether the service is installed and runs; `argo-proxy status` tells more of a gateway that does."""
    state, file = service.state(), service.path()
    found = discovery.find()
    url = found.record.url if found is not None and found.answer and found.record.mode == "service" else None
    facts = {"installed": file.exists(), "file": str(file), "state": state, "url": url}
    runs = state in ("active", "running")
    where = f", answers at {url}" if url else ", but does not answer: argo-proxy doctor" if runs else ""
    click.echo(json.dumps(facts, indent=2) if as_json else f"{state}{where}: {file}")
    sys.exit(0 if runs else DOES_NOT_RUN)
