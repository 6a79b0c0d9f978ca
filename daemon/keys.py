"""The key with which this user's own commands, and the tools that they set up, come into the gateway that runs.

It loads little: `argo-proxy status` and `env` wait for it.
"""

from __future__ import annotations

from argo_addon.access import tokens
from argo_addon.settings.state import token_file

TYPE_CHECKING = False  # as in status.py
if TYPE_CHECKING:
    from .status import Record

ANY_USERNAME = "any username"
"""What a gateway asks for that asks ARGO as whom each client names."""


def key_of(record: Record) -> str:
    """The key that the record's gateway takes: its token, or the name of its user, which an open one takes as well."""
    if record.auth != "token":
        return record.user
    try:
        return tokens.current(token_file()) or record.user
    except tokens.TokenProblem:
        return record.user  # which is refused, and the refusal says what to do


def wanted(auth: str) -> str:
    """What clients need, in words."""
    return {
        "open": "none is needed",
        "username": "the username (client_auth: username)",
        ANY_USERNAME: "a username, as which ARGO is asked",
        "token": "the token (argo-proxy token shows it)",
    }.get(auth, auth)


def advice(auth: str, host: str, user: str) -> str | None:
    """What is to be known of who can come in at this address, and what to do; None where nothing is to be said."""
    if auth == "open" and not is_here(host):
        return (
            f"whoever can reach this machine can use ARGO as {user} through this port; `client_auth: token` in the "
            "config asks for a secret, `host: 127.0.0.1` keeps it to this machine"
        )
    if auth == "username":
        return (
            f"whoever can reach this machine and knows the name {user} can use ARGO by it; `client_auth: token` in the "
            "config asks for a secret instead"
        )
    return None


def is_here(host: str) -> bool:
    """Whether an address is one that only this machine reaches."""
    return host.startswith("127.") or host in ("::1", "localhost")
