"""`argo-proxy run`: a coding tool through the gateway, without touching the shell."""

from __future__ import annotations

import os
import shutil
import sys

import click

from .. import completing
from ..env import NoGateway, changed, prepared, write
from ..installing import INSTALL
from ..named import named
from ..starting import ensure_running
from ..terminal import fail, warn
from ..tool_name import ToolName
from ..tools import TOOLS, SetupError

CANNOT_RUN, NOT_FOUND = 126, 127
"""The exit codes of shells."""
PROGRAMS = [name for name, tool in TOOLS.items() if tool.program]


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Examples: `argo-proxy run claude`, `argo-proxy run --model gpt-5.5 codex -- exec 'say hello'`. "
    "Exit codes: the tool's own; 1 no gateway, 2 bad configuration, 126 the tool cannot be run, 127 it is not there.",
)
@click.option("--model", shell_complete=completing.models, help="The model, instead of one that suits.")
@click.argument("tool", type=ToolName(PROGRAMS))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@named
def command(tool: str, arguments: tuple[str, ...], model: str | None) -> None:
    """Run TOOL with ARGUMENTS through the gateway, which is started if it does not run."""
    program = TOOLS[tool].program
    assert program is not None
    path = shutil.which(program)
    if path is None:
        fail(f"{program} is not installed, or not on your PATH. Install it: {INSTALL[tool]}", NOT_FOUND)
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
    try:
        os.execve(path, [program, *setup.options, *words], changed(setup, environ))
    except OSError as error:
        fail(f"{path} cannot be run: {error.strerror}. Install it anew: {INSTALL[tool]}", CANNOT_RUN)
