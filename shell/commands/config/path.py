"""`argo-proxy config path`."""

from __future__ import annotations

from pathlib import Path

import click

from .finding import existing


@click.command(
    epilog='Example: `less "$(argo-proxy config path)"`. Exit codes: 0 fine, 2 there is no configuration.',
)
def command() -> None:
    """Print the path of the configuration that is used here."""
    click.echo(Path.absolute(existing(None)))
