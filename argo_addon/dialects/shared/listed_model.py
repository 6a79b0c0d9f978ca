"""A model as the lists of models show it, before a dialect writes it."""

from __future__ import annotations

import msgspec


class ListedModel(msgspec.Struct, frozen=True):
    """A model as a client's model list shows it. `created` is in seconds since 1970, 0 where unknown.

    `context` and `max_output` are in tokens, None where unknown (pitfalls 10.6); `embeds`: it makes no answers;
    `thinks`: it can be told how much to think, by one of `efforts`, from least to most.
    """

    id: str
    display_name: str
    created: int = 0
    owned_by: str = "argo"
    internal_id: str = ""
    context: int | None = None
    max_output: int | None = None
    embeds: bool = False
    thinks: bool = False
    efforts: tuple[str, ...] = ()
