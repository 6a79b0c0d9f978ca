"""How ARGO's addresses are reached: by addresses of their own, by HTTP proxies, with whose certificates. No I/O."""

from __future__ import annotations

import ssl
from functools import cached_property
from urllib.parse import urlsplit

from ..settings.model import Settings, trust_variables
from ..settings.trust import Trust, client_context, trust_of
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


def port_of(url: str) -> int:
    """The port that a URL names, or its scheme's."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
