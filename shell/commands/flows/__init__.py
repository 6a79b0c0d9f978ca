"""`argo-proxy flows`: what was recorded."""

from __future__ import annotations

import click

from ...group import Lazy

COMMANDS = {
    "list": ("list", "List what was recorded."),
    "show": ("show", "Explain an exchange: the four bodies, and what changed between them."),
    "diff": ("diff", "Show what is new in an exchange, compared with another."),
    "export": ("export", "Write an exchange, scrubbed, to attach to a bug report."),
    "keep": ("keep", "Keep an exchange when others of its age go."),
    "clear": ("clear", "Remove all recordings."),
}


@click.command(
    cls=Lazy,
    commands_of=COMMANDS,
    package=__name__,
    epilog="Examples: `argo-proxy flows list`, `argo-proxy flows show 12`, `argo-proxy flows export 12`.",
)
def command() -> None:
    """See, explain and export recorded exchanges.

    Failures are recorded by themselves, the last hundred; `argo-proxy dump on` has every exchange recorded.
    """
