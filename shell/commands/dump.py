"""`argo-proxy dump`: the recording of every exchange, on and off."""

from __future__ import annotations

import click

from daemon import recording

from ..named import named
from ..terminal import fail


@click.command(
    epilog="Examples: `argo-proxy dump on`, then what fails, then `argo-proxy flows list`, `argo-proxy dump off`. "
    "Exit codes: 0 switched, 1 no gateway runs, or it did not take it."
)
@click.argument("switch", type=click.Choice(["on", "off"]), metavar="on|off")
@named
def command(switch: str) -> None:
    """Have the running gateway record every exchange, or no longer; failures are recorded all the time.

    It holds until the gateway is restarted; `dump_requests` in the config, or `start --dump-requests`, is for good.
    Recordings hold all that is said, credentials excepted, and are yours alone.
    """
    problem = recording.switch(switch == "on")
    if problem is not None:
        fail(problem)
    if switch == "on":
        click.echo("Every exchange is recorded from now on. See them: argo-proxy flows list, argo-proxy web")
    else:
        click.echo("Exchanges are no longer recorded, unless they fail.")
