"""How Hypothesis draws: always the same examples, so that a run says the same twice; anew where ARGO_PROXY_LAWS is set.

ARGO_PROXY_LAWS is by how much more is drawn than usual (`make laws`).
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_MORE = os.environ.get("ARGO_PROXY_LAWS")

settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.register_profile("anew", deadline=None, print_blob=True)
settings.load_profile("anew" if _MORE else "fixed")


def law(examples: int) -> settings:
    """The settings of a law: so many examples, times ARGO_PROXY_LAWS."""
    return settings(
        max_examples=max(int(examples * float(_MORE or "1")), 1),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
