"""`argo-proxy restart`: the gateway anew, at the same address."""

from __future__ import annotations

from pathlib import Path

import click

from daemon import manager, service

from ..options import flags, gateway_options, loaded, whole_path
from ..terminal import fail


@click.command(
    epilog="Examples: `argo-proxy restart`, `argo-proxy restart --quiet`, `argo-proxy restart other.yaml`. "
    "Exit codes: 0 it runs and answers, 1 it cannot start, 2 bad configuration (then the old one goes on)."
)
@gateway_options
def command(config: Path | None, show: bool, **given: object) -> None:
    """Stop the gateway and start it anew, with the configuration and options that it had unless others are given.

    The address stays, unless the configuration or an option names another. Answers that are under way end in the old
    process. If the configuration is bad, the old process goes on.
    """
    old = manager.running()
    overrides = {**(old.flags if old else {}), **flags(given)}
    path = config or (Path(old.config) if old and old.config else None)
    found = loaded(path, overrides, show=show)
    if old is not None and old.mode == "foreground":
        fail(f"the gateway runs in a terminal (pid {old.pid}): end it there with Ctrl-C, or by `argo-proxy stop`.")
    if old is not None and old.mode == "service":
        try:
            service.restart()
        except service.ServiceError as error:
            fail(str(error))
        click.echo("The service is restarted.")
        return
    if old is not None and found.settings.port == 0:
        overrides = {**overrides, "port": old.port}
    order = manager.Order(whole_path(found.path), overrides)
    try:
        record, _ = manager.restart(order, found.settings.connection_test_timeout, click.echo)
    except manager.StartError as error:
        fail(str(error), error.code)
    click.echo(f"It runs in the background, pid {record.pid}. Its log: {record.log}")
