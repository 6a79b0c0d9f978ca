"""`argo-proxy flows diff`."""

from __future__ import annotations

import click

from ... import completing, recordings


@click.command(
    epilog="Examples: `argo-proxy flows diff 12 13`, `argo-proxy flows diff 12 13 --part upstream`. "
    "Exit codes: 0 compared, 1 there is no such exchange."
)
@click.argument("before", metavar="A", shell_complete=completing.exchanges)
@click.argument("after", metavar="B", shell_complete=completing.exchanges)
@click.option("--part", type=click.Choice(["request", "upstream"]), default="request", show_default=True,
              help="What the tool sent, or what went to ARGO.")  # fmt: skip
def command(before: str, after: str, part: str) -> None:
    """Show what is new in exchange B, compared with A: a turn and the next, or a call that works and one that fails.

    A and B are numbers of exchanges, or files with one each.
    """
    one, other = (recordings.one_to_show(what) for what in (before, after))
    # Not at the top: what reads bodies takes a while to load.
    from argo_addon.recording.explain import compared

    text = compared(one, other, upstream=part == "upstream")
    click.echo("".join(char if char.isprintable() or char in "\n\t" else "?" for char in text))
