"""Whether a call that ARGO refuses since it is overloaded waits and is sent once more. Sans-IO.

Source: docs/decisions/0025-an-overloaded-argo.md, with what tools do by themselves.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from time import time

OVERLOADED = frozenset({429, 503, 529})
"""Statuses that ask for patience and say nothing of the request."""
LONGEST_WAIT = 10.0
"""Seconds that a call waits here at the most; a longer `retry-after` is told at once."""
SPARE = 10.0
SHARE = 0.1
"""So many retries are free, and as many more per call: with no bound they were a storm where ARGO is down for all."""
_FIRST, _LAST = 0.5, 8.0
"""Seconds between which waits grow where ARGO names none."""
_ENOUGH = 1e9


class RetryBudget:
    """The retries of all calls of one gateway."""

    def __init__(self) -> None:
        self._left = SPARE

    @property
    def is_spent(self) -> bool:
        """Whether there is no retry left."""
        return self._left < 1

    def earn(self) -> None:
        """One call more has set out."""
        self._left = min(self._left + SHARE, SPARE)

    def spend(self) -> bool:
        """Takes one retry, if there is one."""
        if self.is_spent:
            return False
        self.charge()
        return True

    def charge(self) -> None:
        """Takes one, for what has been done already: there may be less than none left."""
        self._left -= 1


def is_retry(headers: Mapping[str, str]) -> bool:
    """Whether a client says that it tries by itself, and has done so already (the openai and anthropic SDKs)."""
    return headers.get("x-stainless-retry-count", "0") != "0"


def wait_after(headers: Mapping[str, str], tries: int) -> float | None:
    """Seconds until the next try, given a refusal's headers and the tries before; None where it is not to be."""
    if headers.get("x-should-retry") == "false":
        return None
    named = _named(headers)
    if named is None:
        return min(_FIRST * 2.0**tries, _LAST) * random.uniform(0.5, 1.0)
    return named * random.uniform(1.0, 1.1) if named <= LONGEST_WAIT else None


def _named(headers: Mapping[str, str]) -> float | None:
    """Seconds that the headers name: `retry-after-ms`, or `retry-after` in seconds or as a date (RFC 9110, 10.2.3).

    What is no time to come names none: whoever says 0 each time would be asked as fast as the network goes.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return (seconds if seconds > 0 else None) if seconds == seconds else _ENOUGH
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
        if moment.tzinfo is None:  # in C's form, which has no zone; all of HTTP's dates are UTC's
            moment = moment.replace(tzinfo=timezone.utc)
        seconds = moment.timestamp() - time()
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if seconds > 0 else None
