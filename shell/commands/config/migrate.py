"""`argo-proxy config migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from ...config_text import replace
from ...migration import has_ours, is_current, is_newer, migrated
from ...terminal import BAD_CONFIG, fail
from .finding import existing, problem_of, refused, text_of


@click.command(
    epilog="Examples: `argo-proxy config migrate --dry-run`, `argo-proxy config migrate old.yaml`. "
    "Exit codes: 0 fine, 1 the file cannot be written, 2 values are left that version 3 does not take."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Print the new file on stdout and the changes on stderr, and change nothing."
)
def command(config: Path | None, dry_run: bool) -> None:
    """Make a file of version 1 or 2 (argo-proxy 2.x, 3.x) one of version 3; the old one is kept as .bak.

    Comments stay, and what version 3 does not know becomes a comment.
    """
    path = existing(config)
    old = text_of(path)
    if is_newer(old):
        refused(path)
    if is_current(old):
        click.echo(f"{path} is of version 3 already.")
        return
    if not has_ours(old):
        fail(
            f"{path} has no key of argo-proxy's: it is empty, or another program's file, and stays as it is.",
            BAD_CONFIG,
        )
    new, changes = migrated(old)
    problem = problem_of(path, new)
    told = "\n".join(f"  {line}" for line in changes)
    if dry_run:
        click.echo(new.text, nl=False)
        click.echo(f"{path} would be changed so, and is as it was:\n{told}", err=True)
        if problem:
            fail(problem, BAD_CONFIG)
        return
    try:
        copy = replace(path, new.text, backup=True)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")
    click.echo(f"{path} is of version 3 now; the old one is {copy}.\n{told}")
    if problem:
        fail(problem, BAD_CONFIG)
