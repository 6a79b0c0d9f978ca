"""The limiter that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping

from .base import Limiter, UserLimits
from .local import LocalLimiter


class LimiterProblem(Exception):
    """The limiter cannot be had. Its text says why, and what to do."""


def open_limiter(limits: Mapping[str, int], where: str | None) -> Limiter | None:
    """What counts by these limits, at a URL of Redis or in this process; None without limits. Raises LimiterProblem."""
    made = UserLimits(**limits)
    if made == UserLimits():
        return None
    if where is None:
        return LocalLimiter(made)
    try:
        from .redis import RedisLimiter  # an extra, and not loaded for nothing

        return RedisLimiter(where, made)
    except ImportError as problem:
        told = f"`limits_store` needs a package that is not there: install argo-proxy[redis] ({problem})"
        raise LimiterProblem(told) from problem
    except ValueError as problem:
        raise LimiterProblem(f"`limits_store` cannot be used: {problem}") from problem
