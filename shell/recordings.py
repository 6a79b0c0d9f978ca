"""Which recordings the commands mean: a number, a file, a call in a file, or all that there are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from daemon import discovery
from daemon.paths import flows_dir

from .progress import reading
from .terminal import fail, warn

if TYPE_CHECKING:
    from argo_addon.recording.index import Found
    from argo_addon.recording.metadata import ExchangeMetadata
    from argo_addon.recording.plain_exchange import PlainExchange, Shown
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
    named.append(_configured("dump_dir"))
    return list(dict.fromkeys([Path(flows_dir()), *(Path(str(path)) for path in named if path)]))


def _configured(name: str) -> str | None:
    """A path that the configuration or the environment names."""
    from argo_addon.settings.places import config_path

    given = os.environ.get(f"ARGO_PROXY_{name.upper()}")
    path = config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
    try:
        is_named = path is not None and path.is_file() and name.encode() in path.read_bytes()
    except OSError:
        is_named = False
    if not given and not is_named:
        return None
    # Only here: a configuration takes longer to read than ten thousand exchanges to list.
    from argo_addon.settings.model import SettingsError, load

    try:
        named = getattr(load().settings, name)
    except SettingsError:
        return given
    return str(named) if named else None


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


def to_show(what: str, number: int | None) -> Sequence[Shown]:
    """As `named`, only to be read: the exchange of a number is found and read with less loaded."""
    if number is None and is_number(what):
        from argo_addon.recording.index import told_of

        found = told_of(folders(), int(what.lstrip("#")))
        shown = None if found is None else _plain(found)
        if shown is not None:
            return [shown]
        found = numbered(int(what.lstrip("#")))
        return [_plain(found) or read(found)]
    return named(what, number)


def _plain(found: Found) -> PlainExchange | None:
    """A found exchange, read without mitmproxy; None where that cannot be, or another stands there meanwhile."""
    from argo_addon.recording.flow_files import Unreadable
    from argo_addon.recording.plain_exchange import plain_at

    try:
        shown = plain_at(found.path, found.entry.start, found.entry.size)
    except Unreadable:
        return None
    return shown if shown is not None and shown.meta.exchange == found.meta.exchange else None


def unsealed(text: str) -> list[str]:
    """What is sealed in a text and can be opened with the keys of this machine's gateway."""
    from argo_addon.sealing import NoKey, Sealer

    if not Sealer.seals_in(text):
        return []
    from daemon.store_and_sealer import key_file

    path = key_file(_configured("responses_key_file"))
    try:
        return Sealer.of_file(path).texts_in(text) if path.is_file() else []
    except NoKey as problem:
        warn(f"note: {problem}")
        return []


def one_to_show(what: str) -> Shown:
    """As `one_of`, only to be read."""
    return to_show(what, None)[0] if is_number(what) else one_of(what, None)


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
