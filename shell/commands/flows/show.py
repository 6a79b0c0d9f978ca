"""`argo-proxy flows show`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ... import completing, recordings

if TYPE_CHECKING:
    from argo_addon.recording.explain import Part


@click.command(
    epilog="Examples: `argo-proxy flows show 12`, `argo-proxy flows show 12 --full | less`, "
    "`argo-proxy flows show 12 --part upstream --raw`, "
    "`argo-proxy flows show my.flow`. Exit codes: 0 shown, 1 there is no such exchange."
)
@click.argument("what", metavar="N|FILE", shell_complete=completing.exchanges)
@click.argument("number", metavar="[N]", required=False, type=int)
@click.option("--full", is_flag=True, help="All of each body, however long, and the schemas of tools.")
@click.option(
    "--raw", is_flag=True, help="The bodies as they are in place of their words: JSON indented, streams as sent."
)
@click.option(
    "--part",
    type=click.Choice(["request", "upstream", "answer"]),
    help="One body alone: what the tool sent, what went to ARGO, what the tool got.",
)
@click.option("--json", "as_json", is_flag=True, help="What is known of it, with its bodies, as JSON.")
def command(what: str, number: int | None, full: bool, raw: bool, part: Part | None, as_json: bool) -> None:
    """Explain an exchange: what went wrong, what was changed, what each side said and got, where the time went."""
    found = recordings.to_show(what, number)
    # Not at the top: what reads bodies takes a while to load.
    from argo_addon.recording import explain

    if as_json:
        told = [explain.with_bodies(recorded) for recorded in found]
        click.echo(json.dumps(told if len(told) > 1 else told[0], indent=2))
        return
    if part is not None:
        texts = [explain.part_of(recorded, part, raw=raw) for recorded in found]
    else:
        unseal = recordings.unsealed
        texts = [
            explain.as_it_came(one) if raw else explain.explanation(one, full=full, unseal=unseal) for one in found
        ]
    # What is shown was said by others: nothing in it commands the terminal.
    click.echo("\n\n".join(_harmless(text) for text in texts))


def _harmless(text: str) -> str:
    if text.replace("\n", " ").replace("\t", " ").isprintable():  # fifty megabytes in no time
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)
