"""Whether the servers that several gateways share answer: those of kept responses, of limits and of usage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from argo_addon.recording.ledger_books import BookProblem
from argo_addon.redaction import safe_target
from argo_addon.settings.model import Settings
from argo_addon.store.base import Bounds, StoreProblem

from .findings import FAILS, OK, Finding

_SECONDS = 3.0


def servers(settings: Settings) -> Iterator[Finding]:
    """A finding for each server that the configuration names, which is asked for something small."""
    named: tuple[tuple[str, object, Callable[[str], object]], ...] = (
        ("responses_store", settings.responses_store, _keeps_responses),
        ("usage_ledger", settings.usage_ledger, _keeps_usage),
        ("limits_store", settings.limits and settings.limits_store, _counts),
    )
    for key, where, ask in named:
        if not isinstance(where, str) or "://" not in where:
            continue
        try:
            ask(where)
        except (StoreProblem, BookProblem, ImportError, OSError, ValueError) as problem:
            remedy = f"start that server, or change {key}: argo-proxy config edit"
            yield Finding(key, FAILS, f"{safe_target(where)}: {problem}", remedy)
        else:
            yield Finding(key, OK, f"{safe_target(where)} answers")


def _keeps_responses(where: str) -> None:
    from argo_addon.store.opening import open_store  # not at the top: most have none

    store = open_store(where, Bounds())
    try:
        store.get("doctor", "doctor")
    finally:
        store.close()


def _keeps_usage(where: str) -> None:
    from argo_addon.recording import ledger  # likewise

    ledger.read(where, ("user",), "9999", "9999")


def _counts(where: str) -> None:
    import redis  # an extra

    try:
        with redis.Redis.from_url(where, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as server:
            server.ping()
    except redis.RedisError as problem:
        raise OSError(f"Redis (`limits_store`) does not answer: {problem}") from problem
