"""What is known of a conversation: what it cannot hold need not be looked for in it.

Whoever writes one fills this in, or whoever has looked through one that a client wrote. It knows no dialect.
"""

from __future__ import annotations

import math

import msgspec

UNFIT = math.inf
"""How long the ids of a conversation are that has others than of letters, digits, `_` and `-`."""


class Outline(msgspec.Struct):
    """A conversation. As it is made, it says of one that translation has written what all of those have in common.

    `longest_id` is how many characters the ids of its calls have at most, of letters, digits, `_` and `-`; `images`
    counts those in it, or more; `signed_calls` says that calls in it may bear the signature of whoever made them,
    `developer` that there may be such a role, `null_content` that messages may have no content, `system_inside` that
    system messages may stand among the others. `lacks` are members that no message has, None for all that the vendor
    does not document. `in_order` says that nothing is in it that every Claude refuses: thoughts of others, texts that
    say nothing, many breakpoints, the model's word at its end.
    """

    longest_id: float = 0
    images: int = 0
    signed_calls: bool = False
    developer: bool = False
    null_content: bool = False
    system_inside: bool = False
    lacks: frozenset[str] | None = None
    in_order: bool = False
