"""`argo-proxy config show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ...config_table import source_of, table
from ...options import loaded


@click.command(
    epilog="Examples: `argo-proxy config show`, `argo-proxy config show my.yaml --json`. "
    "Exit codes: 0 fine, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(config: Path | None, as_json: bool) -> None:
    """Print the configuration as it is used, and where each value comes from."""
    found = loaded(config, {})
    if as_json:
        values = found.settings.shown()
        shown = {key: {"value": value, "source": source_of(found, key)} for key, value in values.items()}
        click.echo(json.dumps({"file": str(found.path) if found.path else None, "settings": shown}, indent=2))
    else:
        click.echo(table(found))
