"""`argo-proxy web`: recordings in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from daemon import recording

from ..named import named
from ..recordings import NONE, folders
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
@named
def command(file: Path | None, live: bool, port: int | None, browser: bool) -> None:
    """Show recorded calls in mitmweb, as conversations, until Ctrl-C.

    FILE is a flow file, of ours or of mitmproxy's, or a HAR file; without it all recordings of this machine are shown.
    It sends nothing anywhere, listens on this machine only, and prints the URL with the token that it asks for.
    """
    # Not at the top: mitmproxy takes half a second to load.
    from argo_addon.recording.flow_files import Unreadable
    from argo_addon.recording.web import CannotListen, Live, NothingRecorded, Told, run

    switch = _Switch()
    told = Told(lambda url: click.echo(f"argo-proxy: recordings at {url}"), warn)
    try:
        run(file, folders(), port, Live(switch.on, switch.off) if live else None, told, browser=browser)
    except NothingRecorded:
        fail(NONE)
    except (CannotListen, Unreadable) as problem:
        fail(f"{problem}.")


class _Switch:
    """Has every exchange recorded for as long as it is watched, and leaves a gateway alone that does so anyway."""

    def __init__(self) -> None:
        self._is_ours = False

    def on(self) -> None:
        if recording.is_on():
            return
        if problem := recording.switch(True):
            warn(f"note: {problem}")
        else:
            self._is_ours = True

    def off(self) -> None:
        if self._is_ours and recording.is_on() and (problem := recording.switch(False)):
            warn(f"note: {problem}")
