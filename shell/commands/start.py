"""`argo-proxy start`: the gateway in the background."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec

from argo_addon.settings.model import KEYS, NoConfig, SettingsError, config_path, load
from daemon import health, manager, status
from daemon.neighbours import neighbours

from ..named import named
from ..options import flags, gateway_options, loaded, whole_path, with_port
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
        if told := _differences(record, config, flags(given)):
            fail(
                f"argo-proxy runs already at {record.url}, pid {record.pid}, and not as asked: {'; '.join(told)}. "
                "`argo-proxy restart` with the same arguments changes it."
            )
        say_running(record)
        return
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
        say(f"Its configuration: {record.config or 'none'}")
        say(f"It runs in the background, pid {record.pid}. Its log: {record.log}")
        if record.auth == "open" and not record.url.startswith(health.UNIX) and (others := neighbours()):
            warn(
                f"note: others use this machine ({', '.join(others)}), and can use ARGO as {record.user} through "
                f"{record.url}; `client_auth: token` in the config asks for a secret"
            )


def _differences(record: status.Record, config: Path | None, asked: dict[str, object]) -> list[str]:
    """What is asked for and is otherwise in the gateway that runs, each as `key: this runs, that is asked`."""
    usual = config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
    if config is None and usual is None and not asked:
        return []
    wanted = loaded(config, asked).settings
    try:
        runs = load(Path(record.config) if record.config else None, overrides=record.flags).settings
    except (NoConfig, SettingsError):  # its file is no more what it was: what it says now cannot be compared
        named = whole_path(config)
        return [] if named in (None, record.config) else [f"the configuration: {record.config} runs, {named} is asked"]
    keys = KEYS if config is not None else [*asked, "argo_base_url"]
    now = {**msgspec.structs.asdict(runs), "host": record.host, "port": record.port or runs.port}
    new = msgspec.structs.asdict(wanted)
    return [
        f"{key}: {now[key]} runs, {new[key]} is asked"
        for key in dict.fromkeys(keys)
        if now[key] != new[key] and not (key == "port" and new[key] == 0)
    ]


def say_running(record: status.Record) -> None:
    """Says that there is a gateway already."""
    say(f"argo-proxy {record.version} runs already at {record.url}, pid {record.pid}.")
    say("`argo-proxy restart` takes a changed configuration or other options; `argo-proxy stop` ends it.")
