"""Who the caller is to ARGO, and which of the caller's headers go there.

The client's own credentials never do (pitfalls 8.14): ARGO is told the configured username instead. Source: argo.md,
"Endpoints".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .. import __version__
from ..access.keys import is_username, keys_in
from ..dialects.base import Dialect, UpstreamHeaders
from ..errors import ClientError

_KEPT_BACK = frozenset(
    {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization",  # credentials
     "host", "content-length", "content-encoding", "accept-encoding", "expect",  # set anew, or no longer true
     "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",  # this hop's
     "forwarded", "via", "origin", "referer"}  # how the client got here
)  # fmt: skip
_KEPT_BACK_PREFIXES = (
    "x-forwarded-", "sec-", "cf-",  # how the client got here
    "openai-organization", "openai-project", "chatgpt-", "x-openai-", "x-codex-", "originator",  # whose account it is
    "session_id", "session-id", "thread_id", "thread-id", "conversation_id", "conversation-id",  # and which talk
    "x-claude-", "x-gemini-", "x-goog-",
    "argo-proxy-",  # what the gateway tells itself of a call
)  # fmt: skip
"""How headers begin that are no business of ARGO's, whatever is called."""
_CREDENTIAL = re.compile(r"key|token|auth|secret|cookie|credential|password|signature")
"""What is in a header's name that holds a credential, whichever gateway or cloud it was meant for."""
_OWN_PROVIDERS = ("openai-", "anthropic-", "x-anthropic-", "x-stainless-")
"""How headers begin that mean something to the provider of the dialect that they come with, and to no other."""


def user_of(headers: Mapping[str, str], target: str) -> str:
    """The ANL username that a client has given as its key (argo.md, "Endpoints"). Raises ClientError: 401."""
    user = next(iter(keys_in(headers, target)), "")
    if is_username(user):
        return user
    message = "This argo-proxy asks ARGO as the user whom you name: set your tool's API key to your ANL username"
    found = "found none" if not user else "what came is none"  # it may be a real key: it is not repeated
    raise ClientError(401, f"{message} ({found}).", kind="authentication_error", code="invalid_api_key")


def upstream_headers(
    client: Mapping[str, str], spoken: Dialect, dialect: UpstreamHeaders, user: str
) -> tuple[dict[str, str], list[str]]:
    """The headers of the upstream request, and what of the client's was replaced, in words.

    `client` has lower-case names; `spoken` is its dialect: what only its own provider understands goes to no other.
    The answer is asked for uncompressed, since it is read on its way (pitfalls 9.4).
    """
    named_here = {name.strip() for name in client.get("connection", "").lower().split(",")}
    kept_back = _KEPT_BACK_PREFIXES if spoken.name == dialect.name else (*_KEPT_BACK_PREFIXES, *_OWN_PROVIDERS)
    kept = {
        name: value
        for name, value in client.items()
        if name not in _KEPT_BACK
        and name not in named_here
        and not name.startswith(kept_back)
        and not _CREDENTIAL.search(name)
    }
    own, replaced = dialect.headers(client)
    agent = f"{client.get('user-agent', '')} argo-proxy/{__version__}".strip()
    return {
        **kept,
        **own,
        "content-type": "application/json",
        "accept-encoding": "identity",
        "user-agent": agent,
        **dialect.credentials(user),
    }, replaced
