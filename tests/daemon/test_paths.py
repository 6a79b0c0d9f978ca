"""Where files are: as platformdirs has it, which takes too long to load where it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from daemon import paths


@pytest.mark.parametrize("state", [None, "/elsewhere/state"])
def test_the_state_folder_is_the_one_of_platformdirs(monkeypatch: pytest.MonkeyPatch, state: str | None) -> None:
    monkeypatch.setenv("HOME", "/home/jdoe")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if state is not None:
        monkeypatch.setenv("XDG_STATE_HOME", state)
    assert paths.state_dir(platform="linux") == Unix(paths.APP, appauthor=False).user_state_dir
    assert paths.state_dir(platform="darwin") == MacOS(paths.APP, appauthor=False).user_state_dir


def test_a_relative_folder_is_ignored_since_the_daemon_works_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/jdoe")
    monkeypatch.setenv("XDG_STATE_HOME", "relative/state")
    assert paths.state_dir(platform="linux") == "/home/jdoe/.local/state/argoproxy"
    assert paths.log_dir().startswith("/home/jdoe/")


def test_no_folder_is_made_by_asking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for path in (paths.state_dir(), paths.log_dir(), paths.log_file(), paths.record_file(), paths.lock_file()):
        assert path.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
