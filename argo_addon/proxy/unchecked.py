"""mitmproxy's messages without the check of each member's type, which costs a fifth of a small call.

Requests and responses are made by mitmproxy's own parser and by code that is type-checked. Python leaves the check out
with -O; it relies on that one method (tests/proxy/test_hooks.py).
"""

from __future__ import annotations

from mitmproxy import http


def install() -> None:
    """Leaves the check out in this process."""
    http.MessageData.__post_init__ = _nothing  # type: ignore[method-assign]


def _nothing(message: http.MessageData) -> None:
    pass
