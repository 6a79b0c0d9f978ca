"""`argo-proxy flows export`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ... import completing, recordings
from ...terminal import fail

if TYPE_CHECKING:
    from argo_addon.recording.export import Form

_ENDS = {"flow": "flow", "har": "har", "curl": "sh"}


@click.command(
    epilog="Examples: `argo-proxy flows export 12`, `argo-proxy flows export 12 --as curl -o -`, "
    "`argo-proxy flows export 12 --fixture`. Exit codes: 0 written, 1 there is no such exchange, or no place to write."
)
@click.argument("what", metavar="N|FILE", shell_complete=completing.exchanges)
@click.argument("number", metavar="[N]", required=False, type=int)
@click.option("-o", "--output", type=click.Path(path_type=Path, allow_dash=True),
              help="The file, instead of one in this folder; - is the terminal.")  # fmt: skip
@click.option("--as", "form", type=click.Choice(["flow", "har", "curl"]), default="flow", show_default=True,
              help="mitmproxy's own form, for mitmweb; a HAR, for browsers; commands for a shell.")  # fmt: skip
@click.option("--fixture", is_flag=True, help="As a fixture for a test: JSON, every word in it crossed out.")
def command(what: str, number: int | None, output: Path | None, form: Form, fixture: bool) -> None:
    """Write an exchange to a file to attach to a bug report, without credentials and without your name.

    What was said is in it, unless --fixture: look into it before you send it.
    """
    if fixture and form != "flow":
        fail(f"--fixture is JSON of its own: leave --as {form} out.", recordings.BAD_ARGUMENTS)
    found = [recordings.one_of(what, number)] if fixture else recordings.named(what, number)
    # Not at the top: mitmproxy takes half a second to load.
    from argo_addon.recording import export

    data = export.fixture(found[0]) if fixture else export.exported(found, form)
    path = output or Path(f"argo-proxy-{found[0].meta.number}.{'json' if fixture else _ENDS[form]}")
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")
    click.echo(f"Written: {path} ({len(data):,} bytes)")
