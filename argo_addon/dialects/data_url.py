"""Data URLs: bytes as base64 within a URL (RFC 2397), which is how OpenAI's APIs take images and files."""

from __future__ import annotations

import mimetypes
import re

from ..ir.parts import Source

_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)(?:;[^;,]+)*?;base64,", re.IGNORECASE)


def source_of(url: str, name: str | None = None) -> Source:
    """Where a URL points: into itself for a data URL. Bare base64, which some write, takes its type from the name."""
    data = _DATA_URL.match(url)
    if data is not None:
        return Source("base64", url[data.end() :], data["type"].lower() or _type_of(name))
    if re.match(r"[a-z][a-z0-9+.-]*:", url, re.IGNORECASE):
        return Source("url", url)
    return Source("base64", url, _type_of(name) or _type_by_beginning(url))


def url_of(source: Source) -> str:
    """The URL that holds or names a source's bytes."""
    return source.value if source.kind == "url" else f"data:{source.media_type};base64,{source.value}"


_BEGINNINGS = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi": "application/pdf",
}
"""How files of these types begin, as base64."""


def _type_by_beginning(data: str) -> str | None:
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), None)


def _type_of(name: str | None) -> str | None:
    return mimetypes.guess_type(name)[0] if name else None
