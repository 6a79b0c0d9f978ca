"""`argo-proxy config`: the configuration."""

from __future__ import annotations

import click

from ...group import Lazy

COMMANDS = {
    "init": ("init", "Make a configuration, by questions or by options."),
    "show": ("show", "Print it as it is used, and where each value comes from."),
    "get": ("get", "Print one value of it."),
    "set": ("set", "Set one value in the file."),
    "path": ("path", "Print where the file is."),
    "validate": ("validate", "Check the file, and whether ARGO answers."),
    "edit": ("edit", "Open it in your editor and check it."),
    "env": ("env", "Tell or change which ARGO it names: prod, dev, test."),
    "list": ("list", "List where configurations are looked for."),
    "migrate": ("migrate", "Make a file of version 1 or 2 one of version 3."),
}


@click.command(cls=Lazy, commands_of=COMMANDS, package=__name__)
def command() -> None:
    """Make, check, show and change the configuration. docs/reference/config.md has every key."""
