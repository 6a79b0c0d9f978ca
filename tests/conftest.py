"""For all tests: every warning is an error, except those of what mitmproxy brings, as it is first imported; laws draw
the same examples every time; the list of certificates is read once, not for each of some thousand short calls; what
is started here hears signals, also where a shell in the background has its programs ignore them; and every answer and
event of the Responses API that any test has made is held against the specification (open_responses.py).
"""

import functools
import gc
import os
import signal
import ssl
import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import httpx._transports.default as transports
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mitmproxy.addons  # noqa: F401

from argo_addon.dialects.openai_responses.dialect import OpenAIResponses
from argo_addon.dialects.openai_responses.stream_writer import ResponseWriter
from tests import drawing  # noqa: F401
from tests.open_responses import body_problems, stream_problems

gc.disable()  # until all tests are collected
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

_read = vars(transports)["create_ssl_context"]
_contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}


def _read_once(**asked: Any) -> ssl.SSLContext:
    """The context for a client; reading the certificates takes 50 ms of a call that takes 2."""
    key = *asked.items(), os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if key not in _contexts:
        _contexts[key] = _read(**asked)
    return _contexts[key]


vars(transports)["create_ssl_context"] = _read_once


def _judged(made: Callable[..., bytes], problems: Callable[[bytes], list[str]]) -> Callable[..., bytes]:
    """What makes an answer, or a part of one, held against the specification."""

    @functools.wraps(made)
    def judged(*given: Any) -> bytes:
        written = made(*given)
        assert problems(written) == []
        return written

    return judged


for _name in ("write", "fail", "keep_alive"):
    setattr(ResponseWriter, _name, _judged(getattr(ResponseWriter, _name), stream_problems))
setattr(OpenAIResponses, "encode_response", _judged(OpenAIResponses.encode_response, body_problems))  # noqa: B010


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, metavar="N", help="of each test's table N cases at most, spread over it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves cases out where `--cases` says so: for another Python, after all of them have been tried on this one."""
    most = config.getoption("cases")
    if most is None:
        return
    tables: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        tables[item.nodeid.partition("[")[0]].append(item)
    kept = {table[len(table) * n // most] for table in tables.values() for n in range(most)}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def pytest_collection_finish() -> None:
    """Ten thousand tests are there to the end: the collector of garbage need not look through them again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()
