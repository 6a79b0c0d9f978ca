"""mitmproxy's packages without what their `__init__` loads: all default addons (flask, ldap3, passlib), and the layers
for QUIC, HTTP/2, TLS and WebSockets, of which the gateway uses none.

That is 380 modules, 20 MB and nearly half of a start. It relies on two facts of mitmproxy's: the modules of these
packages do not need the packages' own names, and mitmproxy's server needs `HTTPMode` of the last one for its own
command line only (tests/proxy/test_imports.py). Under stock mitmproxy, which has loaded them, nothing is changed.
"""

from __future__ import annotations

import enum
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ADDONS = "mitmproxy.addons"
LAYERS = "mitmproxy.proxy.layers"
HTTP = "mitmproxy.proxy.layers.http"


class _Bare(ModuleType):
    """The package as a folder of modules; it is loaded for whoever asks for a name of its own (`default_addons`)."""

    def __getattr__(self, name: str) -> object:
        folder = Path(self.__path__[0])
        if name.startswith("__") or (folder / f"{name}.py").exists() or (folder / name).is_dir():
            raise AttributeError(name)  # one of its modules, which the import that asks goes on to load
        spec = importlib.util.spec_from_file_location(
            self.__name__, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        assert spec.loader is not None
        object.__setattr__(self, "__class__", ModuleType)  # it is asked no more
        spec.loader.exec_module(self)
        return getattr(self, name)


def install() -> None:
    """Has these packages load nothing by themselves, unless they are loaded already."""
    if any(name in sys.modules for name in (ADDONS, LAYERS)):
        return
    for name in (ADDONS, LAYERS, HTTP):
        bare = _Bare(name)
        parent, _, last = name.rpartition(".")
        bare.__path__ = [str(Path(path) / last) for path in sys.modules[parent].__path__]
        sys.modules[name] = bare
        setattr(sys.modules[parent], last, bare)  # as the import system does
    vars(sys.modules[HTTP])["HTTPMode"] = enum.Enum("HTTPMode", "regular transparent upstream")
    importlib.import_module(f"{LAYERS}.modes")  # which mitmproxy's server asks the package for
