"""`argo-proxy env`: what sets a coding tool up."""

from __future__ import annotations

import sys

import click

from .. import completing
from ..env import Asked, tell
from ..named import named
from ..render import SHELLS
from ..tool_name import ToolName
from ..tools import TOOLS


@click.command(
    epilog="Examples: `eval $(argo-proxy env claude --start)`, `eval $(argo-proxy env codex --model gpt-5.5)`, "
    "`eval $(argo-proxy env claude --unset)`, fish: `eval (argo-proxy env claude)`, tcsh: "
    "eval with backticks, PowerShell: "
    "`argo-proxy env claude | Out-String | Invoke-Expression`. "
    "Exit codes: 0 fine, 1 it cannot be set up, 2 bad arguments, 3 the gateway does not run."
)
@click.argument("tool", required=False, type=ToolName(list(TOOLS)))
@click.option("--shell", type=click.Choice(SHELLS), help="The shell, instead of the one that asks.")
@click.option("--model", shell_complete=completing.models, help="The model, instead of one that suits.")
@click.option("--unset", is_flag=True, help="Print the way back.")
@click.option("--start", is_flag=True, help="Start the gateway first if it does not run.")
@click.option("--write", is_flag=True, help="Write settings that you are to put somewhere into a file of ours.")
@click.option("--json", "as_json", is_flag=True, help="Print the bare values as JSON.")
@named
def command(
    tool: str | None, shell: str | None, model: str | None, unset: bool, start: bool, write: bool, as_json: bool
) -> None:
    """Print shell code that sets TOOL up in the shell that evaluates it; without TOOL, list the tools.

    No file of yours is changed. A variable that would win over ours is taken away, and said; --unset puts all back.
    """
    if unset and tool is None:
        raise click.UsageError("--unset needs a tool.")
    sys.exit(tell(Asked(tool, shell, unset, as_json, model, start, write)))
