"""What values a setting may have: a check for each kind.

It must not know any key, file or line; it imports nothing of ours. A check takes the value as YAML or the command line
gave it and returns it as Settings holds it, or raises ValueError, with the reason where it is more than a wrong type.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

DEMO = "demo"
"""The `argo_base_url` that stands for the built-in simulator."""

NO_PORT = "none"
"""The `port` that is none."""

Check = Callable[[object], object]

_LARGEST = 1e9  # seconds, megabytes or hours: anything above is a slip, infinity among it


def text(value: object) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise ValueError
    if not value.strip() or not value.isprintable():
        raise ValueError("it is empty or holds characters that cannot be printed")
    return value


def word(value: object) -> str:
    """Text without a blank in it."""
    given = text(value)
    if not given.isascii() or any(letter.isspace() for letter in given):
        raise ValueError("it holds white space or letters that are not ASCII")
    return given


def user(value: object) -> str:
    """An ANL username."""
    given = word(value)
    if given.lower() == "cels":
        raise ValueError("ARGO takes no group name, it bills to a person")
    return given


def host(value: object) -> str:
    """A host's name or address; one of IPv6 may stand in brackets, as in a URL."""
    given = word(value)
    if given.startswith("[") and given.endswith("]") and ":" in given:
        given = given[1:-1]
    if "/" in given or given.count(":") == 1:
        raise ValueError("it is more than an address; the port has a key of its own")
    return given


def hosts(value: object) -> tuple[str, ...]:
    """Names and addresses of hosts, in a list; one alone may stand without it, several in a text with commas."""
    return tuple(_each(value, _host_alone))


def origins(value: object) -> tuple[str, ...]:
    """Origins of pages as browsers write them, in a list or a text with commas."""
    return tuple(_each(value, _origin))


def _each(value: object, check: Callable[[str], str]) -> Iterator[str]:
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
        if not value:
            raise ValueError("it is empty")
    if not isinstance(value, list):
        raise ValueError
    yield from (check(word(part.strip() if isinstance(part, str) else part).lower()) for part in value)


def _host_alone(given: str) -> str:
    bare = given.strip("[]").rstrip(".")
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", bare):
            raise ValueError(f"{given!r} is no name or address by itself, without http:// and port") from None
    return bare


def _origin(given: str) -> str:
    if given == "*":
        raise ValueError("with * every page in the user's browser could use ARGO: name the origins")
    if given == "null":
        raise ValueError("with null every page could use ARGO: any can have a frame whose origin that is")
    found = re.fullmatch(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<place>[^\s/?#@*]+|\*)/?", given)
    if found is None or (found["place"] == "*" and found["scheme"] in ("http", "https")):
        raise ValueError(f"{given!r} is no origin: scheme://host or scheme://host:port, and nothing behind it")
    usual = {"http": ":80", "https": ":443"}.get(found["scheme"], "")
    return f"{found['scheme']}://{found['place'].removesuffix(usual) if usual else found['place']}"


def url(value: object) -> str:
    """An http or https URL."""
    given = word(value)
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname or _port(parts) == 0:
        raise ValueError("it has no http:// or https://, or no host")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("a base URL has no query, no fragment and no user name")
    return given.rstrip("/")


def base_url(value: object) -> str:
    """A URL without a slash at its end."""
    return DEMO if value == DEMO else url(value)


def switch(value: object) -> bool:
    """True or false, in YAML's words."""
    if not isinstance(value, bool):
        raise ValueError
    return value


def version(value: object) -> str:
    """The version of the file's format."""
    if isinstance(value, bool) or value not in ("3", 3):
        raise ValueError
    return "3"


def addresses(value: object) -> dict[str, str]:
    """Host names with the addresses to call in their place."""
    if not isinstance(value, dict):
        raise ValueError
    for target, address in value.items():
        if not re.fullmatch(r"[^\s:/]+:\d{1,5}", str(target)):
            raise ValueError(f"{target!r} is not host:port")
        try:
            ipaddress.ip_address(text(address))
        except ValueError:
            raise ValueError(f"for {target}, {address!r} is not an IP address") from None
    return {str(target).lower(): address for target, address in value.items()}


def file(value: object) -> str:
    """The path of a file that is there."""
    path = Path(text(value)).expanduser()
    if not path.is_file():
        raise ValueError("there is no such file")
    return str(path)


def certificates(value: object) -> str:
    """The path of a file with certificates."""
    path = file(value)
    import ssl  # seldom: most have none

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:  # an SSLError is one
        raise ValueError("it holds no certificate in PEM, or cannot be read") from None
    return path


def folder(value: object) -> str:
    """The path of a folder."""
    path = Path(text(value)).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError("it is a file")
    return str(path)


def new_file(value: object) -> str:
    """The path of a file, which need not be there yet."""
    path = Path(text(value)).expanduser().absolute()
    if path.is_dir():
        raise ValueError("it is a folder")
    return str(path)


OFF = "off"
"""The `responses_store` that keeps nothing."""


def store(value: object) -> str:
    """Where responses are kept: a file, a server that gateways share, or nowhere."""
    if value is False or value == OFF:  # YAML takes a bare `off` for false
        return OFF
    given = text(value)
    scheme, separator, _ = given.partition("://")
    if not separator:
        return new_file(given)
    if scheme not in _SERVERS:
        raise ValueError(f"of servers, {', '.join(_SERVERS)} are known")
    return _server(given)


def ledger(value: object) -> bool | str:
    """Whether usage is noted, or the URL of a server where it is."""
    if isinstance(value, bool):
        return value
    given = word(value)
    if urlsplit(given).scheme not in _SERVERS:
        raise ValueError(f"of servers, {', '.join(_SERVERS)} are known" if "://" in given else "")
    return _server(given)


def _server(url: str) -> str:
    """A server's URL whose host and port are such; PostgreSQL's may have several, or none."""
    first = urlsplit(url.replace(",", "/", 1) if url.startswith("postgres") else url)
    if _port(first) == 0:
        raise ValueError("no server is at port 0")
    return url


def _port(parts: SplitResult) -> int | None:
    """The port of a URL. What is behind a name's colon may be half a password, so nothing of it is told."""
    try:
        return parts.port
    except ValueError:
        why = "its port is no number up to 65535; in a password, # / ? and @ are written %23 %2F %3F and %40"
        raise ValueError(why) from None


def redis(value: object) -> str:
    """The URL of a Redis server."""
    given = word(value)
    if urlsplit(given).scheme not in _SERVERS[:2]:
        raise ValueError
    return _server(given)


def fallbacks(value: object) -> dict[str, tuple[str, ...]]:
    """Names of models with those that are asked in their place, in their order; one alone may stand without a list."""
    if not isinstance(value, dict):
        raise ValueError
    return {text(model): tuple(_substitutes(model, others)) for model, others in value.items()}


def _substitutes(model: str, others: object) -> Iterator[str]:
    listed = others if isinstance(others, list) else [others]
    if not listed:
        raise ValueError(f"for {model} there is none")
    before = {model.lower()}
    for other in listed:
        if not isinstance(other, str) or not other.strip() or not other.isprintable():
            raise ValueError(f"for {model}, {other!r} is no name of a model")
        if other.lower() in before:
            raise ValueError(f"{other} would be asked again where {model} is overloaded")
        before.add(other.lower())
        yield other


def counts(*names: str) -> Check:
    """Makes the check for whole numbers above 0, by some of these names."""

    def check(value: object) -> dict[str, int]:
        if not isinstance(value, dict):
            raise ValueError
        for name, count in value.items():
            if name not in names:
                raise ValueError(f"{name!r} is none of {', '.join(names)}")
            if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= _LARGEST_COUNT:
                raise ValueError(f"{name} is {count!r}, and no whole number above 0")
        return value

    return check


_LARGEST_COUNT = 10**15  # a number that Redis's scripts still count one by one

_SERVERS = ("redis", "rediss", "postgresql", "postgres")


def port(value: object) -> int | None:
    """A port's number, or the word none."""
    if value == NO_PORT:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 65535:
        raise ValueError
    return value


def path(value: object) -> str:
    """The path of something that need not be there."""
    return str(Path(text(value)).expanduser().absolute())


def whole(lowest: int, highest: float = math.inf) -> Check:
    """Makes the check for a whole number within limits."""

    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise ValueError
        return value

    return check


def number(lowest: float, *, open_end: bool = False) -> Check:
    """Makes the check for a number within limits."""

    def check(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not lowest <= value <= _LARGEST:
            raise ValueError
        if open_end and value == lowest:
            raise ValueError
        return float(value)

    return check


def one_of(*words: str) -> Check:
    """Makes the check for one of some words."""

    def check(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return check


def optional(check: Check) -> Check:
    """Makes the check for what may be left empty."""
    return lambda value: None if value is None else check(value)
