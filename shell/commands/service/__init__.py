"""`argo-proxy service`: the gateway as a service of your session."""

from __future__ import annotations

import click

from ...group import Lazy

COMMANDS = {
    "install": ("install", "Have the gateway start with your session, and now."),
    "uninstall": ("uninstall", "Undo that."),
    "status": ("status", "Tell whether it is installed and runs."),
}


@click.command(cls=Lazy, commands_of=COMMANDS, package=__name__)
def command() -> None:
    """Have the gateway start with your session: a systemd user unit on Linux, a launchd agent on macOS."""
