"""`argo-proxy web`: recordings in the browser."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import click

from daemon.paths import flows_dir

from ..terminal import fail, warn


@click.command(
    epilog="Examples: `argo-proxy web`, `argo-proxy web --live`, `argo-proxy web recording.flow --port 9000`. "
    "Exit codes: 0 ended by Ctrl-C or a signal, 1 nothing to show or no port, 2 wrong arguments."
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--live", is_flag=True, help="Record from now on, and show calls as they end.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 8081, or a free one if that is taken.")
@click.option(
    "--open/--no-open",
    "browser",
    default=False,
    help="Open a browser. Its command line, which other users of the machine may see, has the token.",
)
def command(file: Path | None, live: bool, port: int | None, browser: bool) -> None:
    """Show recorded calls in mitmweb, as conversations, until Ctrl-C.

    FILE is a flow file, of ours or of mitmproxy's, or a HAR file; without it all recordings of this machine are shown.
    It sends nothing anywhere, listens on this machine only, and prints the URL with the token that it asks for.
    """
    # Not at the top: mitmproxy takes half a second to load.
    from argo_addon.proxy.recordings import CannotShow
    from argo_addon.proxy.web import Live, Told, run

    switch = _Switch()
    told = Told(lambda url: click.echo(f"argo-proxy: recordings at {url}"), warn)
    try:
        run(file, Path(flows_dir()), port, Live(switch.on, switch.off) if live else None, told, browser=browser)
    except CannotShow as error:
        fail(f"{error}.")


class _Switch:
    """Turns recording on for as long as it is watched, unless it is on anyway."""

    def __init__(self) -> None:
        self._is_ours = False

    def on(self) -> None:
        recording = _recording()
        if recording is None or recording.is_on():
            return
        if problem := recording.switch(True):
            warn(f"note: {problem}")
        else:
            self._is_ours = True

    def off(self) -> None:
        recording = _recording() if self._is_ours else None
        if recording is not None and (problem := recording.switch(False)):
            warn(f"note: {problem}")


def _recording() -> ModuleType | None:
    """PLACE FOR daemon/recording.py: once it is there, this becomes `from daemon import recording` at the top."""
    try:
        return importlib.import_module("daemon.recording")
    except ModuleNotFoundError:
        return None
