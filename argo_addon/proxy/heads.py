"""Whether the head of a request can be trusted: what two readers could take for two different things is refused.

mitmproxy is lenient with some of it, as request smuggling needs it (RFC 9112, 2.2, 3.2, 5 and 6.3).
"""

from __future__ import annotations

import re

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_END = 4
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class HeadEnd:
    """Tells whether the end of a head may have come, looking at each byte once: a head may trickle in."""

    def __init__(self) -> None:
        self._tail = b""

    def may_be_in(self, data: bytes) -> bool:
        """Whether it may have come with these bytes; with none, the rest of an earlier read is looked at."""
        fresh = self._tail + data
        self._tail = fresh[-_LONGEST_END + 1 :]
        return not data or _END.search(fresh) is not None


def head_in(received: bytes) -> bytes | None:
    """The request's head, its last line end left out; None while it is not whole."""
    start = len(received) - len(received.lstrip(b"\r\n"))  # clients may send empty lines first
    end = _END.search(received, start)
    return None if end is None else received[start : end.start()]


def fault_of(head: bytes) -> str | None:
    """What makes a head one that is refused, in a few words; None if it can be trusted, or there is none yet."""
    if _CONTROL.search(head):
        return "there is a control character in it, or a carriage return that ends no line"
    line, *fields = (one.rstrip(b"\r") for one in head.split(b"\n"))
    if line.startswith(b"PRI * HTTP/2"):
        return "it speaks HTTP/2, and HTTP/1.1 is served here"
    found: dict[bytes, list[bytes]] = {}
    for field in fields:
        name, colon, value = field.partition(b":")
        if field[:1] in (b" ", b"\t"):
            return "a header goes on over a second line"
        if not colon or not _NAME.fullmatch(name):
            return "a header's name has characters that no name has"
        found.setdefault(name.lower(), []).append(value.strip())
    return _fault_of_host(line, found) or _fault_of_length(found)


def _fault_of_host(line: bytes, found: dict[bytes, list[bytes]]) -> str | None:
    hosts = found.get(b"host", [])
    if len(hosts) > 1:
        return "it names two hosts"
    return "it names no host" if not hosts and line.endswith(b"HTTP/1.1") else None


def _fault_of_length(found: dict[bytes, list[bytes]]) -> str | None:
    lengths, codings = found.get(b"content-length", []), found.get(b"transfer-encoding", [])
    if lengths and codings:
        return "it has a Content-Length and a Transfer-Encoding"
    if len(lengths) > 1 or not all(length.isdigit() for length in lengths):
        return "its Content-Length is not one number"
    if codings and (len(codings) > 1 or codings[0].lower() != b"chunked"):
        return "its Transfer-Encoding is not chunked"
    return None
