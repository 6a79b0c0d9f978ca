"""`argo-proxy update`: newer versions."""

from __future__ import annotations

import click

from ...group import Lazy

COMMANDS = {
    "check": ("check", "See whether there is a newer version."),
    "install": ("install", "Install the newest version."),
}


@click.command(cls=Lazy, commands_of=COMMANDS, package=__name__)
def command() -> None:
    """See whether there is a newer version, and install it, by the installer that installed this one."""
