"""`argo-proxy flows clear`."""

from __future__ import annotations

import sys

import click

from ... import recordings
from ...terminal import fail


@click.command(epilog="Examples: `argo-proxy flows clear`, `argo-proxy flows clear --yes`. "
               "Exit codes: 0 removed, 1 not.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Without asking.")
def command(yes: bool) -> None:
    """Remove all recordings of this machine, failures and those that are kept included."""
    from argo_addon.recording.index import FOLDERS, NAME

    folders = recordings.folders()
    paths = [path for folder in folders for below in FOLDERS for path in (folder / below).glob("*.flow")]
    if not paths:
        click.echo("Nothing is recorded.")
        return
    size = sum(path.stat().st_size for path in paths) / 1_000_000
    if not yes:
        if not sys.stdin.isatty():
            fail("to remove recordings without a terminal, say --yes.")
        click.confirm(f"Remove {len(paths)} files, {size:.1f} MB?", abort=True)
    try:
        for path in (*paths, *(folder / NAME for folder in folders)):
            path.unlink(missing_ok=True)
    except OSError as error:
        fail(f"{error.filename} cannot be removed: {error.strerror}.")
    click.echo(f"Removed {len(paths)} files, {size:.1f} MB.")
