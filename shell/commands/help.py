"""`argo-proxy help`: what a command does, and its options."""

from __future__ import annotations

import click


@click.command(
    epilog="Examples: `argo-proxy help start`, `argo-proxy help config set`. Exit codes: 0 fine, 2 no such command."
)
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show what COMMAND does, and its options; without one, list the commands."""
    here = context.parent
    assert here is not None
    for number, word in enumerate(words):
        group = here.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"`{here.command_path}` has no commands of its own.", here)
        name, found, _ = group.resolve_command(here, list(words[number:]))
        assert found is not None
        here = click.Context(found, here, info_name=name or word)
    click.echo(here.get_help())
