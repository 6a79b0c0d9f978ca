"""ARGO out of reach, in one function's words: where, by which way, why, and what to do about it.

The running gateway and every command say it so. It knows what systems, TLS, httpx and mitmproxy say of a connection
that failed, and opens none.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..settings.trust import certificate_problem
from ..settings.upstream_proxy import Unusable
from .upstream_access import UpstreamAccess, port_of


class Unreachable(Exception):
    """ARGO cannot be asked. `found` says from where and why, `remedy` what to do; the text is both.

    `lasts`: it stays so until somebody does that, so that to try again in a moment is of no use.
    """

    def __init__(self, found: str, remedy: str, *, lasts: bool = False) -> None:
        super().__init__(f"{found}. {remedy}")
        self.found = found
        self.remedy = remedy
        self.lasts = lasts


_VPN = "Connect to the laboratory's network or its VPN."
URL_REMEDY = "Is argo_base_url right? `argo-proxy config env` tells and changes it."
_NAME_UNKNOWN, _REFUSED, _NO_ROUTE, _SLOW, _CLOSED = "name", "refused", "route", "slow", "closed"
_CERTIFICATE, _EXPIRED, _OTHER_HOST, _NO_TLS, _PROXY_SAYS = "certificate", "date", "other host", "no TLS", "proxy says"
_DATE = "Is this machine's clock right (date)? Else whoever runs it has to renew it."

# What is said of a connection that failed, and which kind it is; the first that is found counts.
_KINDS = (
    (r"(?:refused HTTP CONNECT request:|it answered) (?P<said>\d{3}.*)|\A(?P<only>40\d [A-Z][\w ]*)", _PROXY_SAYS),
    (r"hostname mismatch|not valid for|doesn't match|IP address mismatch", _OTHER_HOST),
    (r"certificate has expired|not yet valid", _EXPIRED),
    (r"certificate", _CERTIFICATE),
    (r"does not speak TLS|wrong version number|record layer failure|unknown protocol|http request", _NO_TLS),
    (
        r"name or service not known|nodename nor servname|name resolution|no address associated|getaddrinfo"
        r"|errno -[235]\b|errno 8\b",
        _NAME_UNKNOWN,
    ),
    (r"refused|errno (?:111|61)\b|connect call failed", _REFUSED),
    (r"unreachable|no route|errno (?:101|113|51|65)\b", _NO_ROUTE),
    (r"unexpected_eof|eof occurred|disconnected without sending|reset by peer|ConnectionResetError", _CLOSED),
    (r"timed out|timeout|no answer within|did not accept|errno (?:110|60)\b", _SLOW),
)

_MOMENTARY = re.compile(r"5\d\d |429 ")
"""What an HTTP proxy says of a failure of its own, or of the way beyond it."""


def unreachable(url: str, said: str, access: UpstreamAccess) -> Unreachable:
    """What a failed connection to ARGO means. `said` is what the system, TLS or a library said of it."""
    parts = urlsplit(url)
    host, base = parts.hostname or "", f"{parts.scheme}://{parts.netloc}"
    kind, words = _kind_of(said)
    override = access.override(host, port_of(url))
    if override is not None:
        way, remedy = f" at {override}, as resolve_overrides says", _of_override(kind, override, access)
    elif (proxy := access.proxy(url)) is not None:
        name = access.proxies.variable_of(url)
        way, remedy = f" through the proxy {proxy.url} ({name})", _of_proxy(kind, words, name, host, access)
        host = proxy.host if kind == _NAME_UNKNOWN else host
    else:
        way, remedy = _directly(url, access)
        remedy = remedy or _of_nothing_between(kind, host, access)
    found = f"ARGO cannot be reached at {url if parts.path in ('', '/') else base + parts.path}{way}: "
    if certificate := certificate_problem(words, access.trust):
        words = certificate.removesuffix(access.trust.remedy).strip().rstrip(".")
    lasts = kind not in (_SLOW, _CLOSED, "") and not _MOMENTARY.match(words)
    return Unreachable(found + _cause(kind, words, host), _DATE if kind == _EXPIRED else remedy, lasts=lasts)


def answers_otherwise(url: str, status: int, location: str | None) -> Unreachable:
    """What an answer means that is no list of models."""
    if status >= 500:
        return Unreachable(f"ARGO answers {status} at {url}", "It has a fault of its own; try again later.")
    if location is not None:
        found = f"what answers at {url} is no ARGO: {status}, it points to {pointed(location)}"
        return Unreachable(found, f"Is a log-in or the VPN missing? {URL_REMEDY}")
    if status in (401, 403, 407):
        return Unreachable(f"what is at {url} answers {status}", f"Is a log-in or the VPN missing? {URL_REMEDY}")
    return Unreachable(f"what is at {url} answers {status}", URL_REMEDY)


def no_list(url: str, problem: str) -> Unreachable:
    """What an answer means that is called a list and cannot be read as one."""
    return Unreachable(f"what answers at {url} is no ARGO: {problem.rstrip('.')}", f"Is a log-in missing? {URL_REMEDY}")


def pointed(location: str) -> str:
    """Where a redirection points, without what it hands over there: tickets, names, passwords."""
    return re.sub(r"//[^/@]*@", "//", re.split(r"[?#]", location, maxsplit=1)[0])[:200]


def page_title(body: bytes) -> str:
    """What an answer that is no JSON says, in a line: a page's title, or else how it begins."""
    title = _TITLE.search(body[:4000])
    text = (title[1] if title else body[:200]).decode("utf-8", "replace")
    return " ".join(text.split())[:200]


_TITLE = re.compile(rb"<(?:title|h1)[^>]*>\s*([^<]+?)\s*<", re.IGNORECASE)


def _kind_of(said: str) -> tuple[str, str]:
    """The kind of a failure, and the words that are told of it."""
    line = " ".join(said.split())[:300].rstrip(".")
    for pattern, kind in _KINDS:
        if found := re.search(pattern, line, re.IGNORECASE):
            told = next((text for text in found.groupdict().values() if text), line)
            return kind, told.strip()
    return "", line or "the connection failed"


def _cause(kind: str, words: str, host: str) -> str:
    return {
        _NAME_UNKNOWN: f"the name {host} is not known here",
        _REFUSED: "the connection is refused",
        _NO_ROUTE: "there is no way there from this network",
        _PROXY_SAYS: f"the proxy answers {words}",
        _NO_TLS: "it speaks no TLS",
        _CLOSED: "the connection is closed without an answer",
    }.get(kind, words)


def _directly(url: str, access: UpstreamAccess) -> tuple[str, str]:
    """How a URL is reached without proxy or override, and a remedy where a proxy is named that cannot be used."""
    try:
        access.proxies.of(url)
    except Unusable as problem:
        told = str(problem).rstrip(".")
        return (
            f" directly, since {told}",
            "Name an HTTP proxy (export HTTPS_PROXY=http://HOST:PORT), or connect the VPN.",
        )
    return "", ""


def _of_nothing_between(kind: str, host: str, access: UpstreamAccess) -> str:
    if kind == _CERTIFICATE:
        return access.trust.remedy
    if kind == _OTHER_HOST:
        return f"Something else answers in its place: a log-in page, or a name that leads elsewhere. {URL_REMEDY}"
    if kind == _NO_TLS:
        return f"Is it http:// in place of https://? {URL_REMEDY}"
    if kind in (_NAME_UNKNOWN, _NO_ROUTE):
        return _VPN
    if host in ("localhost", "127.0.0.1", "::1"):
        return f"Is the tunnel up, or whatever listens there? {URL_REMEDY}"
    if kind == _SLOW:
        return f"{_VPN} Or a proxy is needed: export HTTPS_PROXY=http://HOST:PORT."
    return f"{URL_REMEDY} Off the laboratory's network, connect its VPN."


def _of_override(kind: str, address: str, access: UpstreamAccess) -> str:
    if kind == _CERTIFICATE:
        return access.trust.remedy
    if kind in (_OTHER_HOST, _NO_TLS):
        return f"Does the tunnel at {address} lead to ARGO? resolve_overrides in the configuration names it."
    return f"Is the tunnel at {address} up? Without one, take resolve_overrides out of the configuration."


def _of_proxy(kind: str, words: str, name: str, host: str, access: UpstreamAccess) -> str:
    if kind == _PROXY_SAYS and words.startswith("407"):
        return f"It wants a name and a password: export {name}=http://NAME:PASSWORD@HOST:PORT."
    if kind == _CERTIFICATE:
        return f"Where the proxy opens TLS itself, it is its authority that is missing. {access.trust.remedy}"
    if kind in (_OTHER_HOST, _NO_TLS):
        return f"{URL_REMEDY} Where ARGO is reached without the proxy: export NO_PROXY={host}."
    return f"Is {name} right, and the proxy up? Where ARGO is reached without it: export NO_PROXY={host}."
