"""Who may come in: decided by a request's head alone, before its body is read. Sans-IO, but for the file of the token.

Three questions, in this order: is the gateway called by a name of this machine's (a page whose own name leads here is
not), does a page of somebody else's ask, and is the key right. It must not know what a request asks for. The hot path
looks at each header once, and at a host that it knows not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import Literal

import msgspec

from ..errors import ClientError
from ..settings.model import Settings
from ..settings.state import token_file
from .addresses import address_of, host_in, is_loopback, local_names
from .keys import HEADERS, is_username, keys_in
from .tokens import Tokens

logger = logging.getLogger(__name__)

Auth = Literal["open", "username", "token"]

_LOOKED_AT = {name.encode(): name for name in ("host", "origin", "authorization", "cookie", *HEADERS, *(
    "access-control-request-method", "access-control-request-headers"))}  # fmt: skip
_READ = ("GET", "HEAD")
_PROBES = frozenset({"/health/live", "/health/ready"})
"""What tells no more than that the gateway lives, and takes calls: no key is asked for it."""
_MOST_HOSTS = 256
_MOST_TOLD = 100
_LONGEST_SHOWN = 100
_PREFLIGHT_SECONDS = "600"
_EXPOSED = (
    "argo-proxy-model, argo-proxy-dropped, argo-proxy-fallback, argo-proxy-mended, argo-proxy-replaced, "
    "argo-proxy-retries, argo-proxy-usage, x-should-retry, retry-after, retry-after-ms, request-id, x-request-id"
)


class Admission(msgspec.Struct, frozen=True):
    """What becomes of a request at the door.

    `error` is why it is turned away; `preflight`: a browser only asks whether a page may ask; `alive`: without a key it
    is told no more than that the gateway lives. None of them: it may come in. `headers` go out with whatever answer.
    """

    error: ClientError | None = None
    preflight: bool = False
    alive: bool = False
    headers: Mapping[str, str] = {}


ADMITTED = Admission()


def auth_of(settings: Settings) -> Auth:
    """What is asked of clients: what the settings say, else nothing on this machine's own addresses, else a name."""
    return settings.client_auth or ("open" if is_loopback(settings.host) else "username")


class ClientAccess:
    """The rules of one gateway."""

    def __init__(self, settings: Settings, tokens: Tokens | None = None) -> None:
        """Makes the token's file where one is needed and none is given. Raises TokenProblem."""
        self.auth: Auth = auth_of(settings)
        self.tokens = tokens or (Tokens(token_file()) if self.auth == "token" else None)
        self._user = settings.user.lower().encode()
        self._any_user = settings.username_passthrough
        self._goes_by_address = settings.client_auth is None
        self._listed = frozenset(settings.allowed_hosts)
        self._names = self._listed | local_names(settings.host)
        self._origins = frozenset(settings.allowed_origins)
        self._known_hosts: set[bytes] = set()
        self._told: set[str] = set()

    def listens_on(self, addresses: Sequence[str]) -> None:
        """Tells where the gateway really listens: under stock mitmproxy that is not what the settings say."""
        self._names = self._listed.union(*map(local_names, addresses))
        if self._goes_by_address and addresses:
            self.auth = "open" if all(map(is_loopback, addresses)) else "username"

    def admit(
        self, method: str, target: str, fields: Iterable[tuple[bytes, bytes]], address: str | None, authority: str = ""
    ) -> Admission:
        """What becomes of a request that came in at this address of the machine's own.

        None for an address is a socket that the file system keeps to its owner: who can write to it may come in.
        `authority` is the host that the target names, if it does (RFC 9112, 3.2.2).
        """
        if address is None:
            return ADMITTED
        hosts, heads = _looked_at(fields, authority)
        if is_loopback(address):
            for host in hosts:
                if host not in self._known_hosts and not self._is_ours(host):
                    return Admission(self._foreign_host(host))
        headers: Mapping[str, str] = {}
        if "origin" in heads:
            page = self._page(method, heads, hosts)
            if page.error is not None or page.preflight:
                return page
            headers = page.headers
        if self.auth == "open" or (method in _READ and target in _PROBES) or self._is_known(heads, target):
            return Admission(headers=headers) if headers else ADMITTED
        if method in _READ and target == "/" and self._has_cookie(heads.get("cookie", "")):
            return Admission(headers=headers) if headers else ADMITTED
        if method in _READ and target.partition("?")[0] == "/health":
            return Admission(alive=True, headers=headers)
        return Admission(self._no_key(bool(keys_in(heads, target))), headers=headers)

    # Hosts

    def _is_ours(self, value: bytes) -> bool:
        host = host_in(value.decode("latin-1"))
        if host is None or not (is_loopback(host) or host in self._names):
            return False
        if len(self._known_hosts) < _MOST_HOSTS:
            self._known_hosts.add(value)
        return True

    def _foreign_host(self, value: bytes) -> ClientError:
        shown = _shown(value.decode("latin-1"))
        self._tell(f"host {shown}", f"a request for the host {shown} was refused (allowed_hosts)")
        message = (
            f"This argo-proxy is not served as {shown}: call it at localhost or 127.0.0.1, or list the name under "
            "`allowed_hosts` in its configuration."
        )
        return ClientError(403, message, code="host_not_allowed")

    # Pages

    def _page(self, method: str, heads: Mapping[str, str], hosts: list[bytes]) -> Admission:
        """What becomes of a request that a page makes, as far as that goes by the page."""
        origin = heads["origin"]
        if self._is_listed(origin):
            headers = {
                "access-control-allow-origin": origin,
                "access-control-expose-headers": _EXPOSED,
                "vary": "origin",
            }
            if method == "OPTIONS" and "access-control-request-method" in heads:
                return Admission(preflight=True, headers={**headers, **_preflight(heads)})
            return Admission(headers=headers)
        return ADMITTED if self._is_same(origin, hosts) else Admission(self._foreign_origin(origin))

    def _is_listed(self, origin: str) -> bool:
        known = origin.lower()
        return known in self._origins or f"{known.partition('://')[0]}://*" in self._origins

    def _is_same(self, origin: str, hosts: list[bytes]) -> bool:
        """Whether a page of the gateway's own asks: one at the host that is called, if that cannot be another's."""
        scheme, _, place = origin.lower().partition("://")
        if scheme not in ("http", "https") or not any(place == host.decode("latin-1").lower() for host in hosts):
            return False
        host = host_in(place)
        return host is not None and (is_loopback(host) or address_of(host) is not None or host in self._names)

    def _foreign_origin(self, origin: str) -> ClientError:
        shown = _shown(origin)
        self._tell(f"origin {shown}", f"a request of a page at {shown} was refused (allowed_origins)")
        message = (
            f"A page at {shown} asks, and this argo-proxy serves no pages but those of the origins that are listed "
            "under `allowed_origins` in its configuration."
        )
        return ClientError(403, message, code="origin_not_allowed")

    # The page at / for a browser

    def shows_page(self, address: str | None, hosts: Iterable[str]) -> bool:
        """Whether a client that may come in sees the page: on this machine, or with the token.

        Who calls us by another name than this machine's, as through a web server before us, is not on it.
        """
        if address is not None and self.auth == "token":
            return True
        own = self._names - self._listed
        named = [host_in(host) for host in hosts]
        is_here = all(host is not None and (is_loopback(host) or host in own) for host in named)
        return is_here and (address is None or is_loopback(address))

    def page_cookie(self) -> str | None:
        """The cookie that a browser gets which has given the token; None where none is asked for."""
        if self.tokens is None:
            return None
        name, value = max(self.tokens.page_cookies())
        return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict"

    def _has_cookie(self, cookies: str) -> bool:
        if self.tokens is None or "argo-proxy-" not in cookies:
            return False
        given = [pair.strip().partition("=") for pair in cookies.split(";")]
        known = self.tokens.page_cookies()
        return any([
            name == own and compare_digest(value.encode("utf-8", "surrogateescape"), wanted.encode())
            for name, _, value in given for own, wanted in known
        ])  # fmt: skip

    # Keys

    def _is_known(self, heads: Mapping[str, str], target: str) -> bool:
        return any([self._is_key(key) for key in keys_in(heads, target)])  # a list: no key is left out

    def _is_key(self, key: str) -> bool:
        if self.tokens is not None:
            return self.tokens.accept(key)
        if self._any_user:
            return is_username(key)
        return compare_digest(key.lower().encode("utf-8", "surrogateescape"), self._user)

    def _no_key(self, given: bool) -> ClientError:
        self._tell(f"key {given}", f"a request with {'a wrong' if given else 'no'} key was refused (client_auth)")
        found = "what came is another" if given else "none came"  # it may be a real key: it is not repeated
        wanted = {
            "token": "its token as the API key; `argo-proxy token` shows it to the user whose gateway this is",
            "username": "an ANL username as the API key"
            if self._any_user
            else "the ANL username of the user whose gateway this is as the API key",
        }[self.auth]
        message = (
            f"This argo-proxy wants {wanted} ({found}). `eval $(argo-proxy env TOOL)` or `argo-proxy run TOOL` puts it "
            "in; a tool that was set up before a token was renewed is to be set up anew."
        )
        headers = {"www-authenticate": "Bearer"}
        return ClientError(401, message, kind="authentication_error", code="invalid_api_key", headers=headers)

    def _tell(self, what: str, line: str) -> None:
        """Logs each kind of refusal once: who is refused could otherwise fill the log."""
        if what not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(what)
            logger.warning("%s; told once", line)


def _looked_at(fields: Iterable[tuple[bytes, bytes]], authority: str) -> tuple[list[bytes], dict[str, str]]:
    """The hosts that a request names, and its headers that are looked at."""
    hosts = [authority.encode("utf-8", "surrogateescape")] if authority else []
    heads: dict[str, str] = {}
    for field, value in fields:
        name = _LOOKED_AT.get(field) or _LOOKED_AT.get(field.lower())
        if name == "host":
            hosts.append(value)
        elif name == "origin" and name in heads:
            heads[name] += ", " + value.decode("utf-8", "surrogateescape")  # which is nobody's
        elif name is not None:
            heads[name] = value.decode("utf-8", "surrogateescape")
    return hosts, heads


def _preflight(heads: Mapping[str, str]) -> dict[str, str]:
    return {
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": heads.get("access-control-request-headers", "*"),
        "access-control-allow-private-network": "true",
        "access-control-max-age": _PREFLIGHT_SECONDS,
    }


def _shown(text: str) -> str:
    """What a stranger wrote, fit to be read: of bounded length, nothing in it but what can be printed."""
    cut = text[:_LONGEST_SHOWN] + ("..." if len(text) > _LONGEST_SHOWN else "")
    return '"' + "".join(char if char.isprintable() and char != '"' else "?" for char in cut) + '"'
