"""Fetches ARGO's model list over the network, by whatever way the settings and the environment name.

It must not know mitmproxy, nor what becomes of the list. The command line asks here; the running gateway asks on the
connections of its calls (proxy/model_list.py).
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

import httpx

from ..settings.upstream_proxy import ProxyServer
from .unreachable import answers_otherwise, unreachable
from .upstream_access import UpstreamAccess, port_of


async def fetch(url: str, ways: UpstreamAccess) -> bytes:
    """The body of ARGO's model list. Raises Unreachable."""
    seconds, proxy = ways.settings.connection_test_timeout, ways.proxy(url)
    verify = ways.context if "https" in (urlsplit(url).scheme, proxy and proxy.scheme) else False
    way = None if proxy is None else _httpx_proxy(proxy, ways)
    try:
        async with httpx.AsyncClient(timeout=seconds, trust_env=False, verify=verify, proxy=way) as client:
            answer = await asyncio.wait_for(client.send(_request(client, url, ways)), seconds)
    except asyncio.TimeoutError:
        raise unreachable(url, f"no answer within {seconds:g} s", ways) from None
    except httpx.TimeoutException:
        raise unreachable(url, f"no answer within {seconds:g} s", ways) from None
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise unreachable(url, _root_of(error), ways) from error
    if answer.status_code != 200:
        raise answers_otherwise(url, answer.status_code, answer.headers.get("location"))
    return answer.content


def _root_of(error: BaseException) -> str:
    """What was said at the bottom of an error: httpx itself says "All connection attempts failed" of all that fails."""
    said = str(error) or type(error).__name__
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
        if isinstance(error, OSError) and str(error):
            said = str(error)
        if isinstance(several := getattr(error, "exceptions", None), tuple) and several:
            error = several[-1]
            said = str(error) or said
    return said


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
