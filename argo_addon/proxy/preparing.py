"""What a call waits for before it sets out: that its user's limits have room for it, and its images.

It knows flows, and nothing of what passes over them.
"""

from __future__ import annotations

import asyncio
import logging

from mitmproxy import connection, http

from ..errors import GatewayError
from ..gateway.exchange import Exchange
from ..gateway.gateway import Gateway
from ..images.fetching import Fetching
from ..images.fitting import holds_images
from ..rate_limits.base import Asked, Lease, Limiter, expected_tokens, refusal
from .messages import bare_path
from .stream_body import own_fault

logger = logging.getLogger(__name__)

_ENDING = 0.1
_LOOKS = 3
"""So often, after so many seconds, it is seen whether a stream that takes the last place is just ending: who has read
the last event of an answer may ask anew before its connection is done with it."""
_LONGEST_NAME = 100


class Preparing:
    """Prepares the calls of one gateway, where there is anything to prepare."""

    def __init__(self, gateway: Gateway, images: Fetching | None, limiter: Limiter | None) -> None:
        self._gateway = gateway
        self.images = images
        self._limiter = limiter

    def is_needed(self, call: Exchange) -> bool:
        """Whether a call has to wait for anything."""
        return self._limiter is not None or self._takes_images(call)

    def _takes_images(self, call: Exchange) -> bool:
        return self.images is not None and holds_images(call.upstream.body)

    def leave(self, client: connection.Client) -> None:
        """Ends what is fetched for a client that has left."""
        if self.images is not None:
            self.images.leave(client.id)

    async def prepare(self, flow: http.HTTPFlow, call: Exchange) -> GatewayError | None:
        """Waits for what a call needs; returns why it cannot set out, if so. What it holds then is let go of."""
        error: GatewayError | None = own_fault()
        try:
            error = await self._let_in(call) or await self._with_images(flow, call)
        except Exception:
            logger.exception("a fault of argo-proxy's own before a call in %s %s", flow.request.method, bare_path(flow))
        finally:
            if error is not None:
                call.end_lease({}, failed=True)
        return error

    async def close(self) -> None:
        """Has what is counted written."""
        if self._limiter is not None:
            await self._limiter.close()

    # Limits

    async def _let_in(self, call: Exchange) -> GatewayError | None:
        limiter = self._limiter
        if limiter is None:
            return None
        user = call.call.user
        call.expected_tokens = expected_tokens(call.upstream.body)
        asked = Asked(user.lower()[:_LONGEST_NAME], call.streams, call.expected_tokens)
        found = await limiter.admit(asked)
        for _ in range(_LOOKS):
            if isinstance(found, Lease) or found.limit != "streams_at_once":
                break
            await asyncio.sleep(_ENDING)
            found = await limiter.admit(asked)
        if isinstance(found, Lease):
            call.lease = found
            return None
        self._gateway.metrics.limited[found.limit] = self._gateway.metrics.limited.get(found.limit, 0) + 1
        return refusal(limiter.limits, found, user)

    # Images

    async def _with_images(self, flow: http.HTTPFlow, call: Exchange) -> GatewayError | None:
        """Gives a call its images, within its time and as long as its client is there."""
        if self.images is None or not self._takes_images(call):
            return None
        try:
            fitted = await self.images.fitted(flow.client_conn.id, call.upstream.body, call.timeout)
        except GatewayError as error:
            return error
        if fitted is not None:
            self._gateway.set_images(call, fitted)
        return None
