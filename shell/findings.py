"""What a check of `argo-proxy doctor` found."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "warning", "fails"]
OK: State = "ok"
WARNING: State = "warning"
FAILS: State = "fails"


class Finding(NamedTuple):
    """What one check found, and what to do about it (empty: nothing)."""

    check: str
    state: State
    found: str
    remedy: str = ""
