"""Data URLs: bytes as base64 within a URL (RFC 2397), which is how OpenAI's APIs take images and files."""

from __future__ import annotations

import mimetypes
import re

from ...errors import ClientError
from ...ir.parts import Source

_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)(?:;[^;,]+)*?;base64,", re.IGNORECASE)


def source_of(url: str, name: str | None = None) -> Source:
    """Where a URL points: into itself for a data URL. Bare base64, which some write, takes its type from the name."""
    data = _DATA_URL.match(url)
    if data is not None:
        return in_base64(url[data.end() :], data["type"] or _type_of(name))
    if re.match(r"[a-z][a-z0-9+.-]*:", url, re.IGNORECASE):
        return Source("url", url)
    return in_base64(url, _type_of(name))


def in_base64(data: str, media_type: str | None) -> Source:
    """Bytes as base64, of the type that is named, spelled as it is registered, or else by how they begin."""
    kind = (media_type or "").partition(";")[0].strip().lower()
    data = unbroken(data)
    return Source("base64", data, _SPELLED.get(kind, kind) or _type_by_beginning(data))


def unbroken(data: str) -> str:
    """Base64 in one line: encoders for mail, Python's and the shell's, break it, and upstreams refuse that."""
    return "".join(data.split()) if "\n" in data or "\r" in data else data


def url_of(source: Source) -> str:
    """The URL that holds or names a source's bytes."""
    kind = source.media_type or "application/octet-stream"
    return source.value if source.kind == "url" else f"data:{kind};base64,{source.value}"


def image_of(url: str, json_path: str) -> Source:
    """Where an image is. Raises ClientError where it stands in the URL and nothing tells of what type it is."""
    return typed(source_of(url), json_path)


def typed(source: Source, json_path: str) -> Source:
    """Bytes whose type is known. Raises ClientError that names the place if it is not."""
    if source.kind == "base64" and not source.media_type:
        message = f"{json_path}: names no media type, and the bytes tell none: name it, image/png for one"
        raise ClientError(400, message, param=json_path)
    return source


_SPELLED = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
"""Names that are in use for types that have another: Claude knows the registered ones only."""
_BEGINNINGS = {
    r"iVBORw0KGgo": "image/png",
    r"/9j/": "image/jpeg",
    r"R0lGOD": "image/gif",
    r"UklGR.{6}XRUJQ": "image/webp",  # RIFF, a length, WEBP: sounds are RIFF as well
    r"JVBERi": "application/pdf",
}
"""How files of these types begin, as base64."""


def _type_by_beginning(data: str) -> str | None:
    return next((kind for beginning, kind in _BEGINNINGS.items() if re.match(beginning, data)), None)


def _type_of(name: str | None) -> str | None:
    return mimetypes.guess_type(name)[0] if name else None
