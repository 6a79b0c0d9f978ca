"""Whether the servers that several gateways share answer: those of kept responses, of limits and of usage."""

from __future__ import annotations

from collections.abc import Iterator

from argo_addon.redaction import safe_target
from argo_addon.settings.model import Settings
from argo_addon.store.opening import POSTGRESQL, REDIS

from .findings import FAILS, OK, Finding

_SECONDS = 3


def servers(settings: Settings) -> Iterator[Finding]:
    """A finding for each server that the configuration names. It is greeted; nothing is made or changed there."""
    limits = settings.limits_store if settings.limits else None
    named = {
        "responses_store": settings.responses_store, "usage_ledger": settings.usage_ledger, "limits_store": limits
    }  # fmt: skip
    for key, where in named.items():
        if not isinstance(where, str) or not where.startswith((*REDIS, *POSTGRESQL)):
            continue
        try:
            problem, remedy = _problem_of(where), f"start that server, or change {key}: argo-proxy config edit"
        except ImportError as error:
            extra = "redis" if where.startswith(REDIS) else "postgresql"
            problem, remedy = str(error), f"pip install 'argo-proxy[{extra}]', where argo-proxy is installed"
        if problem:
            yield Finding(key, FAILS, f"{safe_target(where)}: {problem}", remedy)
        else:
            yield Finding(key, OK, f"{safe_target(where)} answers")


def _problem_of(where: str) -> str:
    """Why a server does not answer; nothing where it does. Raises ImportError where its extra is not installed."""
    if where.startswith(REDIS):
        import redis  # an extra, and not loaded for nothing

        try:
            with redis.Redis.from_url(where, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as server:
                server.ping()
        except (redis.RedisError, ValueError) as problem:
            return " ".join(str(problem).split())
        return ""
    import psycopg  # likewise

    try:
        psycopg.connect(where, connect_timeout=_SECONDS).close()
    except psycopg.Error as problem:
        return " ".join(str(problem).split())
    return ""
