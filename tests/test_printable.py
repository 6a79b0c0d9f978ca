"""What others wrote, as a terminal gets it."""

from __future__ import annotations

import logging

import pytest

from argo_addon.printable import printable
from daemon.logs import SafeFormatter

HOSTILE = ("\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r", "\x08", "\u202e", "\x00", "\u2028")


@pytest.mark.parametrize("word", HOSTILE)
def test_nothing_commands_a_terminal(word: str) -> None:
    shown = printable(f"ARGO says {word}no")
    assert word not in shown
    assert shown.startswith("ARGO says \\")


@pytest.mark.parametrize("word", HOSTILE)
def test_no_line_of_the_log_does_either_or_looks_like_another(word: str) -> None:
    said = f"no{word}\n2026-01-01 00:00:00 INFO all is well"
    line = SafeFormatter().format(logging.LogRecord("x", logging.INFO, "", 0, "ARGO: %s", (said,), None))
    assert word not in line
    assert all(later.startswith("    ") for later in line.split("\n")[1:])


def test_words_of_every_script_stay() -> None:
    assert printable("naïve 日本語 🙂\tx\ny") == "naïve 日本語 🙂\tx\ny"
