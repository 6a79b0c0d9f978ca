"""`argo-proxy stop`: the end of the gateway."""

from __future__ import annotations

import click

from daemon import manager

from ..terminal import fail, progress


@click.command(
    epilog="Examples: `argo-proxy stop`, `argo-proxy stop --timeout 0`, which cuts running answers off. "
    "Exit codes: 0 it does not run any more, 1 it cannot be stopped."
)
@click.option("--timeout", type=click.FloatRange(0, 3600), default=30.0, show_default=True, metavar="SECONDS",
              help="How long running answers may take to end.")  # fmt: skip
def command(timeout: float) -> None:
    """Stop the gateway: no more calls are taken, running answers end first.

    Answers that have not ended in time get an error in their client's own format.
    """
    record = manager.running()
    if record is None:
        click.echo("argo-proxy does not run.")
        return
    if record.mode == "service":
        click.echo(
            "It runs as a service: it starts again with your next session, unless `argo-proxy service uninstall`."
        )
    try:
        with progress("waiting for running answers"):
            in_order = manager.stop(record, timeout)
    except manager.StartError as error:
        fail(str(error), error.code)
    click.echo("argo-proxy stopped." if in_order else "argo-proxy did not stop by itself, and was killed.")
