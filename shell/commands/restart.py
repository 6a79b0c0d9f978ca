"""`argo-proxy restart`: the gateway anew, at the same address."""

from __future__ import annotations

from pathlib import Path

import click

from argo_addon.settings.checks import DEMO
from daemon import manager, service

from .. import options
from ..named import named
from ..options import flags, gateway_options, loaded, whole_path, with_port
from ..progress import progress
from ..terminal import fail, say


@click.command(
    epilog="Examples: `argo-proxy restart`, `argo-proxy restart --quiet`, `argo-proxy restart other.yaml`. "
    "Exit codes: 0 it runs and answers, 1 it cannot start, 2 bad configuration (then the old one goes on)."
)
@gateway_options
@named
def command(config: Path | None, show: bool, **given: object) -> None:
    """Stop the gateway and start it anew, with the configuration and options that it had unless others are given.

    With a CONFIG it starts from that file and the options given now alone. Once there is a configuration, the demo is
    left unless --demo is given. The address stays, unless the configuration or an option names another. Answers that
    are under way end in the old process. If the configuration is bad, the old process goes on.
    """
    old = manager.running()
    kept = {} if old is None or config is not None else options.kept(old.flags, given)
    left_demo = old is not None and config is None and "argo_base_url" in old.flags and "argo_base_url" not in kept
    overrides = with_port(config, {**kept, **flags(given)})
    path = config or (Path(old.config) if old and old.config else None)
    found = loaded(path, overrides, show=show)
    if old is not None and old.mode == "foreground":
        fail(f"the gateway runs in a terminal (pid {old.pid}): end it there with Ctrl-C, or by `argo-proxy stop`.")
    if old is not None and old.mode == "service":
        try:
            service.restart()
        except service.ServiceError as error:
            fail(str(error))
        say("The service is restarted.")
        return
    if old is not None and found.settings.port == 0:
        overrides = {**overrides, "port": old.port}
    order = manager.Order(whole_path(found.path), overrides)
    try:
        with progress("starting anew") as shown:

            def echo(line: str) -> None:
                with shown.aside():
                    click.echo(line)

            record, _ = manager.restart(order, found.settings.connection_test_timeout, echo, shown.step)
    except manager.StartError as error:
        fail(str(error), error.code)
    if left_demo and found.settings.argo_base_url != DEMO:
        say(f"It has left the demo: its configuration is {found.path}.")
    say(f"Its configuration: {record.config or 'none'}")
    say(f"It runs in the background, pid {record.pid}. Its log: {record.log}")
