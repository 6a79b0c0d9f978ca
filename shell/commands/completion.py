"""`argo-proxy completion`: what completes the commands in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(
    epilog='Examples: `eval "$(argo-proxy completion bash)"` in ~/.bashrc, or '
    "`argo-proxy completion fish > ~/.config/fish/completions/argo-proxy.fish`."
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print shell code that completes the commands and options of argo-proxy."""
    from ..group import cli

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(cli, {}, "argo-proxy", "_ARGO_PROXY_COMPLETE").source())
