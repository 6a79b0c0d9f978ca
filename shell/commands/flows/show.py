"""`argo-proxy flows show`."""

from __future__ import annotations

import json

import click

from ... import completing, recordings


@click.command(
    epilog="Examples: `argo-proxy flows show 12`, `argo-proxy flows show 12 --full | less`, "
    "`argo-proxy flows show my.flow`. Exit codes: 0 shown, 1 there is no such exchange."
)
@click.argument("what", metavar="N|FILE", shell_complete=completing.exchanges)
@click.argument("number", metavar="[N]", required=False, type=int)
@click.option("--full", is_flag=True, help="All of each body, however long.")
@click.option("--raw", is_flag=True, help="The bodies as they are, byte by byte, in place of their words.")
@click.option("--json", "as_json", is_flag=True, help="What is known of it, as JSON, without bodies.")
def command(what: str, number: int | None, full: bool, raw: bool, as_json: bool) -> None:
    """Explain an exchange: what the tool sent, what went to ARGO, what came back, what the tool got, what changed."""
    found = recordings.named(what, number)
    if as_json:
        import msgspec

        metadata = [msgspec.to_builtins(recorded.meta) for recorded in found]
        click.echo(json.dumps(metadata if len(metadata) > 1 else metadata[0], indent=2))
        return
    # Not at the top: mitmproxy takes half a second to load.
    from argo_addon.recording.explain import as_it_came, explanation

    text = "\n\n".join(as_it_came(recorded) if raw else explanation(recorded, full=full) for recorded in found)
    # What is shown was said by others: nothing in it commands the terminal.
    click.echo("".join(char if char.isprintable() or char in "\n\t" else "?" for char in text))
