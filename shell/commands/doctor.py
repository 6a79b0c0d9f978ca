"""`argo-proxy doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from argo_addon.printable import printable
from argo_addon.redaction import redacted

from ..doctor import examine
from ..findings import FAILS, Finding
from ..named import named
from ..progress import progress
from ..terminal import coloured

_COLOURS = {"ok": "green", "warning": "yellow", "fails": "red"}


@click.command(
    epilog="Examples: `argo-proxy doctor`, `argo-proxy doctor --json`, `argo-proxy doctor --no-calls`. "
    "Exit codes: 0 nothing fails, 1 something does."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--no-calls", is_flag=True, help="Do not call models, which costs a few tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@named
def command(config: Path | None, no_calls: bool, as_json: bool) -> None:
    """Look at configuration, gateway, ARGO, proxies and tools, and call a model through each API.

    Every finding comes with what to do about it.
    """
    with progress("looking"):
        # What ARGO says may repeat a credential, and what this prints is pasted elsewhere.
        findings = [one._replace(found=printable(redacted(one.found))) for one in examine(config, calls=not no_calls)]
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        click.echo("\n".join(map(_line, findings)))
    sys.exit(1 if any(finding.state == FAILS for finding in findings) else 0)


def _line(finding: Finding) -> str:
    state = (
        click.style(f"{finding.state:8}", fg=_COLOURS[finding.state]) if coloured(sys.stdout) else f"{finding.state:8}"
    )
    remedy = f"\n{'':9}{'':15}-> {finding.remedy}" if finding.remedy else ""
    return f"{state} {finding.check:14} {finding.found}{remedy}"
