"""Who is asking: ARGO's rules about users (argo.md, "Endpoints and identity")."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .refusal import Refused

NOTICE = (
    "AUTHENTICATION NOTICE FROM ARGO: the username '{user}' is not registered for this service. "
    "Please request access before you go on."
)


class _Named(msgspec.Struct):
    user: object = None
    metadata: object = None


_NAMED = msgspec.json.Decoder(_Named)


def user_of(headers: Mapping[str, str], body: bytes, *, anthropic: bool) -> str:
    """The user that header and body agree on. Raises Refused."""
    if anthropic:
        told = headers.get("x-api-key", "")
    else:
        scheme, _, told = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused("Missing or invalid Authorization header: expected Bearer USER", 401)
    try:
        named = _NAMED.decode(body)
    except msgspec.MsgspecError as error:
        raise Refused(f"The request body is not a valid JSON object: {error}") from error
    if named.user != told:
        raise Refused(f"user: the body names {named.user!r}, the credentials {told!r}", 401)
    if anthropic and (not isinstance(named.metadata, dict) or named.metadata.get("user_id") != told):
        raise Refused("metadata.user_id: must be the user's name", 401)
    return well_formed(told)


def well_formed(user: object) -> str:
    """A username as ARGO takes it. Raises Refused."""
    if not isinstance(user, str) or not user or any(char.isspace() for char in user) or user.lower() == "cels":
        raise Refused(f"user: {user!r} is no valid username", 401)
    return user
