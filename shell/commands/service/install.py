"""`argo-proxy service install`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from argo_addon.settings.model import Settings, environment
from daemon import address, discovery, manager, service
from daemon.paths import log_dir, log_file, state_dir

from ...named import named
from ...options import loaded, whole_path, with_port
from ...progress import progress
from ...terminal import fail, say

_SECONDS = 15.0
"""How long the gateway may take to answer after the service manager said that it runs."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_NAMED = (
    *("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
_OF_THE_SHELL = ("ARGO_PROXY_SET", "ARGO_PROXY_SAVED_", "ARGO_PROXY_KEY", "ARGO_PROXY_CONFIG")
"""What `env` leaves in a shell; and the configuration, which the command line names."""


@click.command(
    epilog="Examples: `argo-proxy service install`, `argo-proxy service install ~/argo.yaml`, "
    "`argo-proxy service install --print`. Exit codes: 0 it runs and answers, 1 it cannot be, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--print", "only_print", is_flag=True, help="Print the service's file and install nothing.")
@named
def command(config: Path | None, only_print: bool) -> None:
    """Have the gateway start now and with your session, by CONFIG or the configuration that is found.

    What of this shell makes it work goes along: variables of proxies, certificates, folders (XDG_…) and settings
    (ARGO_PROXY_…). On a machine that you only log in to, `loginctl enable-linger` keeps it running while you are away.
    """
    found = loaded(config, overrides := with_port(config, {}))
    words = [os.path.abspath(sys.argv[0]), "serve", "--as-service"]
    if found.path is not None:
        words.append(str(whole_path(found.path)))
    words += ["--port", str(overrides["port"])] if "port" in overrides else []
    made = service.Service(words, _folders(found.settings), _variables(environment()))
    if only_print:
        click.echo(service.agent(made).decode() if sys.platform == "darwin" else service.unit(made), nl=False)
        return
    _check(found.settings)
    try:
        with progress("starting the service"):
            file = service.install(made)
            url = _answers()
    except service.ServiceError as error:
        fail(f"{error}\nIts file is {service.path()}; `argo-proxy service uninstall` removes it.")
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}.")
    if url is None:
        fail(f"it is installed as {file}, and does not answer. Its log: {log_file()}")
    say(f"Installed as {file}. It runs at {url} and starts with your session; `argo-proxy status` tells how it is.")


def _folders(settings: Settings) -> list[str]:
    """Where it writes."""
    files = (settings.socket, settings.responses_store, settings.responses_key_file)
    named = [settings.dump_dir, *map(_folder_of, files)]
    return list(dict.fromkeys([state_dir(), log_dir(), *(folder for folder in named if folder)]))


def _folder_of(path: str | None) -> str | None:
    return os.path.dirname(path) if path and os.path.isabs(path) else None


def _variables(environ: dict[str, str]) -> dict[str, str]:
    """What of the environment makes it work."""
    return {
        key: value
        for key, value in sorted(environ.items())
        if value
        and (
            key.lower() in _PROXIES
            or key in _NAMED
            or (key.startswith("ARGO_PROXY_") and not key.startswith(_OF_THE_SHELL))
        )
    }


def _check(settings: Settings) -> None:
    """Ends the program where it could not run."""
    if (record := manager.running()) is not None:
        if record.mode != "service":
            fail(f"a gateway runs already at {record.url}, pid {record.pid}. Stop it first: argo-proxy stop")
    elif settings.port:
        try:
            address.check(settings.host, settings.port)
        except address.CannotListen as problem:
            fail(str(problem))


def _answers() -> str | None:
    """Where the service answers."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        found = discovery.find()
        if found is not None and found.answer is not None and found.record.mode == "service":
            return found.record.url
        time.sleep(0.1)
    return None
