"""The processes as fixtures: one simulator and one proxy for all tests, more proxies on demand.

ARGO_PROXY_COMMAND names the `argo-proxy` under test; ARGO_PROXY_E2E_REPEAT runs every test that many times.
ARGO_PROXY_E2E=all has the real tools run in every form (`make e2e-all`).
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .processes import Proxy, Simulator
from .shells import Desk
from .workshop import Workshop

REPEAT = int(os.environ.get("ARGO_PROXY_E2E_REPEAT") or "1")
IN_JUDGES_ENVIRONMENT = all(importlib.util.find_spec(name) for name in ("openai", "anthropic"))

collect_ignore_glob = [] if IN_JUDGES_ENVIRONMENT else ["test_*.py"]

MakeProxy = Callable[..., Proxy]


def pytest_report_header() -> str | None:
    if IN_JUDGES_ENVIRONMENT:
        return f"e2e: every test {REPEAT} time(s)"
    return "e2e: NOT RUN, the official SDKs are not in this environment; use `make e2e`"


REPEATED = re.compile(
    r"test_(coding_tools|codex\b|gemini_cli).*forced|test_stream_modes|(test_three_turns|test_the_loop_goes).*opencode"
    r"|test_a_session_is_compacted_twice.*claude"
    r"|test_(coding_tools\w*|codex|gemini_cli)\.py::test_(?!two_parallel).*haiku"
    r"|test_gemini_cli.*(settings-(?!gpt)|test_a_second_turn\[-)"
    r"|(interrupted_call\[opencode|second_turn\[thinking)-(?!gpt)"
    r"|(tool_was_killed|claude_code_and_opencode)\[opencode-(?!claude)|test_gemini_cli.*(was_killed|of_the_web)\[(?!claude)"
    r"|(tool_returns\[opencode-|test_gemini_cli.*tool_returns\[|test_on_gemini_cli\[)(?!gemini)"
)
"""The same loops once more: with forced conversion, in the other stream modes, on the slowest tool, on a second model
of a family, in a second way to set a tool up. Of the loops of OpenCode and Gemini CLI, which take longest to start, all
but the plain one go over one family, and not all over the same.
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves what is repeated to the long form."""
    if os.environ.get("ARGO_PROXY_E2E") == "all" or REPEAT > 1:
        return
    left = [item for item in items if REPEATED.search(item.nodeid) is not None]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(autouse=True, params=range(1, REPEAT + 1) if REPEAT > 1 else None)
def repetition(request: pytest.FixtureRequest) -> int:
    """Which of the repetitions this is."""
    return int(getattr(request, "param", 1))


@pytest.fixture(scope="session")
def started_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("simulator"))
    yield simulator
    code = simulator.stop()
    assert code == 0, f"the simulator did not end with 0:\n{simulator.process}"


@pytest.fixture
def simulator(started_simulator: Simulator) -> Iterator[Simulator]:
    """The simulator, with an empty log and good behaviour."""
    started_simulator.clear()
    yield started_simulator
    started_simulator.clear()


def settings_for(simulator: Simulator, **config: object) -> dict[str, object]:
    return {
        "config_version": "3",
        "user": "jdoe",
        "host": "127.0.0.1",
        "port": 0,
        "argo_base_url": simulator.base_url,
        **config,
    }


def _proxy_to_the_end(folder: Path, settings: dict[str, object]) -> Iterator[Proxy]:
    proxy = Proxy(folder, settings)
    yield proxy
    code = proxy.stop()
    assert code == 0, f"the proxy did not end with 0:\n{proxy.process}"
    assert "Traceback" not in proxy.process.output, str(proxy.process)


@pytest.fixture(scope="session")
def proxy(started_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy with an ordinary config, the same for all tests."""
    yield from _proxy_to_the_end(tmp_path_factory.mktemp("proxy"), settings_for(started_simulator))


@pytest.fixture(scope="session")
def forcing_proxy(started_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy that sends everything through the neutral form, the same for all tests."""
    settings = settings_for(started_simulator, force_conversion=True)
    yield from _proxy_to_the_end(tmp_path_factory.mktemp("forcing_proxy"), settings)


@pytest.fixture(scope="session")
def legacy_proxy(started_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy that asks ARGO by its legacy gateway, the same for all tests."""
    settings = settings_for(started_simulator, use_legacy_argo=True)
    yield from _proxy_to_the_end(tmp_path_factory.mktemp("legacy_proxy"), settings)


@pytest.fixture(scope="session")
def in_mode(
    started_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, bool], Proxy]]:
    """The proxies of the other stream modes, with `force_conversion` or without, each made once."""
    running: dict[tuple[str, bool], Proxy] = {}

    def made(mode: str, force: bool) -> Proxy:
        if (mode, force) not in running:
            settings = settings_for(started_simulator, anthropic_stream_mode=mode, force_conversion=force)
            running[mode, force] = Proxy(tmp_path_factory.mktemp(mode), settings)
        return running[mode, force]

    yield made
    for proxy in running.values():
        assert proxy.stop() == 0, f"the proxy did not end with 0:\n{proxy.process}"
        assert "Traceback" not in proxy.process.output, str(proxy.process)


@pytest.fixture
def gateway(request: pytest.FixtureRequest) -> Proxy:
    """The proxy that a test's parameter asks for: with `force_conversion` or without."""
    gateway: Proxy = request.getfixturevalue("forcing_proxy" if request.param else "proxy")
    return gateway


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A place for a coding tool. What a test leaves running there is ended."""
    workshop = Workshop(tmp_path)
    yield workshop
    workshop.close()


@pytest.fixture
def desk(workshop: Workshop, simulator: Simulator) -> Iterator[Desk]:
    """A home with a configuration for the simulator. A gateway that runs there is ended."""
    desk = Desk(workshop, simulator)
    yield desk
    desk.own("stop", "--timeout", "0")


@pytest.fixture
def make_proxy(started_simulator: Simulator, tmp_path: Path) -> Iterator[MakeProxy]:
    """Starts a proxy of its own for a test, with these keys of the config set otherwise."""
    running: list[Proxy] = []

    def make(**config: object) -> Proxy:
        folder = tmp_path / f"proxy{len(running)}"
        folder.mkdir()
        running.append(Proxy(folder, settings_for(started_simulator, **config)))
        return running[-1]

    yield make
    for proxy in running:
        assert proxy.stop() == 0, f"the proxy did not end with 0:\n{proxy.process}"
