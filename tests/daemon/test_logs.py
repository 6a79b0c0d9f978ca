"""The log: its end over several parts, following it over a rotation, a disk that is full."""

from __future__ import annotations

import itertools
import logging
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from daemon import logs


def test_the_end_of_a_log_goes_back_into_its_older_parts(tmp_path: Path) -> None:
    (tmp_path / "a.log.2").write_bytes(b"1\n2\n")
    (tmp_path / "a.log.1").write_bytes(b"3\n4\n")
    (tmp_path / "a.log").write_bytes(b"5\n6")
    path = str(tmp_path / "a.log")
    assert logs.tail(path, 1) == [b"6"]
    assert logs.tail(path, 3) == [b"4\n", b"5\n", b"6"]
    assert logs.tail(path, 100) == [b"1\n", b"2\n", b"3\n", b"4\n", b"5\n", b"6"]
    assert logs.tail(path, 0) == []


def test_the_end_of_a_large_log_is_right_at_every_block_edge(tmp_path: Path) -> None:
    lines = [b"x" * (number % 300) + b"\n" for number in range(2000)]
    (tmp_path / "a.log").write_bytes(b"".join(lines))
    for count in (1, 7, 500, 1999, 2000, 3000):
        assert logs.tail(str(tmp_path / "a.log"), count) == lines[-count:]


def test_following_goes_on_where_a_new_part_begins(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"old\n")
    got: list[bytes] = []
    enough = threading.Event()

    def follow() -> None:
        for data in logs.follow(str(path), pause=0.01):
            got.append(data)
            if b"third" in data:
                enough.set()
                return

    following = threading.Thread(target=follow, daemon=True)
    following.start()
    threading.Event().wait(0.1)
    with path.open("ab") as file:
        file.write(b"first\n")
    path.rename(tmp_path / "a.log.1")
    with (tmp_path / "a.log.1").open("ab") as file:
        file.write(b"second\n")
    path.write_bytes(b"third\n")
    assert enough.wait(5)
    assert b"".join(got) == b"first\nsecond\nthird\n"


def test_a_part_is_limited_and_so_is_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "PART", 1000)
    log = logs.LogFile(str(tmp_path / "deep" / "a.log"))
    for number in itertools.islice(itertools.count(), 200):
        log.emit(logging.LogRecord("x", logging.INFO, "", 0, f"line {number} {'x' * 50}", None, None))
    log.close()
    sizes = [path.stat().st_size for path in (tmp_path / "deep").iterdir()]
    assert len(sizes) == 1 + logs.OLDER_PARTS
    assert max(sizes) <= 1000
    assert (tmp_path / "deep" / "a.log").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_noted_and_nothing_is_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").symlink_to("/dev/full")
    log = logs.LogFile(str(tmp_path / "a.log"))
    for _ in range(3):
        log.emit(logging.LogRecord("x", logging.INFO, "", 0, "text", None, None))
    with suppress(OSError):
        log.close()
    assert log.problem == "No space left on device"
    assert capsys.readouterr().err == ""
