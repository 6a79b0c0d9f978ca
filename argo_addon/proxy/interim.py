"""An upstream's interim answers (100, 103), which are passed over: mitmproxy takes the first head for the answer.

It relies on `Http1Client.read_headers` of mitmproxy's `_http1` (tests/proxy/test_heads.py).
"""

from __future__ import annotations

import re

from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers.http import _http1

_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d\b[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n")
_LONGEST = 64 * 1024
"""Bytes beyond which nothing is looked for: each read would look anew."""
_read_headers = _http1.Http1Client.read_headers


def _read_final_headers(self: _http1.Http1Client, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
    while len(self.buf) < _LONGEST and (interim := _INTERIM.match(bytes(self.buf))) is not None:
        self.buf.maybe_extract_at_most(interim.end())
    yield from _read_headers(self, event)


def install() -> None:
    """Has interim answers passed over in this process."""
    _http1.Http1Client.read_headers = _read_final_headers  # type: ignore[method-assign]
