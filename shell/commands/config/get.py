"""`argo-proxy config get`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ... import completing
from ...options import loaded
from .finding import known


@click.command(
    epilog="Examples: `argo-proxy config get port`, `argo-proxy config get allowed_hosts --json`. "
    "Exit codes: 0 fine, 2 bad configuration or no such key."
)
@click.argument("key", shell_complete=completing.keys)
@click.option("--config", "-c", type=click.Path(path_type=Path), help="The file, instead of the one that is found.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(key: str, config: Path | None, as_json: bool) -> None:
    """Print a value of the configuration as it is used; nothing for one that is not set."""
    value = loaded(config, {}).settings.facts()[known(key)]
    if as_json or isinstance(value, bool | list | dict):
        click.echo(json.dumps(value, ensure_ascii=False))
    elif value is not None:
        click.echo(value)
