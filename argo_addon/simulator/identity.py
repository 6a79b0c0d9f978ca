"""Who calls: ARGO's credentials and the user in the body must be there and agree (argo.md, "Environments and
endpoints"). Knows no rule about what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from argo_addon.simulator.jsons import Json, JsonObject
from argo_addon.simulator.refusals import Refusal

NOTICE = (
    "*** AUTHENTICATION NOTICE FROM ARGO *** The user name '{user}' is not registered for the Argo API. From now on "
    "requests have to be made with a valid ANL domain user name. Please register, or contact the Argo team."
)

_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")
_REFUSED = frozenset({"cels"})
_BEARER = re.compile(r"Bearer +(.*)", re.IGNORECASE)
_KEYS = ("x-api-key", "api-key", "x-goog-api-key")


def check(headers: Mapping[str, str], body: JsonObject, needed: str | None) -> str:
    """The user. `needed` names the header that must hold it. Raises Refusal."""
    sent = {name: headers[name] for name in _KEYS if name in headers}
    if "authorization" in headers:
        found = _BEARER.fullmatch(headers["authorization"].strip())
        sent["authorization"] = found[1] if found is not None else ""
    if needed is not None and needed not in sent:
        raise Refusal(f"{needed}: header is required and holds the user name", 401)
    told: dict[str, Json] = {"user": body.get("user"), **sent}
    if needed == "x-api-key":
        metadata = body.get("metadata")
        told["metadata.user_id"] = metadata.get("user_id") if isinstance(metadata, dict) else None
    for place, value in told.items():
        if value is None:
            raise Refusal(f"{place}: the user name is missing")
        if not isinstance(value, str) or not _USER.fullmatch(value) or value.lower() in _REFUSED:
            raise Refusal(f"{place}: {value!r} is not a user name", 401)
    if len(set(told.values())) > 1:
        raise Refusal(f"the user names differ: {', '.join(told)}", 401)
    return str(told["user"])
