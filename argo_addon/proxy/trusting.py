"""Has mitmproxy trust what the rest of the gateway does: its options name one file, and there may be several stores."""

from __future__ import annotations

import logging
import weakref

from mitmproxy import ctx, tls
from mitmproxy.net import tls as net_tls
from OpenSSL import SSL, crypto

from ..settings.trust import Trust

logger = logging.getLogger(__name__)


class TrustingTls:
    """Adds the stores to each of mitmproxy's contexts for upstreams, of which there are few."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._done: weakref.WeakSet[SSL.Context] = weakref.WeakSet()

    def set_option(self) -> None:
        """Has mitmproxy itself look into the last of the files, and not into certifi's list."""
        net_tls.create_proxy_server_context.cache_clear()  # its contexts may be those of another gateway's settings
        files = [source.path for source in self._trust.sources if not source.is_folder]
        if files:
            ctx.options.update(ssl_verify_upstream_trusted_ca=files[-1])

    def add_to(self, tls_start: tls.TlsData) -> None:
        """Adds the stores to what a connection to an upstream trusts, if it has not got them yet."""
        if tls_start.ssl_conn is None:
            return
        context = tls_start.ssl_conn.get_context()
        if context in self._done:
            return
        self._done.add(context)
        store = context.get_cert_store()
        assert store is not None
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        for source in self._trust.sources:
            try:
                store.load_locations(*((None, source.path) if source.is_folder else (source.path, None)))
            except crypto.Error as error:
                logger.warning("nothing of %s is trusted: it cannot be read as certificates (%s)", source, error)
        for text in self._trust.text.split("-----BEGIN CERTIFICATE-----")[1:]:
            pem = f"-----BEGIN CERTIFICATE-----{text}".encode()
            store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, pem))
