"""A recorded exchange as it is shown: requests and answers without mitmproxy, which takes long to load.

It reads what this version records; others' flows, and those of other versions, are recorded_exchange.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ..errors import UNREADABLE
from .flow_files import Unreadable
from .metadata import KEY, ExchangeMetadata
from .record_values import values_in


class Message(Protocol):
    """What is read of a request or an answer of mitmproxy's."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    def get_content(self, strict: bool = True) -> bytes | None: ...


class Request(Message, Protocol):
    """And of a request."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def pretty_url(self) -> str: ...


class Response(Message, Protocol):
    """And of an answer."""

    @property
    def status_code(self) -> int: ...


class Problem(Protocol):
    """Why there is no answer."""

    @property
    def msg(self) -> str: ...


class ShownFlow(Protocol):
    """A call, from one end to the other."""

    @property
    def request(self) -> Request: ...
    @property
    def response(self) -> Response | None: ...
    @property
    def error(self) -> Problem | None: ...


class Shown(Protocol):
    """An exchange: what is known of it, the client's side, and ARGO's."""

    @property
    def meta(self) -> ExchangeMetadata: ...
    @property
    def client(self) -> ShownFlow: ...
    @property
    def upstream(self) -> Sequence[ShownFlow]: ...
    @property
    def started(self) -> float: ...


class _Headers(Mapping[str, str]):
    """Fields by their names, whose case does not count; those of one name are one."""

    def __init__(self, fields: Sequence[tuple[bytes, bytes]]) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, str] = {}
        for name, value in fields:
            plain, said = _text(name).lower(), _text(value)
            self._names.setdefault(plain, _text(name))
            self._values[plain] = f"{self._values[plain]}, {said}" if plain in self._values else said

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._names)


class _PlainMessage(msgspec.Struct):
    headers: _Headers
    content: bytes

    def get_content(self, strict: bool = True) -> bytes:
        """The body. It stands decompressed."""
        del strict
        return self.content


class _PlainRequest(_PlainMessage):
    method: str
    path: str
    pretty_url: str


class _PlainResponse(_PlainMessage):
    status_code: int


class _PlainProblem(msgspec.Struct):
    msg: str


class _PlainFlow(msgspec.Struct):
    request: _PlainRequest
    response: _PlainResponse | None
    error: _PlainProblem | None


class PlainExchange(msgspec.Struct):
    """An exchange as values of a file."""

    meta: ExchangeMetadata
    client: _PlainFlow
    upstream: list[_PlainFlow]
    started: float


def plain_at(path: Path, start: int, size: int) -> PlainExchange | None:
    """The exchange that stands at a place; None where it is none that can be read without mitmproxy.

    Raises Unreadable where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(start)
            return _exchange(values_in(file.read(size)))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}") from error
    except (*UNREADABLE, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None  # recorded_exchange.py says what is wrong with it, if it cannot read it either


def _exchange(records: list[Any]) -> PlainExchange:
    about = [record["metadata"][KEY] for record in records]
    meta = {name: value for name, value in about[0].items() if name not in ("side", "try")}
    if [one["side"] for one in about] != ["client", *["upstream"] * (len(about) - 1)] or any(
        one["exchange"] != meta["exchange"] for one in about
    ):
        raise ValueError("several exchanges")
    client, *upstream = map(_flow, records)
    started = records[0]["request"]["timestamp_start"]
    return PlainExchange(msgspec.convert(meta, ExchangeMetadata), client, upstream, float(started))


def _flow(record: Any) -> _PlainFlow:
    request, response, error = record["request"], record["response"], record["error"]
    path = _text(request["path"])
    sent = _Headers(request["headers"])
    if request["authority"] or "content-encoding" in sent:
        raise ValueError("no record of ours")
    scheme = _text(request["scheme"])
    host = sent["host"].removesuffix({"http": ":80", "https": ":443"}[scheme])
    url = f"{scheme}://{host}{'' if path == '*' else path}"
    return _PlainFlow(
        _PlainRequest(sent, request["content"] or b"", _text(request["method"]), path, url),
        None if response is None else _response(response),
        None if error is None else _PlainProblem(error["msg"]),
    )


def _response(record: Any) -> _PlainResponse:
    headers = _Headers(record["headers"])
    if "content-encoding" in headers:
        raise ValueError("no record of ours")
    return _PlainResponse(headers, record["content"] or b"", record["status_code"])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
