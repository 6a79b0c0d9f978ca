"""What is asked of the gateway itself and takes some waiting, which whoever runs it does."""

from __future__ import annotations

import msgspec

from .messages import ClientRequest


class Refresh(msgspec.Struct, frozen=True):
    """The model list is to be read anew: fetch it, then call `Gateway.refreshed` or `Gateway.refresh_failed`."""


class Scrape(msgspec.Struct, frozen=True):
    """GET /metrics: load what writes them, then call `Gateway.scraped`."""

    accept: str


class CheckUpstream(msgspec.Struct, frozen=True):
    """GET /health?upstream=1: see whether ARGO answers, then call `Gateway.health`."""


class StatusPage(msgspec.Struct, frozen=True):
    """GET / of a browser: make the page, or the events that keep it fresh, if the client may see it."""

    request: ClientRequest
    live: bool


LocalWork = Refresh | Scrape | CheckUpstream
