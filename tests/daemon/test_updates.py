"""What installers say, and which versions are newer. A real upgrade was tried by hand; it needs an index."""

from __future__ import annotations

import json
import subprocess
import time
from itertools import pairwise
from typing import Any

import pytest

from argo_addon import __version__
from daemon import updates
from daemon.updates import News

ORDER = [
    "3.3.3",
    "4.0.0.dev0",
    "4.0.0.dev1",
    "4.0.0a1",
    "4.0.0b2",
    "4.0.0rc1",
    "4.0.0",
    "4.0.0.post1",
    "4.0.1",
    "4.10.0",
]


def test_versions_are_ordered_as_pep_440_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for older, newer in pairwise(ORDER):
        monkeypatch.setattr(updates, "__version__", older)
        assert News(newer, 0).newer, (older, newer)
        assert not News(older, 0).newer
        monkeypatch.setattr(updates, "__version__", newer)
        assert not News(older, 0).newer, (older, newer)


def answered(monkeypatch: pytest.MonkeyPatch, by: str, code: int, out: str = "", err: str = "") -> list[list[str]]:
    """Has the installer answer this; returns what it was asked."""
    asked: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, code, out, err)

    monkeypatch.setattr(updates, "installer", lambda: by)
    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_pip_is_asked_in_its_own_words_and_no_index_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    report = json.dumps({"version": "1", "install": [{"metadata": {"name": "argo-proxy", "version": "99.1"}}]})
    asked = answered(monkeypatch, "pip", 0, report)
    news = updates.check(pre=True)
    assert (news.latest, news.newer, news.problem) == ("99.1", True, None)
    assert "--pre" in asked[0]
    assert not any("index" in word or "://" in word for word in asked[0])


def test_uv_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, "uv tool", 0, err="Would install 1 package\n - argo-proxy==4.0.0\n + argo-proxy==99.2\n")
    assert updates.check(pre=False).latest == "99.2"
    answered(monkeypatch, "uv", 0, err="Audited 1 package\n")
    assert updates.check(pre=False).latest == __version__


def test_what_comes_along_is_told_by_uv_too(monkeypatch: pytest.MonkeyPatch) -> None:
    said = " - argo-proxy==4.0.0\n + argo-proxy==99.2\n - click==8.1\n + click==99.1\n + entirely-new==1.0\n"
    asked = answered(monkeypatch, "uv", 0, err=f"Would install 3 packages\n{said}")
    assert [(one.name, one.there) for one in updates.changes("99.2", pre=False) if not isinstance(one, str)] == [
        ("click", "99.1"),
        ("entirely-new", "1.0"),
    ]
    assert "--no-deps" not in asked[0]
    answered(monkeypatch, "uv", 0, err=" - argo-proxy==4.0.0\n + argo-proxy==99.2\n")
    assert updates.changes("99.2", pre=False) == []


@pytest.mark.parametrize(("code", "out", "err"), [
    (1, "", "ERROR: No matching distribution found for argo-proxy\n"), (0, "nonsense", ""), (0, "[]", ""), (2, "", ""),
])  # fmt: skip
def test_offline_is_a_sentence(monkeypatch: pytest.MonkeyPatch, code: int, out: str, err: str) -> None:
    answered(monkeypatch, "pip", code, out, err)
    news = updates.check(pre=False)
    assert news.latest is None
    assert news.problem
    assert "\n" not in news.problem


@pytest.mark.parametrize("by", ["pip", "pipx", "uv", "uv tool"])
def test_each_installer_has_a_command_to_upgrade(by: updates.Installer) -> None:
    plain, pre = updates.upgrade_command(by, pre=False), updates.upgrade_command(by, pre=True)
    assert plain is not None
    assert pre is not None
    assert "argo-proxy" in plain
    assert len(pre) > len(plain)
    assert updates.upgrade_command("folder", pre=False) is None


def test_what_was_found_out_is_kept_for_a_day(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert updates.remembered() is None
    updates.remember(News("99.1", int(time.time())))
    kept = updates.remembered()
    assert kept is not None
    assert kept.latest == "99.1"
    updates.remember(News("99.1", int(time.time() - updates.DAY - 1)))
    assert updates.remembered() is None
