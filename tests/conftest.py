"""For all tests: every warning is an error, except those of what mitmproxy brings, as it is first imported; laws draw
the same examples every time; the list of certificates is read once, not for each of some thousand short calls; and what
is started here hears signals, also where a shell in the background has its programs ignore them.
"""

import os
import signal
import ssl
import warnings
from typing import Any

import httpx._transports.default as transports

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mitmproxy.addons  # noqa: F401

from tests import drawing  # noqa: F401

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

_read = vars(transports)["create_ssl_context"]
_contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}


def _read_once(**asked: Any) -> ssl.SSLContext:
    """The context for a client; reading the certificates takes 50 ms of a call that takes 2."""
    key = *asked.items(), os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if key not in _contexts:
        _contexts[key] = _read(**asked)
    return _contexts[key]


vars(transports)["create_ssl_context"] = _read_once
