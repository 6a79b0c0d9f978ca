"""The heads of HTTP/1.1 messages. Sans-IO.

A request's head that two readers could take for two different things is refused, as request smuggling needs it (RFC
9112, 2.2, 3.2, 5 and 6.3). An upstream's is read leniently: nothing is decided by it but its answer; what could
do harm to its reader is left out, or a blank.
"""

from __future__ import annotations

import re
from typing import NamedTuple

Fields = tuple[tuple[bytes, bytes], ...]

MAX_HEAD = 1024 * 1024
"""Bytes of a head."""
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
LONGEST_END = 4
"""Bytes in which a head can end."""
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_BARE_FEED = re.compile(rb"(?<!\r)\n")
MOST_HEADERS = 1000
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_STATUS = re.compile(rb"HTTP/(1\.[01]) +([1-9]\d\d)(?: +([^\r\n]*))?\s*")


class Untrusted(ValueError):
    """A head that is refused; the text says why, in a few words."""


class NotHttp(ValueError):
    """What came is no head of HTTP/1.1."""


class OtherVersion(NotHttp):
    """A request in another version of HTTP than those that are served."""


class RequestHead(NamedTuple):
    """The head of a request. `length` is that of its body in bytes, None where it comes in chunks."""

    method: bytes
    target: bytes
    version: bytes
    fields: Fields
    length: int | None
    closes: bool
    """The connection is to end with the answer."""
    waits: bool
    """The client waits for a word before it sends the body (RFC 9110, 10.1.1)."""


class ResponseHead(NamedTuple):
    """The head of an answer. `length` is that of its body in bytes, None where its head does not tell."""

    version: bytes
    status: int
    reason: bytes
    fields: Fields
    chunked: bool
    length: int | None
    closes: bool


def request_head(head: bytes) -> RequestHead:
    """Reads a request's head, its last line end left out. Raises Untrusted, NotHttp."""
    if _CONTROL.search(head):
        raise Untrusted("there is a control character in it, or a carriage return that ends no line")
    if _BARE_FEED.search(head):
        raise Untrusted("a line of it ends without a carriage return")
    line, *lines = head.split(b"\r\n")
    if line.startswith(b"PRI * HTTP/2"):
        raise Untrusted("it speaks HTTP/2, and HTTP/1.1 is served here")
    fields: list[tuple[bytes, bytes]] = []
    found: dict[bytes, list[bytes]] = {}
    for field in lines:
        name, colon, value = field.partition(b":")
        if field[:1] in (b" ", b"\t"):
            raise Untrusted("a header goes on over a second line")
        if not colon or not _NAME.fullmatch(name):
            raise Untrusted("a header's name has characters that no name has")
        value = value.strip(b" \t")
        fields.append((name, value))
        lower = name.lower()
        if lower in _DECISIVE:
            found.setdefault(lower, []).append(value)
    method, target, version = _request_line(line)
    _check_host(version, found.get(b"host", []))
    wishes = b",".join(found.get(b"connection", ())).lower()
    return RequestHead(
        method,
        target,
        version,
        tuple(fields),
        _length(found),
        version == b"HTTP/1.0" or _names(wishes, b"close"),
        version != b"HTTP/1.0" and b"100-continue" in b",".join(found.get(b"expect", ())).lower(),
    )


_DECISIVE = frozenset((b"host", b"content-length", b"transfer-encoding", b"connection", b"expect"))


def _request_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    parts = line.split(b" ")
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]) or not parts[1]:
        raise NotHttp("its first line is none")
    method, target, version = parts
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise OtherVersion("its version") if _VERSION.fullmatch(version) else NotHttp("its first line is none")
    return method, target, version


def _check_host(version: bytes, hosts: list[bytes]) -> None:
    if len(hosts) > 1:
        raise Untrusted("it names two hosts")
    if not hosts and version == b"HTTP/1.1":
        raise Untrusted("it names no host")


def _length(found: dict[bytes, list[bytes]]) -> int | None:
    lengths, codings = found.get(b"content-length", []), found.get(b"transfer-encoding", [])
    if lengths and codings:
        raise Untrusted("it has a Content-Length and a Transfer-Encoding")
    if len(lengths) > 1 or not all(length.isdigit() and len(length) < 19 for length in lengths):
        raise Untrusted("its Content-Length is not one number")
    if codings and (len(codings) > 1 or codings[0].lower() != b"chunked"):
        raise Untrusted("its Transfer-Encoding is not chunked")
    return None if codings else int(lengths[0]) if lengths else 0


def _names(values: bytes, wanted: bytes) -> bool:
    return wanted in values and wanted in [value.strip() for value in values.split(b",")]


def response_head(head: bytes) -> ResponseHead:
    """Reads an answer's head, its last line end left out. Raises NotHttp."""
    line, *lines = head.replace(b"\r\n", b"\n").split(b"\n")
    status = _STATUS.fullmatch(line)
    if status is None:
        raise NotHttp(f"its first line is {line[:60].decode('latin-1')!r}")
    if len(lines) > MOST_HEADERS:
        raise NotHttp(f"it has more than {MOST_HEADERS} headers")
    fields = _lenient_fields(lines)
    lengths, codings, connections = (
        b",".join(value for name, value in fields if name.lower() == wanted)
        for wanted in (b"content-length", b"transfer-encoding", b"connection")
    )
    length = _one_length(lengths)
    if codings.lower() not in (b"", b"chunked", b"identity"):
        raise NotHttp(f"its Transfer-Encoding is {codings[:60].decode('latin-1')!r}")
    chunked = codings.lower() == b"chunked"
    connection = connections.lower()
    closes = _names(connection, b"close") or (status[1] == b"1.0" and not _names(connection, b"keep-alive"))
    if chunked and length is not None:  # who else reads it may find the end elsewhere (RFC 9112, 6.3)
        length, closes = None, True
    harmless = tuple((name, _CONTROL.sub(b" ", value)) for name, value in fields if _NAME.fullmatch(name))
    reason = _CONTROL.sub(b" ", status[3] or b"")
    return ResponseHead(b"HTTP/" + status[1], int(status[2]), reason, harmless, chunked, length, closes)


def _lenient_fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Headers, folded lines put together."""
    fields: list[tuple[bytes, bytes]] = []
    for field in lines:
        if field[:1] in (b" ", b"\t") and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + field.strip())
            continue
        name, colon, value = field.partition(b":")
        if not colon or not name.strip():
            raise NotHttp(f"a header is {field[:60].decode('latin-1')!r}")
        fields.append((name.strip(), value.strip(b" \t\r")))
    return fields


def _one_length(told: bytes) -> int | None:
    lengths = {length.strip(b" \t") for length in told.split(b",")} if told else set()
    if len(lengths) > 1 or not all(length.isdigit() and len(length) < 19 for length in lengths):
        raise NotHttp("its Content-Length is not one number")
    return int(lengths.pop()) if lengths else None
