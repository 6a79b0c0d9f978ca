"""The images of requests, while they are fetched: each client's within its time, and as long as it is there."""

from __future__ import annotations

import asyncio

from ..errors import ClientError, UpstreamError
from .fitting import FittedImages, Images


class LeftEarly(ClientError):
    """The client has left before its images were there."""


class Fetching:
    """What is fetched at the moment."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._under_way: dict[str, asyncio.Task[FittedImages | None]] = {}

    def leave(self, client: str) -> None:
        """A client has left: what is fetched for it is of no use."""
        if (fetching := self._under_way.get(client)) is not None:
            fetching.cancel()

    async def fitted(self, client: str, body: bytes, timeout: float | None) -> FittedImages | None:
        """The images of a client's request, within so many seconds. Raises GatewayError."""
        fetching = self._under_way[client] = asyncio.create_task(self._images.fitted(body))
        try:
            return await asyncio.wait_for(fetching, timeout)
        except asyncio.TimeoutError as late:
            message = f"The images of the call took longer than its timeout of {timeout:g} s."
            raise UpstreamError(504, message) from late
        except asyncio.CancelledError as left:
            if not fetching.cancelled():
                raise
            raise LeftEarly(400, "The client left before its images were fetched.") from left
        finally:
            self._under_way.pop(client, None)
