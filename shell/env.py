"""What `argo-proxy env` prints. It loads little and needs no click: a shell waits for it."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress

from daemon import discovery, health, status
from daemon.keys import key_of

from . import render, way_back
from .tools import TOOLS, Model, Setup, SetupError, Tool, Where, setup_of
from .wording import addressed

CANNOT, BAD_ARGUMENTS, DOES_NOT_RUN = 1, 2, 3
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_HERE = ("localhost", "127.0.0.1", "::1")


class Asked:
    """The command line of `argo-proxy env`."""

    __slots__ = ("as_json", "model", "shell", "start", "tool", "unset", "write")

    def __init__(
        self,
        tool: str | None,
        shell: str | None,
        unset: bool,
        as_json: bool,
        model: str | None,
        start: bool,
        write: bool,
    ) -> None:
        self.tool = tool
        self.shell = shell
        self.unset = unset
        self.as_json = as_json
        self.model = model
        self.start = start
        self.write = write


class NoGateway(Exception):
    """Nothing runs whose address could be told."""


def parse(arguments: list[str]) -> Asked | None:
    """A command line that is plain; None for one that click is to explain."""
    asked = Asked(None, None, False, False, None, False, False)
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
        elif word == "--start":
            asked.start = True
        elif word == "--write":
            asked.write = True
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
    if shell in render.OTHERS and not asked.as_json:
        run = f"argo-proxy run {asked.tool}" if TOOLS[asked.tool].program else "--json prints the bare values"
        sys.stderr.write(f"argo-proxy: there is no code for {shell}; {run} does without. Others: --shell sh\n")
        return CANNOT
    try:
        if asked.unset:
            sys.stdout.write(_lines([*way_back.back(asked.tool, shell, environ), *render.done(shell)]))
            return 0
        if asked.start:
            _start()
        setup = prepared(asked.tool, asked.model, way_back.former(environ))
        if asked.as_json:
            sys.stdout.write(_json(setup))
            return 0
        made = way_back.statements(asked.tool, setup, shell, environ)
        write(setup, with_settings=asked.write)
    except NoGateway as error:
        sys.stderr.write(f"argo-proxy: {addressed(str(error))}\n")
        return failed(DOES_NOT_RUN, shell, as_json=asked.as_json)
    except (SetupError, OSError, render.Unsayable) as error:
        sys.stderr.write(f"argo-proxy: {error}\n")
        return failed(CANNOT, shell, as_json=asked.as_json)
    except SystemExit:  # a start that has failed, and has said so
        return failed(CANNOT, shell, as_json=asked.as_json)
    for note in (
        *setup.notes,
        *_settings(setup, written=asked.write),
        *_said(setup, environ),
        *_clashes(asked.tool, setup, environ),
    ):
        sys.stderr.write(f"argo-proxy: {note}\n")
    sys.stdout.write(_lines(render.whole(shell, made)))
    return 0


def _settings(setup: Setup, *, written: bool) -> list[str]:
    """Settings that the user is to put somewhere: themselves, or the file that has them."""
    if written:
        return [f"they are in {path}" for path, _ in setup.settings]
    return [f"the settings (--write puts them into {path}):\n{text}" for path, text in setup.settings]


def _start() -> None:
    """Starts the gateway if it does not run. What is said of it is no code, and goes to stderr."""
    from contextlib import redirect_stdout  # only here

    from .starting import ensure_running

    with redirect_stdout(sys.stderr):
        ensure_running()


def failed(code: int, shell: str, *, as_json: bool) -> int:
    """Has the shell that evaluates this stop: an empty line is a success, and `eval … && claude` would go on.

    claude would then ask its maker, by the user's own account there. Returns the exit code.
    """
    if not as_json and not sys.stdout.isatty():
        sys.stdout.write(_lines([render.stop(shell, "argo-proxy: not set up")]))
    return code


def _json(setup: Setup) -> str:
    facts = {"variables": setup.variables, "unset": setup.unset, "options": setup.options}
    return (
        json.dumps(
            {**facts, "files": dict(setup.files), "notes": setup.notes, "settings": dict(setup.settings)}, indent=2
        )
        + "\n"
    )


def prepared(tool: str, model: str | None, environ: dict[str, str]) -> Setup:
    """What a tool needs to come to the gateway that runs. Raises NoGateway, SetupError."""
    if model is not None and not model.strip():
        raise SetupError("--model is empty. Name one of `argo-proxy models`, or leave the option out.")
    where = place(model, environ, TOOLS[tool].own_names)
    setup = with_no_proxy(setup_of(tool, where), where)
    notes = list(where.notes)
    if where.model is not None and TOOLS[tool].program is None and not _names(setup, where.model):
        there = f'name it in each call: model="{where.model}"' if setup.variables else f"choose {where.model} in it"
        notes.append(f"{TOOLS[tool].title}: no model is taken from the environment; {there}")
    return Setup(setup.variables, setup.unset, setup.options, setup.files, (*notes, *setup.notes), setup.settings)


def _names(setup: Setup, model: str) -> bool:
    """Whether a set-up says which model it is, in whatever spelling."""
    said = (*setup.variables.values(), *setup.notes)
    bare = "".join(filter(str.isalnum, model))
    return any(bare in "".join(filter(str.isalnum, text)) for text in said)


def place(model: str | None, environ: dict[str, str], own_names: tuple[str, ...] = ()) -> Where:
    """The gateway that runs, its models, and the model that is meant, by the list's name. Raises NoGateway.

    `own_names` are names that the tool has for models itself, which stay as they are.
    """
    running = discovery.find()
    if running is None:
        other = discovery.other()
        also = f" There is {other}." if other is not None else ""
        raise NoGateway(f"it does not run, so there is no address to tell. Start it: argo-proxy start{also}")
    record, told = running.record, running.answer
    if told is None:
        at = f" at {record.url}" if record.url else ""
        raise NoGateway(f"it runs (pid {record.pid or 'unknown'}), but does not answer{at}: argo-proxy restart")
    if record.url.startswith(health.UNIX):
        raise NoGateway(f"it listens at {record.url} alone, and tools want a port: write one into its configuration")
    listed = health.ask(record, "/v1/models") or {}
    rows = listed.get("data")
    models: dict[str, Model] = {}
    for row in rows if isinstance(rows, list) else []:
        if row.get("mode") == "embedding":
            continue
        name = str(row["id"]).removeprefix("argo:")
        internal = str(row.get("internal_id") or name)
        models.setdefault(internal, Model(name, internal, row.get("context_window"), row.get("max_output_tokens")))
    meant, notes = _meant(record, model, models, own_names)
    return Where(record.url, key_of(record), tuple(models.values()), meant, environ, os.path.expanduser("~"), notes)


def _meant(
    record: status.Record, model: str | None, models: dict[str, Model], own_names: tuple[str, ...]
) -> tuple[str | None, tuple[str, ...]]:
    """The model's main name, with the window (`[1m]`) that was asked for, and what to say of it.

    The gateway knows what a name means; one that it does not know is taken as it is.
    """
    name, bracket, window = (model or "").strip().partition("[")
    if model is None or name in own_names:
        return model, ()
    answer = health.get(record, "/v1/models/" + _percent(name))
    if answer is None:
        return model, ()
    code, told = answer
    if code == 200:
        known = models.get(str(told.get("internal_id")))
        if known is None:
            return model, (f"{name} makes embeddings, and no answers to talk with.",)
        notes = () if told.get("id") == name else (f"{name} is not known here; {known.name} answers in its place.",)
        return known.name + bracket + window, notes
    error = told.get("error")
    said = error.get("message") if isinstance(error, dict) else None
    return name.rpartition("/")[2].removeprefix("argo:") + bracket + window, (
        str(said or f"{name} is not known here."),
    )


def _percent(text: str) -> str:
    """Text as a step of a path; urllib alone takes longer to load than all this may."""
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
    return "".join(chr(byte) if chr(byte) in plain else f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


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
    return Setup(variables, setup.unset, setup.options, setup.files, setup.notes, setup.settings)


def write(setup: Setup, *, with_settings: bool = False) -> None:
    """Writes the files of ours, each whole or not at all. Raises SetupError."""
    for path, text in (*setup.files, *(setup.settings if with_settings else ())):
        draft = f"{path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(draft, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(draft, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft)
            said = "its folder is a file" if isinstance(error, FileExistsError) else error.strerror
            why = f"{path} cannot be written: {said}. The tool is set up by it"
            raise SetupError(f"{why}: make its folder writable, or free space.") from error


def changed(setup: Setup, environ: dict[str, str]) -> dict[str, str]:
    """The environment of a tool that is set up."""
    return {**{name: value for name, value in environ.items() if name not in setup.unset}, **setup.variables}


def shell_of(arguments: list[str]) -> str:
    """The shell that a line is for, whether or not the rest of it is understood."""
    words = [word for argument in arguments for word in argument.split("=", 1)] + [""]
    named = words[words.index("--shell") + 1] if "--shell" in words else ""
    return named if named in render.SHELLS else guess_shell()


def guess_shell() -> str:
    """The shell that asks: the parent process, else SHELL."""
    parent = os.getppid()
    try:
        with open(f"/proc/{parent}/comm", encoding="utf-8") as file:
            name = file.read().strip()
    except OSError:
        name = _by_ps(parent)
    for word in (name, os.path.basename(os.environ.get("SHELL", ""))):
        known = _KIN.get(word.lstrip("-"), word.lstrip("-"))
        if known in render.SHELLS or known in render.OTHERS:
            return known
    return "sh"


_KIN = {
    **dict.fromkeys(("dash", "ash", "ksh", "ksh93", "mksh", "busybox"), "sh"),
    "pwsh": "powershell",
    "csh": "tcsh",
}


def _by_ps(pid: int) -> str:
    import subprocess  # only where there is no /proc

    try:
        done = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, timeout=2)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return os.path.basename(done.stdout.strip())


def _said(setup: Setup, environ: dict[str, str]) -> list[str]:
    gone = [name for name in setup.unset if name in environ]
    return [f"{', '.join(gone)} would win over these, and is taken out of this shell." if gone else ""][: bool(gone)]


def _clashes(tool: str, setup: Setup, environ: dict[str, str]) -> list[str]:
    """What other tools that this shell is set up for want otherwise: they will not come here any more."""
    told = []
    for other in way_back.set_up(environ):
        if other == tool:
            continue
        where = Where("", "", (), None, way_back.former(environ), os.path.expanduser("~"))
        if names := way_back.at_odds(_bare(tool, where) or setup, _bare(other, where) or Setup({})):
            told.append(
                f"{TOOLS[other].title}, for which this shell is set up as well, wants {', '.join(names)} otherwise: it "
                f"will not come here before `argo-proxy env {tool} --unset`."
            )
    return told


def _bare(tool: str, where: Where) -> Setup | None:
    try:
        return setup_of(tool, where)
    except SetupError:
        return None


def _lines(made: list[str]) -> str:
    return "".join(f"{statement}\n" for statement in made)


def _list(*, as_json: bool) -> str:
    rows = {name: _row(tool) for name, tool in TOOLS.items()}
    if as_json:
        return json.dumps(rows, indent=2) + "\n"
    lines = [f"{name:16} {row['title']:18} {row['installed']:14} {row['needs']}" for name, row in rows.items()]
    use = (
        "Set one up in this shell: eval $(argo-proxy env claude)   The way back: eval $(argo-proxy env claude --unset)"
    )
    return "\n".join([*lines, "", use, ""])


def _row(tool: Tool) -> dict[str, str]:
    import shutil  # only for the list

    there = "installed" if tool.program is None or shutil.which(tool.program) else "not installed"
    return {"title": tool.title, "installed": there if tool.program else "-", "needs": tool.needs}
