"""`argo-proxy update install`."""

from __future__ import annotations

import click

from daemon import manager, updates

from ...progress import run_shown
from ...terminal import fail


@click.command(
    epilog="Examples: `argo-proxy update install`, `argo-proxy update install --pre`. "
    "Exit codes: 0 done, 1 it could not be done."
)
@click.option("--pre", is_flag=True, help="Take versions that are not final.")
def command(pre: bool) -> None:
    """Install the newest version by pip, pipx or uv, whichever installed this one; its own words are shown."""
    words = updates.upgrade_command(updates.installer(), pre=pre)
    if words is None:
        fail("this argo-proxy runs from a folder: update that (git pull), then `argo-proxy restart`.")
    click.echo(f"$ {' '.join(words)}", err=True)
    try:
        code = run_shown(words, f"{updates.installer()} installs the newest version")
    except FileNotFoundError:
        fail(f"{words[0]}, which installed it, is not found.")
    if code:
        fail(f"{words[0]} failed with exit code {code}; nothing was changed unless it says so above.")
    if manager.running() is not None:
        click.echo("The gateway that runs is still the old one: argo-proxy restart")
