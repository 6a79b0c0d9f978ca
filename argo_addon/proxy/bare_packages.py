"""What mitmproxy loads and the gateway does not run, left until somebody asks for it.

Two kinds, for which something stands in `sys.modules` before mitmproxy is loaded:

- Packages whose `__init__` loads much more than the one module that is wanted of them: all default addons (flask,
  ldap3, passlib), the layers for QUIC, HTTP/2, TLS and WebSockets.
- Modules that mitmproxy names and a gateway does not use: certificates (of mitmproxy's own TLS, with a second OpenSSL;
  ours is Python's `ssl`), the parsers of mitmproxy's own commands, filters and YAML, its Rust part, WebSockets.

They are more than half of a start and of its memory. It relies on what mitmproxy does with these names while it is
loaded, which tests/proxy/test_imports.py holds on each version. Whoever asks for more has the module loaded, as the
same object. Under stock mitmproxy, which has loaded them, nothing is changed.
"""

from __future__ import annotations

import enum
import importlib
import sys
import threading
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, PathFinder
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

ADDONS = "mitmproxy.addons"
LAYERS = "mitmproxy.proxy.layers"
HTTP = "mitmproxy.proxy.layers.http"
LATER: Mapping[str, tuple[str, ...]] = {
    ADDONS: (),
    LAYERS: (),
    HTTP: (),
    "mitmproxy.io": (),
    "mitmproxy.certs": ("Cert",),
    "mitmproxy.command_lexer": ("unquote",),
    "mitmproxy.proxy.layers.websocket": ("WebSocketMessageInjected",),
    "mitmproxy.tls": (),
    "mitmproxy.websocket": ("WebSocketData",),
    "h11": (),
    "httpx": (),
    "mitmproxy_rs": ("Stream", "udp.UdpServer"),
    "OpenSSL": (),
    "OpenSSL.SSL": (),
    "pyparsing": (),
    "ruamel.yaml": (),
    "wsproto.frame_protocol": ("Opcode",),
}
"""What is left until later, and the names that mitmproxy asks of it all the same while it is loaded."""

_loading = threading.RLock()


class _Unloaded(ModuleType):
    """A module, or a package as a folder of modules; loaded for whoever asks for a name that it has not."""

    def __getattr__(self, name: str) -> Any:
        if (promise := _promise(self, name)) is not None:
            return promise
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        if _is_module_of(self, name):
            return importlib.import_module(f"{self.__name__}.{name}")
        load(self)
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None


def _is_module_of(package: ModuleType, name: str) -> bool:
    """Whether a name is that of a module in one of mitmproxy's packages, where it does without the package itself."""
    folders = map(Path, vars(package).get("__path__", ()) if package.__name__.startswith("mitmproxy.") else ())
    return any((folder / f"{name}.py").exists() or (folder / name).is_dir() for folder in folders)


def load(module: ModuleType) -> None:
    """Loads a module that was left, once; in another thread than the first, waits until it is there."""
    with _loading:
        package = module.__name__.rpartition(".")[0]
        if package and type(module) is _Unloaded:
            importlib.import_module(package)  # which may have it loaded
        if type(module) is not _Unloaded or "_begun" in vars(module):
            return
        vars(module)["_begun"] = True  # what it loads itself may ask for what it has so far
        spec = module.__spec__
        assert spec is not None
        assert spec.loader is not None
        try:
            spec.loader.exec_module(module)
            if package:
                setattr(sys.modules[package], module.__name__.rpartition(".")[2], module)
            object.__setattr__(module, "__class__", ModuleType)  # it is asked no more
        finally:
            del vars(module)["_begun"]


def _promise(module: ModuleType, name: str) -> _Promise | None:
    """What stands for a promised name; for a part of the module, with what is promised of that."""
    for promised in LATER[module.__name__]:
        first, _, inner = promised.partition(".")
        if first == name:
            of_it = {inner: _Promise(inner, (), {"_module": module, "_path": promised})} if inner else {}
            vars(module)[name] = found = _Promise(name, (), {"_module": module, "_path": first, **of_it})
            return found
    return None


class _Promise(type):
    """A class or function of a module that was left, for type hints; the module is loaded where it is used."""

    _module: ModuleType
    _path: str

    def _itself(cls) -> Any:
        load(cls._module)
        return attrgetter(cls._path)(cls._module)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._itself(), name)

    def __call__(cls, *args: Any, **named: Any) -> Any:
        return cls._itself()(*args, **named)

    def __instancecheck__(cls, one: object) -> bool:
        return type(cls._module) is not _Unloaded and isinstance(one, cls._itself())


def _spec_of(name: str) -> ModuleSpec | None:
    """Where a module is, found without loading its package; None where there is none."""
    package = name.rpartition(".")[0]
    if not package:
        return PathFinder.find_spec(name)
    spec = _spec_of(package)
    return spec and PathFinder.find_spec(name, spec.submodule_search_locations)


def install() -> None:
    """Has these load nothing by themselves, but for those that are loaded already: all, under stock mitmproxy.

    What is not there is left to whoever imports it, who can tell of it.
    """
    if any(name in sys.modules for name in (ADDONS, LAYERS)):
        return
    importlib.import_module("mitmproxy")
    for name in LATER:
        if name not in sys.modules and (spec := _spec_of(name)) is not None:
            _leave(name, spec)
    vars(sys.modules[HTTP])["HTTPMode"] = enum.Enum("HTTPMode", "regular transparent upstream")
    importlib.import_module(f"{LAYERS}.modes")  # which mitmproxy's server asks the package for


def _leave(name: str, spec: ModuleSpec) -> None:
    module = _Unloaded(name)
    module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
    module.__package__ = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
    if spec.submodule_search_locations is not None:
        module.__path__ = list(spec.submodule_search_locations)
    sys.modules[name] = module
    package, _, last = name.rpartition(".")
    if package == "ruamel" or package.startswith("mitmproxy"):
        importlib.import_module(package)
    if package in sys.modules:
        setattr(sys.modules[package], last, module)  # as the import system does
