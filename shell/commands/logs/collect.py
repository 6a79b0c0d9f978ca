"""`argo-proxy logs collect`."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from argo_addon.settings.model import config_path
from daemon import collection, status

from ...terminal import fail, progress


@click.command(
    epilog="Examples: `argo-proxy logs collect`, `argo-proxy logs collect --type error-dump -o report.tar.gz`. "
    "Exit codes: 0 packed, 1 it cannot be written."
)
@click.option(
    "--type", "kind", type=click.Choice(["leaked-tool", "stream-retry", "error-dump", "all"]), default="all",
    show_default=True, help="Which lines of the log.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The archive, instead of one in this folder.")
@click.option("--bodies", is_flag=True, help="With what was said in the failed exchanges.")
def command(kind: collection.Kind, output: Path | None, bodies: bool) -> None:
    """Pack log, configuration, state, versions and recorded failures into a tar.gz for a bug report.

    Credentials are removed. What was said in a failed exchange is left out unless --bodies: then look into it
    before you send it.
    """
    archive = output or Path(f"argo-proxy-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
    record = status.read()
    config = Path(record.config) if record and record.config else config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
    try:
        with progress("packing"):
            taken = collection.collect(archive, kind, config, bodies=bodies)
    except OSError as error:
        fail(f"{archive} cannot be written: {error.strerror}.")
    for part in taken:
        click.echo(f"  {part.name:14} {part.size:>9,} bytes  from {part.origin}")
    click.echo(f"Written: {archive}")
