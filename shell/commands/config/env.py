"""`argo-proxy config env`."""

from __future__ import annotations

from pathlib import Path

import click

from ...config_text import replace
from ...migration import ENVIRONMENTS, is_taken
from ...terminal import fail
from .finding import existing, refused, text_of

_NATIVE = ("native_openai_base_url", "native_anthropic_base_url")


@click.command(
    epilog="Examples: `argo-proxy config env`, `argo-proxy config env prod`. "
    "Exit codes: 0 fine, 1 the file cannot be written, 2 bad configuration."
)
@click.argument("environment", required=False, type=click.Choice(list(ENVIRONMENTS)))
@click.option("--config", "-c", type=click.Path(path_type=Path), help="The file, instead of the one that is found.")
def command(environment: str | None, config: Path | None) -> None:
    """Tell which ARGO the configuration names, or have it name another one; comments stay."""
    path = existing(config)
    text = text_of(path)
    if not is_taken(text):
        refused(path)
    base = str(text.values.get("argo_base_url") or ENVIRONMENTS["dev"]).rstrip("/")
    if environment is None:
        name = next((name for name, url in ENVIRONMENTS.items() if url == base), "another")
        click.echo(f"{name}: {base} ({path})")
        return
    text = text.set("argo_base_url", ENVIRONMENTS[environment])
    for key in _NATIVE:
        if text.values.get(key):
            text = text.retire(
                key, f"made a comment by `argo-proxy config env {environment}`: it named the former ARGO"
            )
            click.echo(f"{key}: made a comment, since it named the former ARGO")
    try:
        replace(path, text.text, backup=False)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")
    click.echo(f"{path} now names {environment}: {ENVIRONMENTS[environment]}. A gateway that runs takes it with: "
               "argo-proxy restart")  # fmt: skip
