"""What `argo-proxy env` prints, and the way back. It loads little and needs no click: a shell waits for it.

What a variable held before is kept in `ARGO_PROXY_SAVED_…`, and the names that were touched in `ARGO_PROXY_SET`, so
that `--unset` puts back what was there.
"""

from __future__ import annotations

import json
import os
import sys

from daemon import health, status
from daemon.keys import key_of

from . import render
from .tools import TOOLS, Model, Setup, SetupError, Tool, Where, setup_of

CANNOT, BAD_ARGUMENTS, DOES_NOT_RUN = 1, 2, 3
_TOUCHED = "ARGO_PROXY_SET"
_SAVED = "ARGO_PROXY_SAVED_"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")
_HERE = ("localhost", "127.0.0.1", "::1")


class Asked:
    """The command line of `argo-proxy env`."""

    __slots__ = ("as_json", "model", "shell", "tool", "unset")

    def __init__(self, tool: str | None, shell: str | None, unset: bool, as_json: bool, model: str | None) -> None:
        self.tool = tool
        self.shell = shell
        self.unset = unset
        self.as_json = as_json
        self.model = model


class NoGateway(Exception):
    """Nothing runs whose address could be told."""


def parse(arguments: list[str]) -> Asked | None:
    """A command line that is plain; None for one that click is to explain."""
    asked = Asked(None, None, False, False, None)
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in ("--shell", "--model"):
            value = value if equals else next(words, "")
            if not value or value.startswith("-"):
                return None
            setattr(asked, name[2:], value)
        elif word == "--unset":
            asked.unset = True
        elif word == "--json":
            asked.as_json = True
        elif word in TOOLS and asked.tool is None:
            asked.tool = word
        else:
            return None
    if (asked.shell or "sh") not in render.SHELLS or (asked.unset and asked.tool is None):
        return None
    return asked


def tell(asked: Asked) -> int:
    """Carries it out: shell code or JSON on stdout, words on stderr. Returns the exit code."""
    environ = dict(os.environ)
    shell = asked.shell or guess_shell()
    if asked.tool is None:
        sys.stdout.write(_list(as_json=asked.as_json))
        return 0
    if asked.unset:
        sys.stdout.write(_lines(back(asked.tool, shell, environ)))
        return 0
    try:
        where = place(asked.model, former(environ))
        setup = with_no_proxy(setup_of(asked.tool, where), where)
        if asked.as_json:
            sys.stdout.write(_json(setup))
            return 0
        write(setup)
    except NoGateway as error:
        sys.stderr.write(f"argo-proxy: {error}\n")
        return failed(DOES_NOT_RUN, shell, as_json=asked.as_json)
    except (SetupError, OSError) as error:
        sys.stderr.write(f"argo-proxy: {error}\n")
        return failed(CANNOT, shell, as_json=asked.as_json)
    for note in (*setup.notes, *_said(setup, environ)):
        sys.stderr.write(f"argo-proxy: {note}\n")
    sys.stdout.write(_lines(statements(asked.tool, setup, shell, environ)))
    return 0


def failed(code: int, shell: str, *, as_json: bool) -> int:
    """Has the shell that evaluates this stop: an empty line is a success, and `eval … && claude` would go on.

    claude would then ask its maker, by the user's own account there. Returns the exit code.
    """
    if not as_json and not sys.stdout.isatty():
        sys.stdout.write(_lines([render.stop(shell, "argo-proxy: not set up")]))
    return code


def _json(setup: Setup) -> str:
    facts = {"variables": setup.variables, "unset": setup.unset, "options": setup.options}
    return json.dumps({**facts, "files": dict(setup.files), "notes": setup.notes}, indent=2) + "\n"


def place(model: str | None, environ: dict[str, str]) -> Where:
    """The gateway that runs, and its models. Raises NoGateway."""
    record = status.read()
    told = None if record is None else health.of(record)
    if record is None or told is None:
        raise NoGateway("it does not run, so there is no address to tell. Start it: argo-proxy start")
    listed = health.ask(record, "/v1/models") or {}
    rows = listed.get("data")
    models: dict[str, Model] = {}
    for row in rows if isinstance(rows, list) else []:
        if row.get("mode") == "embedding":
            continue
        name = str(row["id"]).removeprefix("argo:")
        internal = str(row.get("internal_id") or name)
        models.setdefault(internal, Model(name, internal, row.get("context_window"), row.get("max_output_tokens")))
    return Where(record.url, key_of(record), tuple(models.values()), model, environ, os.path.expanduser("~"))


def with_no_proxy(setup: Setup, where: Where) -> Setup:
    """The same, with this machine reached directly where a proxy is set (pitfalls 9.6)."""
    if not any(where.environ.get(name) or where.environ.get(name.upper()) for name in _PROXIES):
        return setup
    known = where.environ.get("no_proxy") or where.environ.get("NO_PROXY") or ""
    listed = [name.strip() for name in known.split(",") if name.strip()]
    if "*" not in listed:
        listed += [name for name in _HERE if name not in listed]
    value = ",".join(listed)
    variables = {**setup.variables, "NO_PROXY": value, "no_proxy": value}
    return Setup(variables, setup.unset, setup.options, setup.files, setup.notes)


def write(setup: Setup) -> None:
    """Writes the files of ours, each whole or not at all. Raises OSError."""
    for path, text in setup.files:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        draft = f"{path}.{os.getpid()}"
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)


def changed(setup: Setup, environ: dict[str, str]) -> dict[str, str]:
    """The environment of a tool that is set up."""
    return {**{name: value for name, value in environ.items() if name not in setup.unset}, **setup.variables}


def statements(tool: str, setup: Setup, shell: str, environ: dict[str, str]) -> list[str]:
    """What sets a tool up in this shell; what was there is kept for the way back."""
    touched = _touched(environ)
    gone = [name for name in setup.unset if name in environ and name not in setup.variables]
    made = []
    for name in (*setup.variables, *gone):
        if name not in touched and name in environ:
            made.append(render.assign(shell, _SAVED + name, environ[name]))
    made += [render.assign(shell, name, value) for name, value in setup.variables.items()]
    made += [render.unset(shell, name) for name in gone]
    if setup.options and (program := TOOLS[tool].program) is not None:
        made.append(render.define(shell, program, setup.options))
    names = dict.fromkeys((*touched, *setup.variables, *gone))
    return [*made, render.assign(shell, _TOUCHED, ",".join(names))]


def former(environ: dict[str, str]) -> dict[str, str]:
    """The environment as it was before any tool was set up."""
    touched = _touched(environ)
    kept = {name: value for name, value in environ.items() if name not in touched and not name.startswith(_SAVED)}
    return {**kept, **{name: environ[_SAVED + name] for name in touched if _SAVED + name in environ}}


def back(tool: str, shell: str, environ: dict[str, str]) -> list[str]:
    """The way back of a tool: every variable of its that was touched gets its former value, or goes."""
    ours: set[str] = set()
    setup = Setup({})
    before = former(environ)
    for model in (None, "any"):  # some variables are there with a model of the user's only
        try:
            setup = setup_of(tool, Where("http://127.0.0.1", "argo", (), model, before, os.path.expanduser("~")))
        except SetupError:
            continue  # then there was nothing to set up
        ours |= {*setup.variables, *setup.unset}
    ours |= {f"ANTHROPIC_DEFAULT_{tier}_MODEL" for tier in ("OPUS", "SONNET", "HAIKU")} if tool == "claude" else set()
    touched = _touched(environ)
    if ours.isdisjoint(touched):
        return []
    if ours.issuperset(name for name in touched if name not in _EXCEPTIONS):  # no other tool needs these any longer
        ours.update(_EXCEPTIONS)
    made = []
    for name in (name for name in touched if name in ours):
        if (value := environ.get(_SAVED + name)) is None:
            made.append(render.unset(shell, name))
        else:
            made += [render.assign(shell, name, value), render.unset(shell, _SAVED + name)]
    if setup.options and (program := TOOLS[tool].program) is not None:
        made.append(render.undefine(shell, program))
    left = [name for name in touched if name not in ours]
    return [*made, render.assign(shell, _TOUCHED, ",".join(left)) if left else render.unset(shell, _TOUCHED)]


def guess_shell() -> str:
    """The shell that asks: the parent process, else SHELL."""
    parent = os.getppid()
    try:
        with open(f"/proc/{parent}/comm", encoding="utf-8") as file:
            name = file.read().strip()
    except OSError:
        name = _by_ps(parent)
    for word in (name, os.path.basename(os.environ.get("SHELL", ""))):
        known = {"pwsh": "powershell", "dash": "sh", "ash": "sh", "ksh": "sh"}.get(word.lstrip("-"), word.lstrip("-"))
        if known in render.SHELLS:
            return known
    return "sh"


def _by_ps(pid: int) -> str:
    import subprocess  # only where there is no /proc

    try:
        done = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, timeout=2)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return os.path.basename(done.stdout.strip())


def _touched(environ: dict[str, str]) -> list[str]:
    return [name for name in environ.get(_TOUCHED, "").split(",") if name]


def _said(setup: Setup, environ: dict[str, str]) -> list[str]:
    gone = [name for name in setup.unset if name in environ]
    return [f"{', '.join(gone)} would win over these, and is taken out of this shell." if gone else ""][: bool(gone)]


def _lines(made: list[str]) -> str:
    return "".join(f"{statement}\n" for statement in made)


def _list(*, as_json: bool) -> str:
    rows = {name: _row(tool) for name, tool in TOOLS.items()}
    if as_json:
        return json.dumps(rows, indent=2) + "\n"
    lines = [f"{name:10} {row['title']:18} {row['installed']:14} {row['needs']}" for name, row in rows.items()]
    use = (
        "Set one up in this shell: eval $(argo-proxy env claude)   The way back: eval $(argo-proxy env claude --unset)"
    )
    return "\n".join([*lines, "", use, ""])


def _row(tool: Tool) -> dict[str, str]:
    import shutil  # only for the list

    there = "installed" if tool.program is None or shutil.which(tool.program) else "not installed"
    return {"title": tool.title, "installed": there if tool.program else "-", "needs": tool.needs}
