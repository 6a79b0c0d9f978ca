"""What is known of a conversation because it was written here: what it cannot hold need not be looked for in it.

Whoever writes one fills this in. It knows no dialect.
"""

from __future__ import annotations

import msgspec


class Outline(msgspec.Struct):
    """A conversation that translation has written.

    `longest_id` is how many characters the ids of its calls have at most, of letters, digits, `_` and `-`; `images`
    counts those in it; `signed_calls` says that calls in it may bear the signature of whoever made them. Its roles are
    system, user, assistant and tool, its messages have the members that the vendor documents, and none has a content of
    null.
    """

    longest_id: int = 0
    images: int = 0
    signed_calls: bool = False
