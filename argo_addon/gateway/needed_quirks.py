"""Which quirks a conversation may need at all: one that is a megabyte is looked through once, not for each of them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..dialects.anthropic import outline_history as claude_history
from ..dialects.base import Fields
from ..dialects.openai_chat import outline_history as chat_history
from ..dialects.shared.outline import Outline
from ..models.catalogue import Profile

_OUTLINE_OF: dict[str, Callable[[Fields], Outline | None]] = {
    "anthropic": claude_history.outline_of,
    "openai_chat": chat_history.outline_of,
}


def needed(profile: Profile, fields: Fields, outline: Outline | None) -> Profile:
    """The profile but for what the conversation of a body need not be looked through for.

    `outline` is what is known of it, None where a client wrote it.
    """
    known = _OUTLINE_OF[profile.dialect](fields) if outline is None else outline
    if known is None:
        return profile
    ids_fit = profile.longest_id is None or known.longest_id <= profile.longest_id
    few_images = profile.max_images is None or known.images <= profile.max_images
    refused = profile.refused_message_fields
    return msgspec.structs.replace(
        profile,
        renames_developer=profile.renames_developer and known.developer,
        refused_message_fields=frozenset() if known.lacks is None or refused <= known.lacks else refused,
        null_content=profile.null_content or not known.null_content,
        system_in_conversation=profile.system_in_conversation or not known.system_inside,
        signed_calls=profile.signed_calls or not known.signed_calls,
        longest_id=None if ids_fit else profile.longest_id,
        max_images=None if few_images else profile.max_images,
        any_history=known.in_order,
    )
