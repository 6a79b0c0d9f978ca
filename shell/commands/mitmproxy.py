"""`argo-proxy mitmproxy`: stock mitmproxy with our scripts, wherever argo-proxy is installed."""

from __future__ import annotations

import importlib.util
import os
import sys

import click

from ..terminal import fail

_SCRIPTS = {"gateway": "argo_addon.script", "views": "argo_addon.script_views"}
_START = "import sys; from mitmproxy.tools import main; sys.argv[0] = {name!r}; main.{name}()"


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Examples: `argo-proxy mitmproxy mitmweb -n -r recording.flow`, "
    "`argo-proxy mitmproxy --gateway mitmweb --mode reverse:https://argo@127.0.0.1:44497`, "
    '`mitmdump -s "$(argo-proxy mitmproxy --path gateway)"`. Exit codes: those of the program.',
)
@click.option("--gateway", is_flag=True, help="With the gateway in it, not only with its view of bodies.")
@click.option(
    "--path", type=click.Choice(sorted(_SCRIPTS)), help="Print where a script is, for `-s`, and start nothing."
)
@click.argument("program", required=False, type=click.Choice(["mitmweb", "mitmdump", "mitmproxy"]))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(gateway: bool, path: str | None, program: str | None, arguments: tuple[str, ...]) -> None:
    """Start stock mitmweb, mitmdump or mitmproxy of argo-proxy's own environment, which pipx keeps off the path.

    It shows calls of models as conversations. ARGUMENTS are the program's own.
    """
    if path is not None:
        click.echo(_script(path))
        return
    if program is None:
        fail("name the program to start: mitmweb, mitmdump or mitmproxy.", 2)
    scripts = [word for name in (("gateway", "views") if gateway else ("views",)) for word in ("-s", _script(name))]
    os.execv(sys.executable, [sys.executable, "-c", _START.format(name=program), *scripts, *arguments])


def _script(name: str) -> str:
    found = importlib.util.find_spec(_SCRIPTS[name])
    assert found is not None and found.origin is not None, "a part of this package is gone"  # noqa: PT018
    return found.origin
