"""`argo-proxy flows keep`."""

from __future__ import annotations

from pathlib import Path

import click

from daemon.paths import flows_dir

from ... import completing, recordings
from ...terminal import fail


@click.command(epilog="Examples: `argo-proxy flows keep 12`, `argo-proxy flows keep 12 --off`. "
               "Exit codes: 0 kept, 1 there is no such exchange, or no place to write.")  # fmt: skip
@click.argument("number", type=click.IntRange(1), shell_complete=completing.exchanges)
@click.option("--off", is_flag=True, help="Keep it no longer: it goes with the others of its age.")
def command(number: int, off: bool) -> None:
    """Keep an exchange when others of its age go: until `flows clear`, or until --off."""
    from argo_addon.recording import flow_files

    folder = Path(flows_dir()) / "kept"
    try:
        if off:
            path = folder / f"{number:06}.flow"
            if not path.exists():
                fail(f"exchange {number} is not kept.")
            path.unlink()
            click.echo(f"Exchange {number} is kept no longer.")
            return
        found = recordings.numbered(number)
        with found.path.open("rb") as file:
            file.seek(found.entry.start)
            flow_files.write_alone(folder, number, file.read(found.entry.size))
    except OSError as error:
        fail(f"it cannot be kept: {error.strerror or error}.")
    click.echo(f"Kept: exchange {number}, {found.entry.size:,} bytes")
