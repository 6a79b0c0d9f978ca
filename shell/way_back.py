"""What sets tools up in a shell, and the way back: statements for the shell that evaluates them.

What a variable held before any tool is kept in `ARGO_PROXY_SAVED_NAME`. `ARGO_PROXY_SET` has `tool:NAME` for each
variable that a tool has changed. Where another tool had changed it before, what that one wants is kept as well, in
`ARGO_PROXY_SAVED_tool_NAME`, or as `tool:NAME:-` where it wants it gone: so a variable of two tools outlives the way
back of one. It loads little: a shell waits for it.
"""

from __future__ import annotations

from . import render
from .tools import TOOLS, Setup

_TOUCHED = "ARGO_PROXY_SET"
_SAVED = "ARGO_PROXY_SAVED_"


def set_up(environ: dict[str, str]) -> list[str]:
    """The tools that this shell is set up for, in the order in which that was done."""
    return [tool for tool in _touched(environ) if tool in TOOLS]


def former(environ: dict[str, str]) -> dict[str, str]:
    """The environment as it was before any tool was set up."""
    touched = {name for names in _touched(environ).values() for name in names}
    kept = {name: value for name, value in environ.items() if name not in touched and not name.startswith(_SAVED)}
    kept.pop(_TOUCHED, None)
    return {**kept, **{name: environ[_SAVED + name] for name in touched if _SAVED + name in environ}}


def statements(tool: str, setup: Setup, shell: str, environ: dict[str, str]) -> list[str]:
    """What sets a tool up in this shell; what was there is kept for the way back. Raises render.Unsayable."""
    touched = _touched(environ)
    own = touched.pop(tool, {})
    others = {name for names in touched.values() for name in names}
    gone = [name for name in setup.unset if name in environ and name not in setup.variables]
    made = []
    for name in (*setup.variables, *gone):
        if name in own:
            continue
        own[name] = ""
        if name not in environ:
            own[name] = _ABSENT if name in others else ""
        elif name not in others:
            made.append(render.assign(shell, _SAVED + name, environ[name]))
        elif environ[name] != setup.variables.get(name):
            made.append(render.assign(shell, _layer(tool, name), environ[name]))
    made += [render.assign(shell, name, value) for name, value in setup.variables.items()]
    made += [render.unset(shell, name) for name in gone]
    if setup.options and (program := TOOLS[tool].program) is not None:
        made.append(render.define(shell, program, setup.options))
    return [*made, render.assign(shell, _TOUCHED, _written({**touched, tool: own}))]


def back(tool: str, shell: str, environ: dict[str, str]) -> list[str]:
    """The way back of a tool: its variables get their former values, or those that other tools want, or go."""
    touched = _touched(environ)
    own = touched.pop(tool, None)
    if own is None:
        return []
    made = []
    for name, was in own.items():
        layer = _layer(tool, name)
        owners = [other for other, names in touched.items() if name in names]
        saved = layer if owners else _SAVED + name
        if saved in environ:
            made += [render.assign(shell, name, environ[saved]), render.unset(shell, saved)]
        elif not owners or was == _ABSENT:
            made.append(render.unset(shell, name))
        if not owners:
            made += [render.unset(shell, layer)] if layer in environ else []
            continue
        if saved in environ or was == _ABSENT:
            continue
        for other in owners:  # what this one wanted, the other need not keep for it any longer
            touched[other][name] = ""
            made += [render.unset(shell, _layer(other, name))] if _layer(other, name) in environ else []
    if TOOLS[tool].wraps and (program := TOOLS[tool].program) is not None:
        made.append(render.undefine(shell, program))
    left = _written(touched)
    return [*made, render.assign(shell, _TOUCHED, left) if left else render.unset(shell, _TOUCHED)]


def at_odds(one: Setup, other: Setup) -> list[str]:
    """The variables that two tools want otherwise, so that a shell cannot be set up for both."""
    values = [name for name, value in one.variables.items() if other.variables.get(name, value) != value]
    gone = [name for name in one.unset if name in other.variables] + [
        name for name in other.unset if name in one.variables
    ]
    return sorted({*values, *gone})


_ABSENT = "-"


def _layer(tool: str, name: str) -> str:
    return f"{_SAVED}{tool.replace('-', '_')}_{name}"


def _touched(environ: dict[str, str]) -> dict[str, dict[str, str]]:
    """For each tool the variables that it has changed, and `-` for those that another tool wants gone."""
    found: dict[str, dict[str, str]] = {}
    for entry in environ.get(_TOUCHED, "").split(","):
        tool, colon, rest = entry.partition(":")
        if colon:
            name, _, was = rest.partition(":")
            names = found.setdefault(tool, {})
            if name:
                names[name] = was
    return found


def _written(touched: dict[str, dict[str, str]]) -> str:
    """The same as it is kept in the shell; a tool that changes no variable is there by its name alone."""
    return ",".join(
        f"{tool}:{name}" + (f":{was}" if was else "")
        for tool, names in touched.items()
        for name, was in (names or {"": ""}).items()
    )
