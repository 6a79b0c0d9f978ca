"""Which recordings the commands mean: a number, a file, a call in a file, or all that there are."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from daemon import discovery
from daemon.paths import flows_dir

from .progress import reading
from .terminal import fail, warn

if TYPE_CHECKING:
    from argo_addon.recording.index import Found
    from argo_addon.recording.metadata import ExchangeMetadata
    from argo_addon.recording.recorded_exchange import RecordedExchange

NONE = (
    "nothing is recorded yet. Failures are recorded by themselves; to have every exchange recorded: "
    "argo-proxy dump on, or argo-proxy start --dump-requests"
)
BAD_ARGUMENTS = 2
"""click's exit code for them."""


def folders() -> list[Path]:
    """Where recordings are: the usual folder, and those that the configuration or a gateway has, or has had last."""
    from argo_addon.recording.index import other_folders

    named: list[object] = list(other_folders(Path(flows_dir())))
    record = discovery.last()
    if record is not None:
        named.append(record.flags.get("dump_dir"))
    named.append(_configured())
    return list(dict.fromkeys([Path(flows_dir()), *(Path(str(path)) for path in named if path)]))


def _configured() -> str | None:
    """The folder for recordings that the configuration names."""
    from argo_addon.settings.places import config_path

    given = os.environ.get("ARGO_PROXY_DUMP_DIR")
    path = config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
    try:
        is_named = path is not None and path.is_file() and b"dump_dir" in path.read_bytes()
    except OSError:
        is_named = False
    if not given and not is_named:
        return None
    # Only here: a configuration takes longer to read than ten thousand exchanges to list.
    from argo_addon.settings.model import SettingsError, load

    try:
        return load().settings.dump_dir
    except SettingsError:
        return given


def all_found() -> list[Found]:
    """All recorded exchanges, the newest first: what is known of them, and where they stand."""
    from argo_addon.recording import index

    return index.newest(folders(), _scan, warn)


def _scan(path: Path, start: int) -> Iterable[tuple[int, int, float, ExchangeMetadata, str]]:
    # Not at the top: mitmproxy takes half a second to load.
    from argo_addon.recording.recorded_exchange import scanned

    return scanned(path, start)


def read(found: Found) -> RecordedExchange:
    """A found exchange with its bodies, or the end of the program."""
    from argo_addon.recording.flow_files import Unreadable
    from argo_addon.recording.recorded_exchange import at

    try:
        return at(found.path, found.entry.start, found.entry.size)
    except Unreadable as problem:
        fail(f"{problem}.")


def of_file(path: Path) -> list[RecordedExchange]:
    """The exchanges of a file, or the end of the program."""
    from argo_addon.recording.flow_files import Unreadable
    from argo_addon.recording.recorded_exchange import of_file as read_all

    try:
        with reading(path) as read:
            found = read_all(path, warn, read)
    except Unreadable as problem:
        fail(f"{problem}.")
    if not found:
        fail(f"{path} holds no exchange.")
    return found


def found_in(path: Path) -> list[Found]:
    """What is known of a file's exchanges, the newest first, or the end of the program."""
    from argo_addon.recording.dialect_names import dialects_of
    from argo_addon.recording.index import Entry, Found

    exchanges = of_file(path)
    entries = [
        Entry(file=path.name, start=0, size=0, started=one.started, meta=one.meta, dialects=dialects_of(one.meta))
        for one in exchanges
    ]
    return [Found(path, entry) for entry in reversed(entries)]


def is_number(what: str) -> bool:
    """Whether it names an exchange, and no file."""
    return what.isascii() and what.lstrip("#").isdigit()


def numbered(number: int) -> Found:
    """The exchange of a number, or the end of the program."""
    everything = all_found()
    found = next((one for one in everything if one.meta.number == number), None)
    if found is None:
        fail(f"there is no exchange {number} (any more). See: argo-proxy flows list" if everything else NONE)
    return found


def named(what: str, number: int | None = None) -> list[RecordedExchange]:
    """The exchange of a number, those of a file, or the one of a number in a file, or the end of the program."""
    if is_number(what):
        if number is not None:
            fail(f"{what} is a number already: name one, or a file and a number in it.", BAD_ARGUMENTS)
        return [read(numbered(int(what.lstrip("#"))))]
    found = of_file(Path(what).expanduser())
    if number is None:
        return found
    chosen = [one for one in found if one.meta.number == number]
    if not chosen:
        numbers = ", ".join(str(one.meta.number) for one in found[:20])
        fail(f"{what} has no exchange {number}; it has {numbers}{', …' if len(found) > 20 else ''}.")
    return chosen


def one_of(what: str, number: int | None) -> RecordedExchange:
    """The one exchange that is named, or the end of the program."""
    found = named(what, number)
    if len(found) > 1:
        numbers = ", ".join(str(one.meta.number) for one in found[:20])
        fail(f"{what} holds {len(found)} exchanges: name one behind it ({numbers}).", BAD_ARGUMENTS)
    return found[0]
