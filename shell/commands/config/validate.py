"""`argo-proxy config validate`."""

from __future__ import annotations

from pathlib import Path

import click

from argo_addon.models.unreachable import Unreachable
from argo_addon.settings.model import DEMO

from ...asking import models_of
from ...options import loaded
from ...terminal import fail, progress


@click.command(
    epilog="Examples: `argo-proxy config validate`, `argo-proxy config validate my.yaml --offline`. "
    "Exit codes: 0 good, 1 ARGO does not answer, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--offline", is_flag=True, help="Check the file only.")
def command(config: Path | None, offline: bool) -> None:
    """Check the configuration, and whether the ARGO that it names answers."""
    found = loaded(config, {})
    click.echo(f"{found.path} is good.")
    if offline or found.settings.argo_base_url == DEMO:
        return
    try:
        with progress("asking ARGO for its models"):
            models = models_of(found.settings)
    except Unreachable as error:
        fail(str(error))
    click.echo(f"ARGO answers at {found.settings.native_openai_base_url}, with {len(models)} models.")
