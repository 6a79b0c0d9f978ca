"""Which recordings the commands mean: a number, a file, or all that there are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from argo_addon.settings.model import SettingsError, load
from daemon import discovery
from daemon.paths import flows_dir

from .terminal import fail, warn

if TYPE_CHECKING:
    from argo_addon.recording.recorded_exchange import RecordedExchange

NONE = (
    "nothing is recorded yet. Failures are recorded by themselves; to have every exchange recorded: "
    "argo-proxy dump on, or argo-proxy start --dump-requests"
)


def folders() -> list[Path]:
    """Where recordings are: the usual folder, and one that the configuration or the running gateway has."""
    named: list[object] = []
    record = discovery.last()
    if record is not None:
        named.append(record.flags.get("dump_dir"))
    try:
        named.append(load().settings.dump_dir)
    except SettingsError:
        named.append(os.environ.get("ARGO_PROXY_DUMP_DIR"))
    return list(dict.fromkeys([Path(flows_dir()), *(Path(str(path)) for path in named if path)]))


def newest() -> Iterator[RecordedExchange]:
    """All recorded exchanges, the newest first."""
    from argo_addon.recording.recorded_exchange import (
        newest_in,  # not at the top: mitmproxy takes half a second to load
    )

    return newest_in(folders())


def of_file(path: Path) -> list[RecordedExchange]:
    """The exchanges of a file, or the end of the program."""
    from argo_addon.recording.flow_files import Unreadable
    from argo_addon.recording.recorded_exchange import of_file as read

    try:
        found = read(path, warn)
    except Unreadable as problem:
        fail(f"{problem}.")
    if not found:
        fail(f"{path} holds no exchange.")
    return found


def named(what: str) -> list[RecordedExchange]:
    """The exchange of a number, or those of a file, or the end of the program."""
    if not (what.isascii() and what.lstrip("#").isdigit()):
        return of_file(Path(what).expanduser())
    number = int(what.lstrip("#"))
    found = next((recorded for recorded in newest() if recorded.meta.number == number), None)
    if found is None:
        first = next(newest(), None)
        fail(NONE if first is None else f"there is no exchange {number} (any more). See: argo-proxy flows list")
    return [found]
