"""Between which dialects an exchange was. It is apart from what makes flows, which a reader of files need not load."""

from __future__ import annotations

from ..dialects import RECORDED
from ..transcript.formats import dialect_by_path
from .metadata import ExchangeMetadata


def dialects_of(meta: ExchangeMetadata) -> str:
    """The client's dialect as people call it, and ARGO's where it is another."""
    there = dialect_by_path(meta.upstream)
    here = RECORDED.get(meta.client)
    client = meta.client if here is None else here.title
    way = {"websocket": " (WebSocket)", "background": " (background)"}.get(meta.way, "")
    same = there is None or RECORDED[there].title == client
    return f"{client}{way}" if same or there is None else f"{client}{way} > {RECORDED[there].title}"
