"""`argo-proxy config edit`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from argo_addon.settings.model import SettingsError, load

from ...terminal import BAD_CONFIG, fail, warn
from .finding import existing


@click.command(
    epilog="Examples: `argo-proxy config edit`, `EDITOR=nano argo-proxy config edit`. "
    "Exit codes: 0 the file is good, 1 no editor, 2 the file is bad."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
def command(config: Path | None) -> None:
    """Open the configuration in your editor (VISUAL or EDITOR) and check it afterwards."""
    path = existing(config)
    try:
        path.open("rb").close()
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}. Look at its owner and mode: ls -ld {path}", BAD_CONFIG)
    while True:
        try:
            click.edit(filename=str(path))
        except click.ClickException as error:
            fail(f"{error.message.rstrip('.')}. Name an editor by EDITOR=… or open it yourself: {path}")
        try:
            load(path)
        except SettingsError as error:
            warn(str(error))
            if not (sys.stdin.isatty() and click.confirm("Edit it again?", default=True)):
                fail(f"{path} is bad; nothing starts with it.", BAD_CONFIG)
        else:
            click.echo(f"{path} is good. A gateway that runs takes it with: argo-proxy restart")
            return
