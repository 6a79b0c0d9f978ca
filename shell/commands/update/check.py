"""`argo-proxy update check`."""

from __future__ import annotations

import json

import click

from argo_addon import __version__
from daemon import updates

from ...progress import progress
from ...terminal import fail


@click.command(
    epilog="Examples: `argo-proxy update check`, `argo-proxy update check --json`. "
    "Exit codes: 0 it could be found out, 1 it could not."
)
@click.option("--pre", is_flag=True, help="Count versions that are not final.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(pre: bool, as_json: bool) -> None:
    """See whether there is a newer version. pip, pipx or uv is asked, so your own settings of it hold."""
    by = updates.installer()
    with progress(f"asking {by}" if by != "folder" else "looking"):
        news = updates.check(pre=pre)
    if not pre:
        updates.remember(news)
    if as_json:
        click.echo(
            json.dumps({"version": __version__, "installer": by, **news._asdict(), "newer": news.newer}, indent=2)
        )
    if news.problem:
        fail(f"this is {__version__}; whether there is a newer version is not known: {news.problem}.")
    if not as_json and news.newer:
        click.echo(f"There is {news.latest}; this is {__version__}. To install it: argo-proxy update install")
    elif not as_json:
        click.echo(f"This is {__version__}, the newest.")
