"""`argo-proxy serve`: the gateway in the foreground."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import click

from argo_addon.settings import DEMO, Settings, SettingsError, load

BAD_CONFIG = 2
CANNOT_START = 1


@click.command(
    epilog="Examples: `argo-proxy serve`, `argo-proxy serve my.yaml --port 8080`, `argo-proxy serve --demo`. "
    "Exit codes: 0 stopped by a signal, 1 cannot start, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--host", help="Address to bind, instead of the config's.")
@click.option("--port", type=int, help="Port to listen on, instead of the config's; 0 takes any free one.")
@click.option("--username-passthrough", is_flag=True, help="Ask ARGO as the user whom a client names as its API key.")
@click.option("--legacy-argo", is_flag=True, help="Ask ARGO by its legacy gateway, for every model.")
@click.option("--demo", is_flag=True, help="Talk to the built-in ARGO simulator; needs no config and no network.")
def serve(
    config: Path | None, host: str | None, port: int | None, username_passthrough: bool, legacy_argo: bool, demo: bool
) -> None:
    """Run the gateway in the foreground until Ctrl-C.

    CONFIG is the YAML config; without it ./config.yaml, ~/.config/argoproxy/config.yaml and
    ~/.argoproxy/config.yaml are tried.
    """
    given = {
        "host": host,
        "port": port,
        "username_passthrough": username_passthrough or None,
        "use_legacy_argo": legacy_argo or None,
        "argo_base_url": DEMO if demo else None,
    }
    overrides = {key: value for key, value in given.items() if value is not None}
    try:
        loaded = load(config, overrides=overrides)
    except SettingsError as error:
        click.echo(f"argo-proxy: {error}", err=True)
        sys.exit(BAD_CONFIG)
    for warning in loaded.warnings:
        click.echo(f"argo-proxy: warning: {warning}", err=True)
    if loaded.path is not None:
        click.echo(f"argo-proxy: configured by {loaded.path}")
    _set_up_log(loaded.settings)
    _run(loaded.settings)


def _set_up_log(settings: Settings) -> None:
    logging.basicConfig(
        format="%(asctime)s %(levelname)-7s %(message)s", level=logging.INFO if settings.verbose else logging.WARNING
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _run(settings: Settings) -> None:
    # Not at the top: mitmproxy takes half a second to load, and only this command needs it.
    from daemon.server import ServeError
    from daemon.server import serve as serve_until_stopped

    try:
        asyncio.run(serve_until_stopped(settings, click.echo))
    except ServeError as error:
        click.echo(f"argo-proxy: {error}", err=True)
        sys.exit(CANNOT_START)
