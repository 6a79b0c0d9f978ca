"""`argo-proxy service install`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from daemon import manager, service
from daemon.paths import log_dir, state_dir

from ...options import loaded, whole_path
from ...terminal import fail, progress


@click.command(
    epilog="Examples: `argo-proxy service install`, `argo-proxy service install ~/argo.yaml`, "
    "`argo-proxy service install --print`. Exit codes: 0 installed, 1 it cannot be, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--print", "only_print", is_flag=True, help="Print the service's file and install nothing.")
def command(config: Path | None, only_print: bool) -> None:
    """Have the gateway start now and with your session, by CONFIG or the configuration that is found.

    On a machine that you only log in to, `loginctl enable-linger` keeps it running while you are away.
    """
    found = loaded(config, {})
    words = [os.path.abspath(sys.argv[0]), "serve", "--as-service"]
    if found.path is not None:
        words.append(str(whole_path(found.path)))
    folders = [state_dir(), log_dir()]
    if only_print:
        click.echo(
            service.agent(words).decode() if sys.platform == "darwin" else service.unit(words, folders), nl=False
        )
        return
    if (record := manager.running()) is not None and record.mode != "service":
        fail(f"a gateway runs already at {record.url}, pid {record.pid}. Stop it first: argo-proxy stop")
    try:
        with progress("starting the service"):
            file = service.install(words, folders)
    except service.ServiceError as error:
        fail(f"{error}\nIts file is {service.path()}; `argo-proxy service uninstall` removes it.")
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}.")
    click.echo(f"Installed as {file}. It runs now and starts with your session; `argo-proxy status` tells how it is.")
