"""How Hypothesis draws: always the same examples, so that a run says the same twice; anew where ARGO_PROXY_LAWS is set.

ARGO_PROXY_LAWS is by how much more is drawn than usual (`make laws`). Hypothesis also draws the constants of whatever
modules are loaded, so that the examples of a law would hang on the tests that ran before it; where draws are fixed, it
does not (tests/test_drawing.py).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

T = TypeVar("T")
_MORE = os.environ.get("ARGO_PROXY_LAWS")

settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.register_profile("anew", deadline=None, print_blob=True)
settings.load_profile("anew" if _MORE else "fixed")
if not _MORE:
    _none = providers._local_constants  # while nothing has been looked through
    providers._get_local_constants = lambda: _none


def law(examples: int) -> settings:
    """The settings of a law: so many examples, times ARGO_PROXY_LAWS.

    Half of them where they are the same in each run: what they find is found the first time.
    """
    return settings(
        max_examples=max(int(examples * float(_MORE or "0.5")), 1),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def spread(things: Sequence[T], case: int, of: int) -> Sequence[T]:
    """Every `of`th of the things, beginning with another in each case; all of them where ARGO_PROXY_LAWS is set.

    For a table that is gone through in many cases (each dialect, each model): whatever is in it is tried in some of
    them, and in a long run in each.
    """
    return things if _MORE else things[case % of :: of]
