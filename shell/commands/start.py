"""`argo-proxy start`: the gateway in the background."""

from __future__ import annotations

import os
from pathlib import Path

import click

from argo_addon.settings.model import config_path
from daemon import health, manager, service, status
from daemon.neighbours import neighbours

from .. import options
from ..named import named
from ..options import flags, gateway_options, loaded, told_path, whole_path, with_port
from ..progress import progress
from ..terminal import fail, say, warn


@click.command(
    epilog="Examples: `argo-proxy start`, `argo-proxy start --demo`, `argo-proxy start my.yaml --port 8080`. "
    "Exit codes: 0 it runs and answers, 1 it cannot start or runs otherwise than asked, 2 bad configuration."
)
@gateway_options
@named
def command(config: Path | None, show: bool, **given: object) -> None:
    """Start the gateway in the background and come back when it answers.

    CONFIG is the YAML config; without it ./config.yaml, ~/.config/argoproxy/config.yaml and
    ~/.argoproxy/config.yaml are tried. The log is where `argo-proxy status` says.
    """
    if (record := manager.running()) is not None:
        if told := _differences(record, config, given):
            how = (
                f"`argo-proxy restart {there}` takes that file"
                if (there := _other_file(record, config))
                else ("`argo-proxy restart` with the same arguments changes it")
            )
            fail(
                f"argo-proxy runs already at {record.url}, pid {record.pid}, and not as asked: "
                f"{'; '.join(told)}. {how}."
            )
        say_running(record)
        return
    if service.comes_back():
        fail(
            "its service has ended by a fault, and is about to be started anew: see argo-proxy status and logs. "
            "To start it otherwise: argo-proxy stop, then start."
        )
    found = loaded(config, overrides := with_port(config, flags(given)), show=show)
    order = manager.Order(whole_path(found.path), overrides)
    try:
        with progress("starting") as shown:

            def echo(line: str) -> None:
                with shown.aside():
                    click.echo(line)

            record, ran = manager.start(order, found.settings.connection_test_timeout, echo, shown.step)
    except manager.StartError as error:
        fail(str(error), error.code)
    if ran:
        say_running(record)
    else:
        say(f"Its configuration: {told_path(config, record.config)}")
        say(f"It runs in the background, pid {record.pid}. Its log: {record.log}")
        if record.auth == "open" and not record.url.startswith(health.UNIX) and (others := neighbours()):
            warn(
                f"note: others use this machine ({', '.join(others)}), and can use ARGO as {record.user} through "
                f"{record.url}; `client_auth: token` in the config asks for a secret"
            )


def _differences(record: status.Record, config: Path | None, given: dict[str, object]) -> list[str]:
    """What of the gateway that runs is otherwise than asked for, each as `key: this runs, that is asked`.

    Asked for is what a start would make of the file and the options: those that it has stay, as with `restart`.
    """
    path = config or _usual() or (Path(record.config) if record.config else None)
    base = options.kept(record.flags, given) if config is None else {}
    asked = {**base, **flags(given)}
    if not record.settings or (path is None and asked == record.flags):  # a record that is damaged does not tell them
        return []
    new = loaded(path, asked).settings.shown()
    now = {**record.settings, "port": record.port or record.settings.get("port")}
    return [
        f"{key}: {now[key]} runs, {new[key]} is asked"
        for key in new
        if key in now and now[key] != new[key] and not (key == "port" and new[key] == 0)
    ]


def _usual() -> Path | None:
    return config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))


def _other_file(record: status.Record, config: Path | None) -> str | None:
    """A file that is found now, and is another than that of the gateway that runs: `restart` keeps to its own."""
    usual = whole_path(_usual())
    return usual if config is None and record.config and usual not in (None, record.config) else None


def say_running(record: status.Record) -> None:
    """Says that there is a gateway already."""
    say(f"argo-proxy {record.version} runs already at {record.url}, pid {record.pid}.")
    say("`argo-proxy restart` takes a changed configuration or other options; `argo-proxy stop` ends it.")
