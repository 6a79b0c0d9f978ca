"""`argo-proxy start`: the gateway in the background."""

from __future__ import annotations

from pathlib import Path

import click

from daemon import manager, status

from ..options import flags, gateway_options, loaded, whole_path
from ..terminal import fail


@click.command(
    epilog="Examples: `argo-proxy start`, `argo-proxy start --demo`, `argo-proxy start my.yaml --port 8080`. "
    "Exit codes: 0 it runs and answers, 1 it cannot start, 2 bad configuration."
)
@gateway_options
def command(config: Path | None, show: bool, **given: object) -> None:
    """Start the gateway in the background and come back when it answers.

    CONFIG is the YAML config; without it ./config.yaml, ~/.config/argoproxy/config.yaml and
    ~/.argoproxy/config.yaml are tried. The log is where `argo-proxy status` says.
    """
    if (record := manager.running()) is not None:
        say_running(record)
        return
    found = loaded(config, overrides := flags(given), show=show)
    order = manager.Order(whole_path(found.path), overrides)
    try:
        record, ran = manager.start(order, found.settings.connection_test_timeout, click.echo)
    except manager.StartError as error:
        fail(str(error), error.code)
    if ran:
        say_running(record)
    else:
        click.echo(f"It runs in the background, pid {record.pid}. Its log: {record.log}")


def say_running(record: status.Record) -> None:
    """Says that there is a gateway already."""
    click.echo(f"argo-proxy {record.version} runs already at {record.url}, pid {record.pid}.")
    click.echo("`argo-proxy restart` takes a changed configuration or other options; `argo-proxy stop` ends it.")
