"""`argo-proxy run`: a coding tool through the gateway, without touching the shell."""

from __future__ import annotations

import os
import shutil
import sys

import click

from daemon import manager

from .. import completing
from ..env import NoGateway, changed, place, with_no_proxy, write
from ..options import loaded, whole_path
from ..terminal import fail, warn
from ..tools import TOOLS, SetupError, setup_of

PROGRAMS = [name for name, tool in TOOLS.items() if tool.program]


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Examples: `argo-proxy run claude`, `argo-proxy run --model gpt-5.5 codex -- exec 'say hello'`. "
    "Exit codes: the tool's own; 1 it cannot be run, 2 bad configuration.",
)
@click.option("--model", shell_complete=completing.models, help="The model, instead of one that suits.")
@click.argument("tool", type=click.Choice(PROGRAMS))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(tool: str, arguments: tuple[str, ...], model: str | None) -> None:
    """Run TOOL with ARGUMENTS through the gateway, which is started if it does not run."""
    program = TOOLS[tool].program
    assert program is not None
    path = shutil.which(program)
    if path is None:
        fail(f"{program} is not installed, or not on your PATH.")
    if manager.running() is None:
        _start()
    environ = dict(os.environ)
    try:
        where = place(model, environ)
        setup = with_no_proxy(setup_of(tool, where), where)
        write(setup)
    except (NoGateway, SetupError, OSError) as error:
        fail(str(error))
    for note in setup.notes:
        warn(note)
    sys.stdout.flush()
    words = arguments[1:] if arguments[:1] == ("--",) else arguments
    os.execve(path, [program, *setup.options, *words], changed(setup, environ))


def _start() -> None:
    found = loaded(None, {})
    try:
        record, _ = manager.start(
            manager.Order(whole_path(found.path), {}), found.settings.connection_test_timeout, lambda line: None
        )
    except manager.StartError as error:
        fail(str(error), error.code)
    warn(f"the gateway was started at {record.url}; `argo-proxy stop` ends it")
