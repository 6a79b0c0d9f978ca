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
    """See whether there is a newer version, and which packages come along with it.

    pip, pipx or uv is asked, so your own settings of it hold. Nothing is installed.
    """
    by = updates.installer()
    with progress(f"asking {by}" if by != "folder" else "looking"):
        news = updates.check(pre=pre)
        along = updates.changes(news.latest, pre=pre) if news.newer and news.latest else []
    if not pre:
        updates.remember(news)
    if as_json:
        facts = {"version": __version__, "installer": by, **news._asdict(), "newer": news.newer}
        click.echo(json.dumps({**facts, **_as_facts(along)}, indent=2))
    if news.problem:
        fail(f"this is {__version__}; whether there is a newer version is not known: {news.problem}.")
    if not as_json and news.newer:
        click.echo(f"There is {news.latest}; this is {__version__}. To install it: argo-proxy update install")
        click.echo(_in_words(along))
    elif not as_json:
        click.echo(f"This is {__version__}, the newest.")


def _as_facts(along: list[updates.Change] | str) -> dict[str, object]:
    if isinstance(along, str):
        return {"dependencies": None, "dependencies_problem": along}
    return {"dependencies": [change._asdict() for change in along], "dependencies_problem": None}


def _in_words(along: list[updates.Change] | str) -> str:
    if isinstance(along, str):
        return f"Which packages it needs is not known: {along}."
    told = []
    if new := [f"{change.name} {change.there}" for change in along if change.here is None]:
        told.append(f"It needs packages that are not there, which come along: {', '.join(new)}.")
    if other := [f"{change.name} {change.here} -> {change.there}" for change in along if change.here is not None]:
        told.append(f"Of those that are there it changes: {', '.join(other)}.")
    return "\n".join(told) or "All packages that it needs are there."
