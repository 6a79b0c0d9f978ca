"""`argo-proxy web`: recordings in the browser."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daemon import recording

from .. import completing, filters, recordings
from ..named import named
from ..progress import reading
from ..terminal import fail, warn

if TYPE_CHECKING:
    from argo_addon.recording.index import Found


@click.command(
    epilog="Examples: `argo-proxy web`, `argo-proxy web 12`, `argo-proxy web --failed --since 2h`, "
    "`argo-proxy web --live`, `argo-proxy web recording.flow --port 9000`. "
    "Exit codes: 0 ended by Ctrl-C or a signal, 1 nothing to show or no port, 2 wrong arguments."
)
@click.argument("what", metavar="[N|FILE]", required=False, shell_complete=completing.exchanges)
@click.option("--live", is_flag=True, help="Record from now on, and show calls as they end.")
@click.option("-n", "count", type=click.IntRange(1), default=500, show_default=True, help="How many calls, the newest.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 8081, or a free one if that is taken.")
@click.option(
    "--open/--no-open",
    "browser",
    default=False,
    help="Open a browser. Its command line, which other users of the machine may see, has the token.",
)
@filters.options
@named
def command(what: str | None, live: bool, count: int, port: int | None, browser: bool, chosen: filters.Chosen) -> None:
    """Show recorded calls in mitmweb, the newest first, as conversations, until Ctrl-C.

    N opens that call. FILE is a flow file, of ours or of mitmproxy's, or a HAR file; without it the recordings of this
    machine are shown. It sends nothing anywhere, listens on this machine only, and prints the URL with the token that
    it asks for. The view `Sides` of a body shows what the tool sent and what ARGO got, line by line.
    """
    from argo_addon.recording.web_address import CannotListen, listen, until_told_to_end

    with until_told_to_end():
        shown = None if live or _is_file(what) else _chosen(what, count, chosen)
        try:
            address = listen(port)
        except CannotListen as problem:
            fail(f"{problem}.")
        at_once = shown is not None and what is None
        if at_once:
            _tell(address.url)

        # Not at the top: mitmweb takes a second or more to load.
        from argo_addon.recording.flow_files import Unreadable
        from argo_addon.recording.tail import TailedFolders
        from argo_addon.recording.web import Live, Told, Wanted, batches_of, flows_of, run

        def wanted() -> Wanted:
            if what is not None and _is_file(what):
                with reading(Path(what)) as read:
                    return Wanted(flows_of(Path(what), warn, read))
            others = batches_of(_chosen(what, count, chosen, live=live) if shown is None else shown, warn)
            if what is None:
                return Wanted(others)
            first = recordings.read(recordings.numbered(int(what.lstrip("#"))))
            return Wanted(itertools.chain([first.flows], others), first.client.id)

        switch = _Switch()
        told = Told((lambda url: None) if at_once else _tell, warn)
        follow = TailedFolders(recordings.folders(), warn) if live else None
        try:
            run(wanted, address, follow, Live(switch.on, switch.off) if live else None, told, browser=browser)
        except Unreadable as problem:
            fail(f"{problem}.")


def _is_file(what: str | None) -> bool:
    return what is not None and not recordings.is_number(what)


def _tell(url: str) -> None:
    click.echo(f"argo-proxy: recordings at {url}")


def _chosen(what: str | None, count: int, chosen: filters.Chosen, *, live: bool = False) -> list[Found]:
    """The exchanges that are shown, or the end of the program where there is none and none will come."""
    found = recordings.all_found()
    shown = list(itertools.islice(filters.chosen(found, chosen), count))
    if what is None and not shown and not live:
        fail("no recorded exchange is of that kind." if found else recordings.NONE)
    return shown


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
