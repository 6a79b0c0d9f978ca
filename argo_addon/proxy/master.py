"""The smallest mitmproxy that carries the addon: no event log, no views, no certificate store of its own.

It knows addresses and signals, and nothing of requests.
"""

from __future__ import annotations

import asyncio
import logging

from mitmproxy import options
from mitmproxy.addons import core, proxyserver, tlsconfig
from mitmproxy.master import Master

from ..addon import ArgoAddon

GRACE = 10.0
"""Seconds that running calls get to end when the process is told to stop."""


class UpstreamTls(tlsconfig.TlsConfig):
    """TLS towards ARGO only. The parent would write a certificate authority to disk for clients that we never have."""

    def configure(self, updated: set[str]) -> None:
        super().configure(set(updated) - {"certs", "confdir", "key_size", "cert_passphrase"})

    def running(self) -> None:
        """Does without the parent's second round, which is for the store."""


class GatewayMaster(Master):
    """mitmproxy's event loop with the addon on one address."""

    def __init__(self, addon: ArgoAddon, host: str, port: int) -> None:
        logging.getLogger("mitmproxy").setLevel(logging.ERROR)
        upstream = addon.gateway.settings.native_openai_base_url
        scheme, _, rest = upstream.partition("://")
        super().__init__(options.Options(mode=[f"reverse:{scheme}://{rest.split('/')[0]}@{host}:{port}"]))
        self.addon = addon
        self._proxyserver = proxyserver.Proxyserver()
        self._stopping: asyncio.Task[None] | None = None
        self.addons.add(core.Core(), self._proxyserver, UpstreamTls(), addon)

    @property
    def address(self) -> tuple[str, int] | None:
        """The host and port that are listened on; None before `running` or where that failed."""
        addresses = self._proxyserver.listen_addrs()
        return (addresses[0][0], addresses[0][1]) if addresses else None

    @property
    def failure(self) -> Exception | None:
        """Why nothing is listened on."""
        return next((server.last_exception for server in self._proxyserver.servers if server.last_exception), None)

    def stop(self) -> None:
        """Takes no more connections and stops once the running calls have ended; called twice, at once."""
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._stop())
        else:
            self.addon.calls.hurry()

    async def _stop(self) -> None:
        self.options.update(server=False)
        try:
            await self.addon.calls.drain(GRACE)
        finally:
            self.shutdown()
