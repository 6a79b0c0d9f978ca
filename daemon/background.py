"""The process in the background: `python -m daemon.background ORDER PIPE`, as manager.py starts it.

ORDER is JSON (manager.Order); PIPE is the number of an open pipe by which the starter hears how it goes, a JSON object
a line: {"say": line}, {"step": what happens}, and one of {"ready": pid}, {"busy": true} or {"failed": reason,
"code": exit code}.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from argo_addon.settings.model import Settings, SettingsError, load

from . import address
from .handover import Offer, fit
from .logs import NOTICE, LogFile, set_up
from .registration import Place, Registration, Taken

CANNOT_START = 1
BAD_CONFIG = 2


class _Starter:
    """Who waits for this process to be ready; it may be gone."""

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe

    def tell(self, **told: object) -> None:
        if self._pipe is not None:
            with suppress(OSError):  # nobody may be there any more
                os.write(self._pipe, json.dumps(told).encode() + b"\n")

    def leave(self) -> None:
        """Closes the pipe, whose number a client's connection may have next."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


class _Onlooker:
    """Tells the log and the starter of the server's life, and everybody else by the record."""

    def __init__(
        self, starter: _Starter, registration: Registration, log: LogFile, settings: Settings, follows: int
    ) -> None:
        """`follows` is the process whose place this one takes once it listens; 0 where it has it already."""
        self._starter = starter
        self._registration = registration
        self._log = log
        self._settings = settings
        self._follows = follows
        self._offer: Offer | None = None

    def say(self, line: str) -> None:
        logging.getLogger("argo-proxy").log(NOTICE, "%s", line)
        self._starter.tell(say=line)

    def step(self, what: str) -> None:
        self._starter.tell(step=what)

    async def listening(self, descriptors: list[int]) -> None:
        if self._follows:
            try:
                await asyncio.to_thread(self._registration.take_over, self._follows)
            except (Taken, OSError) as error:
                why = f"process {self._follows} does not give its place up"
                self._starter.tell(failed=f"{why}{f': {error}' if str(error) else ''}", code=CANNOT_START)
                os.kill(os.getpid(), signal.SIGTERM)
                return
        try:
            self._offer = Offer(descriptors, asyncio.get_running_loop())
        except OSError as error:
            logging.getLogger("argo-proxy").info("a restart will refuse connections for a moment: %s", error)

    def ready(self, place: Place) -> None:
        try:
            self._registration.publish(place, self._settings.shown())
        except OSError as error:
            self._starter.tell(say=f"  note:   its record cannot be written yet: {error.strerror or error}")
        if self._log.problem:
            self._starter.tell(
                say=f"  note:   the log {self._log.baseFilename} cannot be written: {self._log.problem}. "
                "Calls are served all the same; lines are written once it can be"
            )
        self._starter.tell(ready=os.getpid())
        self._starter.leave()

    def keep(self) -> None:
        self._registration.keep()

    def stopping(self) -> None:
        if self._offer is not None:
            self._offer.close()
            self._offer = None
        self._registration.release()


def main(order: dict[str, object], pipe: int) -> int:
    """Serves until it is told to stop; returns the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # no terminal of its own; a restart takes a changed configuration
    starter = _Starter(pipe)
    path, flags, log_path = order["config"], order["flags"], str(order["log"])
    assert isinstance(flags, dict)
    registration = Registration("daemon", str(path) if path else None, flags, log_path)
    follows, sockets = int(str(order["follows"])), list(_kept(_numbers(order["sockets"])))
    try:
        if not follows:
            registration.claim()
        loaded = load(Path(str(path)) if path else None, overrides=flags)
        if follows and not _stays(loaded.settings, sockets, str(order["path"])):
            _check(loaded.settings, sockets)  # before it: the one that runs goes on where this one cannot
            registration.take_over(follows)  # at another address there is nothing to hand over
            follows, sockets = 0, []
    except Taken:
        starter.tell(busy=True)
        return CANNOT_START
    except OSError as error:
        starter.tell(failed=f"the state folder cannot be written: {error}", code=CANNOT_START)
        return CANNOT_START
    except address.CannotListen as problem:
        starter.tell(failed=f"{problem} The gateway that runs goes on as it was.", code=CANNOT_START)
        return CANNOT_START
    except SettingsError as error:
        starter.tell(failed=str(error), code=BAD_CONFIG)
        return BAD_CONFIG
    set_up(log := LogFile(log_path, loaded.settings.log_format), verbose=loaded.settings.verbose)
    for warning in loaded.warnings:
        logging.getLogger("argo-proxy").warning("%s", warning)
    starter.tell(step="loading the gateway")
    gc.disable()  # until it listens (freed_memory.settle): what is loaded is no garbage
    # Not at the top: a second start is told so before mitmproxy is loaded.
    from .server import ServeError, serve

    try:
        onlooker = _Onlooker(starter, registration, log, loaded.settings, follows)
        asyncio.run(serve(loaded.settings, onlooker, sockets, follows=bool(follows)))
    except ServeError as error:
        logging.getLogger("argo-proxy").error("%s", error)
        starter.tell(failed=str(error), code=CANNOT_START)
        return CANNOT_START
    finally:
        registration.release()
    return 0


def _kept(descriptors: list[int]) -> Iterator[socket.socket]:
    """The sockets of a port; in the place of a Unix socket a new one is put, which is as good as handed over."""
    for descriptor in descriptors:
        one = socket.socket(fileno=descriptor)
        if one.family == socket.AF_UNIX:
            one.close()
        else:
            yield one


def _stays(settings: Settings, sockets: list[socket.socket], path: str) -> bool:
    """Whether it is to listen where the process does that it follows, at a port and at the path of a Unix socket."""
    port = fit(sockets, settings.host, settings.port) if settings.port is not None else not sockets
    return port and settings.socket in (None, path)


def _check(settings: Settings, sockets: list[socket.socket]) -> None:
    """Whether the address can be had; a port that is the former gateway's will be. Raises CannotListen."""
    if settings.port is None or settings.port in [
        one.getsockname()[1] for one in sockets if one.family != socket.AF_UNIX
    ]:
        port = 0  # of the address there is still to be known whether it is this machine's
    else:
        port = settings.port
    try:
        address.check(settings.host, port)
    except address.CannotListen:
        if settings.port is not None:
            raise


def _numbers(told: object) -> list[int]:
    assert isinstance(told, list)
    return [int(one) for one in told]


if __name__ == "__main__":
    faulthandler.enable()
    sys.exit(main(json.loads(sys.argv[1]), int(sys.argv[2])))
