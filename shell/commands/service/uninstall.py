"""`argo-proxy service uninstall`."""

from __future__ import annotations

import click

from daemon import service

from ...named import named
from ...terminal import fail


@click.command(epilog="Example: `argo-proxy service uninstall`. Exit codes: 0 it is gone, 1 it cannot be removed.")
@named
def command() -> None:
    """Stop the service and remove its file; the gateway starts with your session no more."""
    try:
        was_there = service.uninstall()
    except service.ServiceError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename} cannot be removed: {error.strerror}.")
    click.echo(f"Removed {service.path()}." if was_there else "It is not installed.")
