"""Where the configuration is looked for, and whether a file there is meant for us.

It must not know any key's meaning; it imports nothing of ours.
"""

from __future__ import annotations

import os
import re
from pathlib import Path


def config_path(cwd: Path | None = None, home: Path | None = None, named: str | None = None) -> Path | None:
    """The configuration that is used where the command line names none: `named`, or the first in its usual places."""
    if named:
        return Path(named).expanduser()
    return next((place for place in places(cwd, home) if os.path.lexists(place) and _is_ours(place, home)), None)


def places(cwd: Path | None = None, home: Path | None = None) -> tuple[Path, ...]:
    """Where a configuration is looked for, in this order; the second is where `config init` writes."""
    home = home or Path.home()
    return (
        (cwd or Path()) / "config.yaml",
        home / ".config" / "argoproxy" / "config.yaml",
        home / ".argoproxy" / "config.yaml",
    )


def _is_ours(place: Path, home: Path | None) -> bool:
    """Whether a file in a usual place is meant for us: the working folder's config.yaml may be any other program's."""
    if place in places(None, home)[1:]:
        return True
    try:
        with place.open("rb") as file:
            text = file.read(_ENOUGH).decode(errors="replace")
    except OSError:
        return True  # whoever reads it says what is wrong
    return not text.strip() or _OURS.search(text) is not None


_ENOUGH = 1_000_000
_OURS = re.compile(
    r"(?:^|[{,])\s*[\"']?(?:config_version|user|username_passthrough|(?:\w+_)?argo_\w+|native_\w+)[\"']?\s*:",
    re.MULTILINE,
)
