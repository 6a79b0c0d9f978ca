"""Asks a running process how it is, over its own port. It loads little: `argo-proxy status` waits for it.

It speaks HTTP by hand over a bare socket: http.client alone takes longer to load than all of `status` may, and the
socket module a tenth of that.
"""

from __future__ import annotations

import _socket
import json

from .keys import key_of
from .status import Record

_LONGEST = 1 << 20  # bytes of an answer


def ask(record: Record, path: str = "/health", seconds: float = 2.0) -> dict[str, object] | None:
    """What the process of this record answers to GET `path`, or None: nobody answers, or otherwise than 200."""
    answer = get(record, path, seconds)
    return answer[1] if answer is not None and answer[0] == 200 else None


def get(record: Record, path: str, seconds: float = 2.0) -> tuple[int, dict[str, object]] | None:
    """Status and JSON body of the answer to GET `path`, or None: nobody answers, or no JSON."""
    family, address = _address(record)
    key = "" if record.auth == "open" else f"authorization: Bearer {key_of(record)}\r\n"
    request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\n{key}user-agent: argo-proxy\r\nconnection: close\r\n\r\n"
    try:
        connection = _socket.socket(family, _socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect(address)
            connection.sendall(request.encode("latin-1"))
            answer = bytearray()
            while len(answer) < _LONGEST and (data := connection.recv(65536)):
                answer += data
        finally:
            connection.close()
    except (OSError, ValueError):
        return None
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    status = head[len(b"HTTP/1.1 ") :][:3]
    if not (head.startswith(b"HTTP/1.1 ") and status.isdigit()):
        return None
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return (int(status), told) if isinstance(told, dict) else None


def of(record: Record, path: str = "/health", seconds: float = 2.0) -> dict[str, object] | None:
    """The health of the process that the record tells of: None where another one answers at its address."""
    told = ask(record, path, seconds)
    return told if told is not None and told.get("pid") == record.pid else None


def _address(record: Record) -> tuple[int, str | tuple[str, int]]:
    if (path := record.url.removeprefix(UNIX)) != record.url:
        return _socket.AF_UNIX, path
    host = record.url.split("://", 1)[1].rsplit(":", 1)[0].strip("[]")
    return (_socket.AF_INET6 if ":" in host else _socket.AF_INET), (host, record.port)


UNIX = "unix:"
"""How the URL of a gateway begins that listens on a Unix socket alone; the path follows."""
