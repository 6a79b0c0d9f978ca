"""Where these tests can run: with the official SDKs at hand (the judges' environment), and with the recordings.

Everywhere else the files are not collected, or every test says why it is skipped.
"""

from __future__ import annotations

import gc
import importlib.util
from pathlib import Path

import pytest

from .recordings import FOLDER, RECORDED

HERE = Path(__file__).parent
gc.disable()  # until all tests are collected


def _there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of `google.genai`, where nothing of Google's is
        return False


IN_JUDGES_ENVIRONMENT = all(map(_there, ("openai", "anthropic", "httpx2", "google.genai")))

collect_ignore_glob = [] if IN_JUDGES_ENVIRONMENT else ["test_*.py"]


def pytest_report_header() -> str:
    if not IN_JUDGES_ENVIRONMENT:
        return "judged: NOT RUN, the official SDKs are not in this environment; use `make e2e`"
    return f"judged: {len(RECORDED)} recordings" if RECORDED else f"judged: no recordings in {FOLDER}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if RECORDED:
        return
    skip = pytest.mark.skip(reason="no recordings: set ARGO_PROXY_RECORDINGS to their folder")
    for item in items:
        if item.path.is_relative_to(HERE):  # the hook sees every test of the run
            item.add_marker(skip)


def pytest_collection_finish() -> None:
    """Thousands of tests are there to the end: the collector of garbage need not look through them again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()
