"""Fetches ARGO's model list over the network, by whatever way the settings and the environment name.

It must not know mitmproxy, nor what becomes of the list: the running gateway and the command line both ask here.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import cached_property
from urllib.parse import urlsplit

import httpx

from ..settings.model import Settings, trust_variables
from ..settings.trust import Trust, certificate_problem, client_context, trust_of
from ..settings.upstream_proxy import Proxies, ProxyServer, Unusable


class UpstreamAccess:
    """How each of ARGO's addresses is reached."""

    def __init__(self, settings: Settings, variables: dict[str, str]) -> None:
        self.settings = settings
        self.proxies = Proxies(variables)

    def override(self, host: str, port: int) -> str | None:
        """The IP address that the settings give for a host and port of ARGO's."""
        return self.settings.resolve_overrides.get(f"{host}:{port}".lower())

    def proxy(self, url: str) -> ProxyServer | None:
        """The HTTP proxy on the way to a URL, if the settings tell no address of its own: that is another way there.

        One that cannot be used is none; `Proxies.of` says why.
        """
        parts = urlsplit(url)
        if self.override(parts.hostname or "", port_of(url)) is not None:
            return None
        try:
            return self.proxies.of(url)
        except Unusable:
            return None

    @cached_property
    def trust(self) -> Trust:
        """Whose certificates are taken for ARGO's."""
        return trust_of(self.settings.ssl_ca_file, trust_variables())

    @cached_property
    def context(self) -> ssl.SSLContext:
        """For connections to ARGO."""
        return client_context(self.trust)


class Unreachable(Exception):
    """The list cannot be had; the text says from where and why."""


async def fetch(url: str, ways: UpstreamAccess) -> bytes:
    """The body of ARGO's model list. Raises Unreachable."""
    seconds, proxy = ways.settings.connection_test_timeout, ways.proxy(url)
    verify = ways.context if "https" in (urlsplit(url).scheme, proxy and proxy.scheme) else False
    way = None if proxy is None else _httpx_proxy(proxy, ways)
    try:
        async with httpx.AsyncClient(timeout=seconds, trust_env=False, verify=verify, proxy=way) as client:
            answer = await asyncio.wait_for(client.send(_request(client, url, ways)), seconds)
    except asyncio.TimeoutError:
        raise Unreachable(f"{url}: no answer within {seconds:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        said = str(error) or type(error).__name__
        raise Unreachable(f"{url}: {certificate_problem(said, ways.trust) or said}") from error
    if answer.status_code != 200:
        raise Unreachable(f"{url}: answered {answer.status_code}")
    return answer.content


def port_of(url: str) -> int:
    """The port that a URL names, or its scheme's."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _request(client: httpx.AsyncClient, url: str, ways: UpstreamAccess) -> httpx.Request:
    parts = urlsplit(url)
    address = ways.override(parts.hostname or "", port_of(url))
    if address is None:
        return client.build_request("GET", url)
    there = httpx.URL(url).copy_with(host=address)
    return client.build_request(
        "GET", there, headers={"host": parts.netloc}, extensions={"sni_hostname": parts.hostname}
    )


def _httpx_proxy(proxy: ProxyServer, ways: UpstreamAccess) -> httpx.Proxy:
    told = {} if proxy.authorization is None else {"proxy-authorization": proxy.authorization}
    return httpx.Proxy(proxy.url, headers=told, ssl_context=ways.context if proxy.scheme == "https" else None)
