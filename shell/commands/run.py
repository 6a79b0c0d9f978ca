"""`argo-proxy run`: a coding tool through the gateway, without touching the shell."""

from __future__ import annotations

import os
import shutil
import sys

import click

from .. import completing
from ..env import NoGateway, changed, prepared, write
from ..named import named
from ..starting import ensure_running
from ..terminal import fail, warn
from ..tools import TOOLS, SetupError

PROGRAMS = [name for name, tool in TOOLS.items() if tool.program]


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Examples: `argo-proxy run claude`, `argo-proxy run --model gpt-5.5 codex -- exec 'say hello'`. "
    "Exit codes: the tool's own; 1 it cannot be run, 2 bad configuration.",
)
@click.option("--model", shell_complete=completing.models, help="The model, instead of one that suits.")
@click.argument("tool", type=click.Choice(PROGRAMS))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@named
def command(tool: str, arguments: tuple[str, ...], model: str | None) -> None:
    """Run TOOL with ARGUMENTS through the gateway, which is started if it does not run."""
    program = TOOLS[tool].program
    assert program is not None
    path = shutil.which(program)
    if path is None:
        fail(f"{program} is not installed, or not on your PATH.")
    ensure_running()
    environ = dict(os.environ)
    try:
        setup = prepared(tool, model, environ)
        write(setup)
    except (NoGateway, SetupError, OSError) as error:
        fail(str(error))
    for note in setup.notes:
        warn(note)
    sys.stdout.flush()
    words = arguments[1:] if arguments[:1] == ("--",) else arguments
    os.execve(path, [program, *setup.options, *words], changed(setup, environ))
