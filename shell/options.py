"""What `serve`, `start` and `restart` have in common: their options, and the configuration that they load."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from argo_addon.settings.model import DEMO, Loaded, NoConfig, SettingsError, config_path, load
from argo_addon.settings.places import passed_over
from argo_addon.settings.places import whole_path as of_a_key
from daemon.paths import gateway_name

from .config_table import table
from .published_line import RETIRED
from .terminal import BAD_CONFIG, fail, warn

Command = TypeVar("Command", bound=Callable[..., object])

_OPTIONS = (
    click.argument("config", required=False, type=click.Path(path_type=Path)),
    click.option("--host", "-H", help="Address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for all."),
    click.option("--port", "-p", type=int, help="Port to listen on; 0 takes any free one."),
    click.option("--socket", "-S", metavar="PATH", help="A Unix socket to listen on as well, for you alone."),
    click.option("--verbose/--quiet", "-v/-q", default=None, help="Log each call, or only what goes wrong."),
    click.option(
        "--show", "-s", is_flag=True, help="Print the configuration as it is used, and where each value comes from."
    ),
    click.option(
        "--username-passthrough/--no-username-passthrough",
        default=None,
        help="Ask ARGO as the user whom a client names as its key.",
    ),
    click.option(
        "--anthropic-stream-mode",
        type=click.Choice(["force", "retry", "passthrough"]),
        help="What becomes of plain calls of Claude (see docs/reference/config.md).",
    ),
    click.option("--force-conversion/--no-force-conversion", default=None, help="Convert within one dialect as well."),
    click.option(
        "--legacy-argo/--no-legacy-argo", default=None, help="Ask ARGO by its legacy gateway, for every model."
    ),
    click.option(
        "--dump-requests",
        is_flag=False,
        flag_value="",
        metavar="[PATH]",
        help="Record every exchange, in this folder or the usual one (see argo-proxy flows).",
    ),
    click.option("--no-dump-requests", is_flag=True, help="Record no more than the configuration says of failures."),
    click.option(
        "--demo/--no-demo", default=None, help="Talk to the built-in ARGO simulator; needs no config and no network."
    ),
    *RETIRED,
)


def gateway_options(command: Command) -> Command:
    """Gives a command the options of a gateway."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def flags(given: dict[str, object]) -> dict[str, object]:
    """The settings that the options give, by the configuration's keys."""
    named = {key: value for key, value in given.items() if key not in _NO_KEYS}
    if (folder := given["dump_requests"]) is not None:
        named |= {"dump_requests": True, "dump_dir": _dump_folder(str(folder))}
    if given["no_dump_requests"]:
        named |= {"dump_requests": False}
    named |= {"use_legacy_argo": given["legacy_argo"], "argo_base_url": DEMO if given["demo"] else None}
    return {key: of_a_key(key, value, Path()) for key, value in named.items() if value is not None}


def kept(before: dict[str, object], given: dict[str, object]) -> dict[str, object]:
    """The settings that a gateway has from its command line, without those that are taken back: `restart` keeps them.

    The demo is left once there is a configuration.
    """
    found = dict(before)
    if given["no_dump_requests"]:
        found.pop("dump_dir", None)
    leaves = given["demo"] is False or config_path(named=os.environ.get("ARGO_PROXY_CONFIG")) is not None
    if found.get("argo_base_url") == DEMO and not given["demo"] and leaves:
        del found["argo_base_url"]
    return found


_NO_KEYS = ("legacy_argo", "demo", "config", "show", "dump_requests", "no_dump_requests")


def with_port(config: Path | None, overrides: dict[str, object]) -> dict[str, object]:
    """The same with a free port for a gateway that has a name: the usual configuration's is the one without's."""
    if not gateway_name() or config is not None or "port" in overrides or os.environ.get("ARGO_PROXY_PORT"):
        return overrides
    return {**overrides, "port": 0}


def _dump_folder(given: str) -> str | None:
    """The folder that `--dump-requests` names, if it names one; a config behind it is taken for one."""
    if not given:
        return None
    path = Path(given).expanduser()
    if path.is_file() or path.suffix in (".yaml", ".yml"):
        fail(
            f"--dump-requests: {given} is a file, not a folder. "
            f"A config goes first: argo-proxy start {given} --dump-requests"
        )
    return os.path.abspath(path)


def loaded(config: Path | None, overrides: dict[str, object], *, show: bool = False) -> Loaded:
    """The configuration, or the end of the program with what is wrong. On a terminal the first run makes one."""
    try:
        found = load(config, overrides=overrides)
    except NoConfig as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            fail(str(error), BAD_CONFIG)
        # Not at the top: the questions are for a first run only.
        from .first_config import ask_and_write

        warn("there is no configuration yet. A few questions make one.")
        return loaded(ask_and_write(None), overrides, show=show)
    except SettingsError as error:
        fail(str(error), BAD_CONFIG)
    for warning in found.warnings:
        warn(f"warning: {warning}")
    if show:
        click.echo(table(found))
    return found


def told_path(config: Path | None, path: str | None) -> str:
    """The configuration that is used, for people: which it is, and which was passed over, if `config` names none."""
    other = passed_over() if config is None and not os.environ.get("ARGO_PROXY_CONFIG") else ""
    beside = f" ({other})" if other else ""
    return f"{path or 'none'}{beside}"


def whole_path(path: Path | None) -> str | None:
    """A path that means the same in any folder; the working folder may be gone."""
    return None if path is None else os.path.abspath(path.expanduser())
