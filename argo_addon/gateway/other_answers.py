"""Answers that no model endpoint gave: another service's error, a log-in page, a redirection, nothing at all."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..errors import UNREADABLE, UpstreamError
from ..models.unreachable import URL_REMEDY, page_title, pointed

_MEANT = frozenset({401, 403, 404, 413, 429, 503, 504, 529})
"""Statuses that say what is wrong even when the body is a proxy's own page (pitfalls 7.9)."""


class _OtherError(msgspec.Struct):
    """An error in none of the dialects: FastAPI's `detail`, or just a text."""

    detail: msgspec.Raw = msgspec.Raw(b"")
    message: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")


def unknown_error(url: str, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """The error that an answer of `url` is which is none of a model's. It names the address, and what to do."""
    if 300 <= status < 400 and "location" in headers:
        found = f"What answers at {url} is no ARGO: {status}, it points to {pointed(headers['location'])}"
        return UpstreamError(502, f"{found}. Is a log-in or the VPN missing? {URL_REMEDY}")
    if 200 < status < 400:
        return UpstreamError(502, f"ARGO answered {status} at {url}, which no model call does.")
    try:
        other = msgspec.json.decode(body, type=_OtherError)
    except UNREADABLE:
        return _page(url, status, headers, body)
    said = next((bytes(raw) for raw in (other.detail, other.message, other.error) if bytes(raw)), body)
    text = said.decode("utf-8", "replace").strip('"')
    return UpstreamError(status if status >= 400 else 502, f"ARGO answered {status}: {' '.join(text.split())[:300]}")


def _page(url: str, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    kind = headers.get("content-type", "no content type").split(";")[0]
    text = page_title(body)
    said = f": {text}" if text else " and an empty body"
    found = f"ARGO at {url}, or something on the way to it, answered {status} with {kind}{said}"
    remedy = f". Is a log-in or the VPN missing? {URL_REMEDY}" if status < 500 and status not in (413, 429) else ""
    return UpstreamError(status if status in _MEANT else 502, found + remedy)
