"""What a gateway loads of mitmproxy: what it runs, and not every default addon with all that those need."""

from __future__ import annotations

import subprocess
import sys

NEEDLESS = (
    "flask", "ldap3", "passlib", "mitmproxy.addons.onboarding", "mitmproxy.addons.proxyauth", "aioquic", "h2",
    "mitmproxy.proxy.layers.quic", "mitmproxy.proxy.layers.tls",
)  # fmt: skip
MOST_MODULES = 960
"""That a gateway loads, with what an environment for tests has (rich for httpx's command line: 70)."""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_gateway_loads_none_of_mitmproxys_other_addons() -> None:
    code = f"import daemon.server, sys; print([name for name in {NEEDLESS} if name in sys.modules])"
    assert run(code) == "[]"


def test_a_gateway_loads_no_more_than_it_runs() -> None:
    assert int(run("import daemon.server, sys; print(len(sys.modules))")) < MOST_MODULES


def test_whoever_wants_mitmproxys_layers_has_them_all_the_same() -> None:
    code = (
        "import daemon.server; from mitmproxy.proxy import layers; from mitmproxy.proxy.layers.http import HttpLayer, "
        "HTTPMode; print(layers.HttpLayer is HttpLayer, HTTPMode.transparent.value, layers.ServerTLSLayer.__name__)"
    )
    assert run(code) == "True 2 ServerTLSLayer"


def test_whoever_wants_the_default_addons_has_them_all_the_same() -> None:
    code = "import daemon.server; from mitmproxy import addons; print(len(addons.default_addons()) > 20)"
    assert run(code) == "True"
