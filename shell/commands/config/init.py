"""`argo-proxy config init`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from argo_addon.settings.model import places

from ...first_config import PORT, write
from ...migration import ENVIRONMENTS
from ...terminal import fail


@click.command(
    epilog="Examples: `argo-proxy config init`, `argo-proxy config init --user jdoe --env prod`, "
    "`argo-proxy config init --user jdoe --port 8080 --host 0.0.0.0 --force`. "
    "Exit codes: 0 written, 1 it cannot be written, 2 something is missing or wrong."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--user", help="Your ANL username; ARGO bills to it.")
@click.option("--env", "environment", type=click.Choice(list(ENVIRONMENTS)), help="Which ARGO; dev unless told.")
@click.option("--port", type=click.IntRange(1, 65535), help=f"The port; {PORT} unless told, or one that is free.")
@click.option("--host", help="Who may connect: 127.0.0.1 (unless told) for this machine, 0.0.0.0 for all.")
@click.option(
    "--client-auth",
    type=click.Choice(["open", "username", "token"]),
    help="What tools need: nothing, your username, or a token that is made.",
)
@click.option("--force", "-f", is_flag=True, help="Replace a file that is there; it is kept as .bak.")
def command(
    config: Path | None,
    user: str | None,
    environment: str | None,
    port: int | None,
    host: str | None,
    client_auth: str | None,
    force: bool,
) -> None:
    """Make a configuration: CONFIG, or ~/.config/argoproxy/config.yaml. What no option tells is asked on a terminal."""
    path = config or places()[1]
    if os.path.lexists(path) and not force:
        fail(f"{path} is there already. `argo-proxy config edit` changes it, --force replaces it.")
    answers = {"user": user, "environment": environment, "port": port, "host": host, "client_auth": client_auth}
    write(path, answers, ask=sys.stdin.isatty())
