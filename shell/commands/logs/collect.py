"""`argo-proxy logs collect`."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from argo_addon.settings.model import config_path
from daemon import collection, discovery

from ...progress import progress
from ...published_line import retired
from ...terminal import fail


@click.command(
    epilog="Examples: `argo-proxy logs collect`, `argo-proxy logs collect --type error-dump -o report.tar.gz`. "
    "Exit codes: 0 packed, 1 it cannot be written."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option(
    "--type", "-t", "kind", type=click.Choice(["leaked-tool", "stream-retry", "error-dump", "all"]), default="all",
    show_default=True, help="Which lines of the log.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The archive, instead of one in this folder.")
@retired("--data-dir", answer="what it keeps is in the state folder, which is packed. Use: COMMAND")
@click.option("--bodies", is_flag=True, help="With what was said in the failed exchanges.")
def command(config: Path | None, kind: collection.Kind, output: Path | None, bodies: bool) -> None:
    """Pack log, configuration, state, versions and recorded failures into a tar.gz for a bug report.

    Credentials are removed. What was said in a failed exchange is left out unless --bodies: then look into it
    before you send it. The configuration is CONFIG, or the one that runs, or the one that is found.
    """
    archive = output or Path(f"argo-proxy-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
    record = discovery.last()
    running = Path(record.config) if record and record.config else None
    config = config or running or config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
    try:
        with progress("packing"):
            taken = collection.collect(archive, kind, config, bodies=bodies)
    except OSError as error:
        fail(f"{archive} cannot be written: {error.strerror}.")
    for part in taken:
        click.echo(f"  {part.name:14} {part.size:>9,} bytes  from {part.origin}")
    click.echo(f"Written: {archive}")
