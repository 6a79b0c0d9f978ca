"""`argo-proxy serve`: the gateway in the foreground."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daemon import service
from daemon.logs import LogFile, formatter, set_up
from daemon.paths import log_file
from daemon.registration import Place, Registration, Taken

from ..named import named
from ..options import flags, gateway_options, loaded, told_path, whole_path, with_port
from ..terminal import fail, warn

if TYPE_CHECKING:
    from argo_addon.settings.model import Settings
    from daemon.status import Mode


@click.command(
    epilog="Examples: `argo-proxy serve`, `argo-proxy serve my.yaml --port 8080`, `argo-proxy serve --demo`. "
    "Exit codes: 0 stopped by a signal, 1 cannot start, 2 bad configuration."
)
@gateway_options
@click.option("--as-service", is_flag=True, hidden=True)
@named
def command(config: Path | None, show: bool, as_service: bool, **given: object) -> None:
    """Run the gateway in the foreground until Ctrl-C; running answers end first, a second Ctrl-C cuts them off.

    CONFIG is the YAML config; without it ./config.yaml, ~/.config/argoproxy/config.yaml and
    ~/.argoproxy/config.yaml are tried.
    """
    found = loaded(config, overrides := with_port(config, flags(given)), show=show)
    if found.path is not None:
        click.echo(f"argo-proxy: configured by {told_path(config, str(found.path))}")
    console = logging.StreamHandler()
    console.setFormatter(formatter(found.settings.log_format))
    set_up(console, verbose=found.settings.verbose)
    log = None
    if as_service:
        set_up(LogFile(log := log_file(), found.settings.log_format), verbose=found.settings.verbose)
    mode: Mode = "service" if as_service else "foreground"
    registration = Registration(mode, whole_path(found.path), overrides, log)
    _claim(registration)
    gc.disable()  # until it listens (freed_memory.settle): what is loaded is no garbage
    # Not at the top: mitmproxy takes its time to load.
    from daemon.server import ServeError, serve

    try:
        asyncio.run(serve(found.settings, _Terminal(registration, found.settings)))
    except ServeError as error:
        if as_service:  # where its terminal is, nobody may look
            logging.getLogger("argo-proxy").error("%s", error)
        fail(str(error))
    finally:
        registration.release()


def _claim(registration: Registration) -> None:
    """Makes this process the one that `status` and the others find, if it can be."""
    try:
        registration.claim()
    except Taken:
        warn("note: another gateway of yours runs; `argo-proxy status`, `stop` and `env` mean that one")
    except OSError as error:
        warn(
            f"note: the state folder cannot be written ({error}); `argo-proxy status` and `env` will not find this one"
        )


class _Terminal:
    """Tells the terminal, systemd and everybody else of the server's life."""

    def __init__(self, registration: Registration, settings: Settings) -> None:
        self._registration = registration
        self._settings = settings

    def say(self, line: str) -> None:
        with suppress(OSError):  # whoever read it may have gone, as in `argo-proxy serve | head -1`
            click.echo(line)
            sys.stdout.flush()

    def step(self, what: str) -> None:
        """Its terminal gets lines that stay."""

    async def listening(self, descriptors: list[int]) -> None:
        """A gateway in a terminal is followed by none."""

    def ready(self, place: Place) -> None:
        try:
            self._registration.publish(place, self._settings.shown())
        except OSError as error:
            warn(f"note: its record cannot be written yet: {error.strerror or error}")
        service.notify(os.environ.get("NOTIFY_SOCKET"), "READY=1")

    def keep(self) -> None:
        self._registration.keep()

    def stopping(self) -> None:
        self._registration.release()
        with suppress(service.ServiceError):  # it stops all the same
            service.notify(os.environ.get("NOTIFY_SOCKET"), "STOPPING=1")
