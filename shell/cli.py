"""The command `argo-proxy`: the group that its commands hang on, and the last catch of the command line."""

from __future__ import annotations

import sys

import click

from argo_addon import __version__

from .commands.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="argo-proxy")
def cli() -> None:
    """A local gateway between coding tools and ARGO.

    One process that serves OpenAI's and Anthropic's APIs and passes each call to the
    ARGO endpoint that suits its model.
    """


cli.add_command(serve)


def main() -> None:
    """The entry point: errors that are meant for people come out as one message, without a traceback."""
    try:
        cli.main(prog_name="argo-proxy")
    except BrokenPipeError:
        sys.exit(1)
