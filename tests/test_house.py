"""Rules of the house that no linter knows."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [path for folder in ("argo_addon", "daemon", "shell") for path in (ROOT / folder).rglob("*.py")]


def test_no_dependency_ships_a_package_of_one_of_our_names() -> None:
    """`daemon` is what python-daemon installs, and `shell` is nobody's either (house rules)."""
    clashes = {
        distribution.name
        for distribution in metadata.distributions()
        if distribution.name != "argo-proxy"
        for file in distribution.files or ()
        if file.parts[0] in ("daemon", "shell", "argo_addon", "daemon.py", "shell.py")
    }
    assert clashes == set()


@pytest.mark.parametrize(
    "module", ["argo_addon", "argo_addon.settings.model", "argo_addon.gateway.gateway", "shell.cli"]
)
def test_what_need_not_load_mitmproxy_does_not(module: str) -> None:
    code = f"import sys, {module}; sys.exit('mitmproxy' in sys.modules or 'tornado' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0


def test_importing_the_package_loads_nothing_else_of_ours() -> None:
    code = "import sys, argo_addon; sys.exit(len([name for name in sys.modules if name.startswith('argo_addon')]) - 1)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0


def test_files_stay_small() -> None:
    sizes = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: size for path, size in sizes.items() if size > 400} == {}
    assert sorted(sizes.values())[len(sizes) * 9 // 10] <= 300


def test_every_module_says_what_it_is() -> None:
    assert [path for path in SOURCES if not path.read_text().startswith('"""')] == []
