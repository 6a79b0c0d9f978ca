"""Packs what a bug report needs into one archive: log, configuration, state, versions; no secret, no message body.

It knows files and nothing of the command line.
"""

from __future__ import annotations

import io
import json
import platform
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from argo_addon import __version__
from argo_addon.redaction import redacted

from . import discovery, health, logs
from .paths import flows_dir, log_file

Kind = Literal["leaked-tool", "stream-retry", "error-dump", "all"]

# What a line of the log has in it that is about this kind.
_ABOUT: dict[Kind, tuple[str, ...]] = {
    "leaked-tool": ("leaked", "read as calls"),
    "stream-retry": ("mended", "streaming is required", "sent once more"),
    "error-dump": ("WARNING", "ERROR", "CRITICAL", "Traceback", "broke", "failed", ": 4", ": 5"),
    "all": ("",),
}
_MOST_LINES = 200_000


class Taken(NamedTuple):
    """A file of the archive: its name in it, its size in bytes, and where it came from."""

    name: str
    size: int
    origin: str


def collect(archive: Path, kind: Kind, config: Path | None, *, bodies: bool) -> list[Taken]:
    """Writes the archive (tar.gz, mode 0600) and returns what is in it; `bodies` adds what was said in failed calls.

    Raises OSError.
    """
    taken: list[Taken] = []
    now = int(time.time())
    archive.touch(mode=0o600)
    with tarfile.open(archive, "w:gz") as packed:
        for name, content, origin in (*_parts(kind, config), *_failures(kind, bodies)):
            data = redacted(content).encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(f"argo-proxy/{name}")
            entry.size, entry.mtime, entry.mode = len(data), now, 0o600
            packed.addfile(entry, io.BytesIO(data))
            taken.append(Taken(name, len(data), origin))
    return taken


def _parts(kind: Kind, config: Path | None) -> Iterator[tuple[str, str, str]]:
    """Name, text and origin of each part; what cannot be read says so in its place."""
    record = discovery.last()
    path = record.log if record is not None and record.log else log_file()
    yield "log.txt", _log(path, kind), path
    yield "started.txt", _text(f"{path}.out"), f"{path}.out"
    if config is not None:
        yield "config.yaml", _text(str(config)), str(config)
    told = None if record is None else health.of(record, "/health?upstream=1")
    metadata = {"record": record.facts() if record else None, "health": told}
    yield "status.json", json.dumps(metadata, indent=2), "argo-proxy status --json"
    yield "versions.json", json.dumps(_versions(), indent=2), "this machine"


def _failures(kind: Kind, bodies: bool) -> Iterator[tuple[str, str | bytes, str]]:
    """The failures that were recorded: what is known of each, and, if asked for, the exchanges themselves."""
    folder = Path(flows_dir())
    if kind not in ("error-dump", "all") or not any(folder.glob("failures/*.flow")):
        return
    # Not at the top: mitmproxy takes half a second to load.
    from argo_addon.recording import export, recorded_exchange

    failed = [one for one in recorded_exchange.newest_in([folder]) if one.meta.failed][::-1]
    told = [msgspec.to_builtins(one.meta) for one in failed]
    yield "failures.json", json.dumps(told, indent=2), f"{folder}/failures"
    if bodies:
        yield "failures.flow", export.exported(failed, "flow"), f"{folder}/failures"


def _log(path: str, kind: Kind) -> str:
    try:
        lines = logs.tail(path, _MOST_LINES)
    except OSError as error:
        return f"(cannot be read: {error})\n"
    signs = _ABOUT[kind]
    texts = (line.decode(errors="replace") for line in lines)
    return "".join(text for text in texts if any(sign in text for sign in signs))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError as error:
        return f"(cannot be read: {error})\n"


def _versions() -> dict[str, object]:
    names = sorted({distribution.name for distribution in metadata.distributions() if distribution.name})
    return {
        "argo-proxy": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "packages": {name: metadata.version(name) for name in names},
    }
