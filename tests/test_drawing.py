"""That a law draws the same examples whatever else is loaded, and others where it is asked to draw anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DRAWS = """
import hashlib, importlib, sys
from hypothesis import given, strategies as st
from tests.drawing import law

for name in sys.argv[1:]:
    importlib.import_module(name)
drawn = hashlib.sha256()

@law(200)
@given(st.lists(st.text() | st.integers().map(str) | st.binary().map(repr)))
def draw(texts):
    drawn.update(repr(texts).encode())

draw()
print(drawn.hexdigest())
"""


def draws(*modules: str, **variables: str) -> str:
    """What tells the examples of a law apart, drawn with these modules loaded."""
    done = subprocess.run(
        [sys.executable, "-c", DRAWS, *modules],
        cwd=Path(__file__).parents[1],
        env={"PYTHONHASHSEED": "random", **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_draws_are_the_same_whatever_is_loaded() -> None:
    assert draws() == draws() == draws("argo_addon.dialects", "argo_addon.gateway.gateway")


def test_they_are_others_where_they_are_drawn_anew() -> None:
    assert draws() != draws(ARGO_PROXY_LAWS="1")
