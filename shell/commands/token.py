"""`argo-proxy token`: the secret by which tools come in."""

from __future__ import annotations

import click

from argo_addon.access import tokens
from argo_addon.settings.state import token_file
from daemon import manager

from ..terminal import fail, warn


@click.command(
    epilog="Examples: `argo-proxy token`, `argo-proxy token --new`, "
    '`curl -H "Authorization: Bearer $(argo-proxy token)" http://127.0.0.1:44497/v1/models`. '
    "Exit codes: 0 printed, 1 it cannot be read or kept."
)
@click.option("--new", is_flag=True, help="Make another; tools that run may go on with the old one for an hour.")
@click.option("--now", is_flag=True, help="With --new: the old one ends at once, as it is to when others have seen it.")
def command(new: bool, now: bool) -> None:
    """Print the token, the API key of all tools where `client_auth` is `token`. It is made if there is none yet.

    It is in a file that only you can read, and `argo-proxy env` and `run` give it to tools by themselves.
    """
    if now and not new:
        raise click.UsageError("--now goes with --new.")
    path = token_file()
    try:
        token = tokens.renewed(path, at_once=now) if new else tokens.made(path)
    except tokens.TokenProblem as problem:
        fail(f"{problem}.")
    click.echo(token)
    record = manager.running()
    if record is not None and record.auth != "token":
        warn(
            f"note: the gateway at {record.url} asks for no token; `client_auth: token` in its configuration has it ask"
        )
    elif new:
        until = "the old one is taken no longer" if now else "the old one is taken for an hour more"
        warn(f"{until}; tools are set up anew by: eval $(argo-proxy env TOOL)")
