"""`argo-proxy update install`."""

from __future__ import annotations

import click

from argo_addon import __version__
from daemon import manager, updates

from ...progress import progress, run_shown
from ...terminal import fail


@click.command(
    epilog="Examples: `argo-proxy update install`, `argo-proxy update install --pre`. "
    "Exit codes: 0 done, or this is the newest, 1 it could not be done."
)
@click.option("--pre", is_flag=True, help="Take versions that are not final.")
def command(pre: bool) -> None:
    """Install the newest version by pip, pipx or uv, whichever installed this one; its own words are shown.

    It is asked first whether there is one: pip takes an index that it does not reach for one without news.
    """
    words = updates.upgrade_command(by := updates.installer(), pre=pre)
    if words is None:
        fail("this argo-proxy runs from a folder: update that (git pull), then `argo-proxy restart`.")
    with progress(f"asking {by}"):
        news = updates.check(pre=pre)
    if news.problem:
        fail(f"nothing is installed: {news.problem}.")
    if not news.newer:
        click.echo(f"This is {__version__}, the newest.")
        return
    click.echo(f"$ {' '.join(words)}", err=True)
    try:
        code = run_shown(words, f"{by} installs the newest version")
    except FileNotFoundError:
        fail(f"{words[0]}, which installed it, is not found.")
    if code:
        fail(f"{words[0]} failed with exit code {code}; nothing was changed unless it says so above.")
    if manager.running() is not None:
        click.echo("The gateway that runs is still the old one: argo-proxy restart")
