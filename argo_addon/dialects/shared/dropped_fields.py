"""What a request says that the upstream's dialect has no word for: gathered, to be told. It knows no dialect."""

from __future__ import annotations

from collections.abc import Container, Mapping

from ...ir.parts import Extra

LONGEST_PATH = 80
"""Characters of a path that are told."""
_STEPS = (".", "[", ":", " ")
"""What a place within another begins with, or what is said of it."""


def printable_path(path: str) -> str:
    """A path in one short line of printable ASCII, for logs and headers: the names in it are the client's."""
    shown = ascii(path[: LONGEST_PATH + 1])[1:-1]
    return shown if len(shown) <= LONGEST_PATH else f"{shown[: LONGEST_PATH - 3]}..."


def in_client_words(client: Mapping[str, str], path: str, written: Container[str]) -> str:
    """A path as the client writes it: `client` tells what it calls the places that a path may begin with.

    What it has `written` by just that name is meant as it stands.
    """
    if path in written:
        return path
    found = (name for name in client if path == name or path.startswith(tuple(name + step for step in _STEPS)))
    longest = max(found, key=len, default=None)
    return path if longest is None else client[longest] + path[len(longest) :]


class DroppedFields:
    """The paths of what was left out, each once, in the order in which they were found."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that were noted."""
        return tuple(self._paths)

    def note(self, path: str) -> None:
        """Notes one path, such as `tools[].cache_control`."""
        self._paths[path] = None

    def extra(self, prefix: str, extra: Extra) -> None:
        """Notes the members that only the client's dialect knows."""
        for name in extra:
            self._paths[prefix + name] = None
