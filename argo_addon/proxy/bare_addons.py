"""mitmproxy's package of addons without what its `__init__` loads: all default addons, with flask, ldap3 and passlib.

The gateway needs three of them. The rest is 265 modules, 10 MB and a third of a start. It relies on one fact of
mitmproxy's: the modules of `mitmproxy.addons` do not need the package's own names (tests/proxy/test_imports.py).
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import mitmproxy

NAME = "mitmproxy.addons"


class _Bare(ModuleType):
    """The package as a folder of modules; it is loaded for whoever asks for a name of its own (`default_addons`)."""

    def __getattr__(self, name: str) -> object:
        folder = Path(self.__path__[0])
        if name.startswith("__") or (folder / f"{name}.py").exists() or (folder / name).is_dir():
            raise AttributeError(name)  # one of its modules, which the import that asks goes on to load
        spec = importlib.util.spec_from_file_location(
            NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        assert spec.loader is not None
        object.__setattr__(self, "__class__", ModuleType)  # it is asked no more
        spec.loader.exec_module(self)
        return getattr(self, name)


def install() -> None:
    """Has `mitmproxy.addons` load nothing by itself, unless it is loaded already."""
    if NAME in sys.modules:
        return
    bare = _Bare(NAME)
    bare.__path__ = [str(Path(path) / "addons") for path in mitmproxy.__path__]
    sys.modules[NAME] = bare
    mitmproxy.addons = bare  # type: ignore[attr-defined]  # as the import system does
