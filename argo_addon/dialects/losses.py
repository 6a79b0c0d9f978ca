"""What a request says that the upstream's dialect has no word for: gathered, to be told. It knows no dialect."""

from __future__ import annotations

from ..ir.parts import Extra


class Losses:
    """The paths of what was left out, each once, in the order in which they were found."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self._paths)

    def note(self, path: str) -> None:
        """Notes one path, such as `tools[].cache_control`."""
        self._paths[path] = None

    def extra(self, prefix: str, extra: Extra) -> None:
        """Notes the members that only the client's dialect knows."""
        for name in extra:
            self._paths[prefix + name] = None
