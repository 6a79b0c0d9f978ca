"""A first configuration, made of what was told and of questions on a terminal for the rest."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from argo_addon.models.unreachable import Unreachable
from argo_addon.settings import checks
from argo_addon.settings.model import DEMO, Settings, load, places
from daemon.neighbours import neighbours

from .asking import models_of
from .config_text import ConfigText, replace
from .migration import ENVIRONMENTS
from .progress import progress
from .terminal import BAD_CONFIG, fail, warn

PORT = 44497
_HOSTS = {"me": "127.0.0.1", "everyone": "0.0.0.0"}


def ask_and_write(config: Path | None) -> Path:
    """The first run on a terminal: a configuration by questions."""
    path = config or places()[1]
    write(path, {}, ask=True)
    return path


def write(path: Path, answers: dict[str, str | int | None], *, ask: bool) -> None:
    """Makes the file of the answers and of questions for those that are missing."""
    environment = answers.get("environment") or (_ask_environment() if ask else "dev")
    demo = environment == DEMO
    user = answers.get("user")
    if user is None and (demo or ask):
        user = DEMO if demo else _ask_user()
    if user is None:
        fail("who are you to ARGO? Tell it: argo-proxy config init --user jdoe   # your ANL username", BAD_CONFIG)
    try:
        checks.user(user)
        host = checks.host(answers.get("host") or (_ask_host() if ask else _HOSTS["me"]))
    except ValueError as error:
        fail(f"that will not do: {error}.", BAD_CONFIG)
    port = answers.get("port") or (_ask_port(host) if ask else free_port(host))
    text = (
        ConfigText('config_version: "3"\n').set("user", str(user)).set("argo_base_url", ENVIRONMENTS[str(environment)])
    )
    text = text.set("host", host).set("port", int(port))
    auth = answers.get("client_auth")
    if auth is None and (others := neighbours()):
        if ask:
            auth = _ask_auth(others)
        else:
            warn(f"note: others use this machine ({', '.join(others)}); --client-auth token has tools need a secret")
    if auth is not None:
        text = text.set("client_auth", str(auth))
    try:
        copy = replace(path, text.text, backup=True)
    except OSError as error:
        fail(f"{error.filename or path} cannot be written: {error.strerror}.")
    click.echo(f"Written: {path}{f' (the old one is {copy})' if copy else ''}")
    if not demo:
        _look(load(path, environ={}).settings)
    click.echo("Next: argo-proxy start")


def _look(settings: Settings) -> None:
    """Says whether the ARGO that was chosen answers; the file is good all the same."""
    try:
        with progress("asking ARGO for its models"):
            models = models_of(settings)
    except Unreachable as error:
        warn(f"note: {error}")
    else:
        click.echo(f"ARGO answers, with {len(models)} models.")


def _ask_user() -> str:
    while True:
        given = click.prompt("Your ANL username (ARGO bills to it)", err=True)
        try:
            return checks.user(given)
        except ValueError as error:
            warn(f"that will not do: {error}")


def _ask_environment() -> str:
    choice = click.Choice(list(ENVIRONMENTS))
    return str(click.prompt("Which ARGO (demo is the built-in simulator)", type=choice, default="dev", err=True))


def _ask_host() -> str:
    choice = click.Choice(list(_HOSTS))
    return _HOSTS[
        click.prompt("Who may connect: only this machine (me), or all others too", type=choice, default="me", err=True)
    ]


def _ask_auth(others: list[str]) -> str:
    warn(
        f"Others use this machine ({', '.join(others)}), and can use ARGO by your name through this port, unless tools "
        "need a key: a token (`argo-proxy env` and `run` put it in), or your username."
    )
    choice = click.Choice(["token", "username", "open"])
    return str(click.prompt("What tools need to come in", type=choice, default="token", err=True))


def _ask_port(host: str) -> int:
    return int(click.prompt("Port", type=click.IntRange(1, 65535), default=free_port(host), err=True))


def free_port(host: str) -> int:
    """The usual port, or where that is taken one that is free."""
    for port in (PORT, 0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return PORT  # the address is not this machine's; `start` says so
