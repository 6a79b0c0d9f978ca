"""The files of a recording: parts, their limits, torn ends, a disk that is full."""

from __future__ import annotations

import fcntl
import functools
import io
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mitmproxy.flow import Flow
from mitmproxy.io import FlowWriter, tnetstring

from argo_addon.recording import flow_files
from argo_addon.recording.flow_files import (
    Parts,
    Unreadable,
    add_failure,
    cut_torn_end,
    next_number,
    record_ends,
    whole_end,
)
from argo_addon.recording.record_values import values_in
from argo_addon.recording.tail import in_file

from .making import file_of, flow_of

_open: list[Parts] = []


def opened(folder: Path) -> Parts:
    """Parts that are closed at the test's end."""
    _open.append(Parts(folder))
    return _open[-1]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _open:
        _open.pop().close()


def read(path: Path) -> tuple[list[Flow], list[str]]:
    """The flows of a file, and what is said of its end."""
    said: list[str] = []
    return in_file(path, said.append), said


@functools.cache
def record(body: str = "x") -> bytes:
    file = io.BytesIO()
    FlowWriter(file).add(flow_of("http://a/v1/messages", {"said": body}))
    return file.getvalue()


def test_a_part_ends_by_its_count_and_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_files, "PART_COUNT", 3)
    parts = opened(tmp_path)
    for _ in range(7):
        parts.add(record())
    assert [len(read(path)[0]) for path in sorted(tmp_path.glob("*.flow"))] == [3, 3, 1]
    monkeypatch.setattr(flow_files, "PART_BYTES", 2 * len(record()))
    parts = opened(tmp_path / "other")
    for _ in range(5):
        parts.add(record())
    assert [len(read(path)[0]) for path in sorted((tmp_path / "other").glob("*.flow"))] == [2, 2, 1]


def test_the_oldest_parts_go_beyond_the_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_files, "PART_BYTES", 10_000)
    monkeypatch.setattr(flow_files, "TOTAL_BYTES", 30_000)
    parts = opened(tmp_path)
    for number in range(12):
        parts.add(record(f"{number} " + "y" * 6000))
    left = sorted(tmp_path.glob("*.flow"))
    assert sum(path.stat().st_size for path in left) <= 30_000
    assert b'"11 y' in left[-1].read_bytes()


def test_the_oldest_parts_go_first_where_the_clock_was_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_files, "PART_BYTES", 10_000)
    monkeypatch.setattr(flow_files, "TOTAL_BYTES", 30_000)
    for number, year in enumerate((2031, 2031, 2029, 2028, 2028, 2027)):
        monkeypatch.setattr(time, "strftime", functools.partial(_said_by_the_clock, year))
        parts = opened(tmp_path)
        parts.add(record(f"{number} " + "y" * 6000))
        parts.close()
    left = [path.read_bytes() for path in sorted(tmp_path.glob("*.flow"))]
    assert [re.findall(rb"(\d) yyy", data) for data in left] == [[b"3"], [b"4"], [b"5"]]


def _said_by_the_clock(year: int, form: str) -> str:
    return f"{year}0101-000000"


def test_a_torn_end_is_cut_off_before_anything_is_added(tmp_path: Path) -> None:
    path = tmp_path / "20200101-000000-0000.flow"
    path.write_bytes(record() + record() + record()[:-7])
    assert len(read(path)[0]) == 2
    assert f"{len(record()) - 7:,} bytes" in read(path)[1][0]
    parts = opened(tmp_path)
    parts.add(record())
    assert path.read_bytes() == record() + record()
    parts.close()
    assert [len(read(one)[0]) for one in sorted(tmp_path.glob("*.flow"))] == [2, 1]


@pytest.mark.parametrize(
    "torn", [b"1", b"12", b"12:", b"99999:abc", b"5:hello", b"5:hellox", b"\0\0\0", b"999999999999999:"]
)
def test_whatever_is_torn_the_whole_records_stay(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "a.flow"
    path.write_bytes(record() + torn)
    assert len(read(path)[0]) == 1
    assert cut_torn_end(path) == len(torn)
    assert path.read_bytes() == record()


def test_a_part_that_was_removed_is_begun_anew(tmp_path: Path) -> None:
    parts = opened(tmp_path)
    parts.add(record())
    for path in tmp_path.glob("*.flow"):
        path.unlink()
    parts.add(record())
    [path] = tmp_path.glob("*.flow")
    assert len(read(path)[0]) == 1


def test_a_part_that_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "20200101-000000-0000.flow"
    path.write_bytes(record() + record()[:-7])
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        opened(tmp_path).add(record())
        assert path.read_bytes() == record() + record()[:-7]


def test_what_a_crash_left_behind_is_put_in_order(tmp_path: Path) -> None:
    torn, draft, fresh = tmp_path / "1.flow", tmp_path / "000003.77.draft", tmp_path / "000004.78.draft"
    torn.write_bytes(record() + b"77:half")
    draft.write_bytes(b"77:half")
    fresh.write_bytes(b"77:half")
    os.utime(draft, (1, 1))
    flow_files.mend(tmp_path)
    assert torn.read_bytes() == record()
    assert (draft.exists(), fresh.exists()) == (False, True)


def test_a_disk_that_is_full_leaves_a_file_that_can_be_read(tmp_path: Path) -> None:
    parts = opened(tmp_path)
    parts.add(record())
    with largest_file(len(record()) + 100), pytest.raises(OSError, match="large"):
        parts.add(record())
    parts.add(record("again"))
    [path] = tmp_path.glob("*.flow")
    assert len(read(path)[0]) == 2


def test_a_failure_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    with largest_file(50), pytest.raises(OSError, match="large"):
        add_failure(tmp_path, 1, record())
    assert list(tmp_path.iterdir()) == []


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Files cannot grow beyond this, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_numbers_go_on_over_processes_and_after_a_damaged_count(tmp_path: Path) -> None:
    assert [next_number(tmp_path) for _ in range(3)] == [1, 2, 3]
    (tmp_path / "number").write_text("no number")
    assert next_number(tmp_path) == 1


def test_what_is_no_recording_is_told_by_its_name(tmp_path: Path) -> None:
    for name, data in (("a.flow", b"hello"), ("b.har", b"{}"), ("c.flow", b"5:hello,")):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(Unreadable, match=name):
            read(path)
    with pytest.raises(Unreadable, match=r"nothing\.flow"):
        read(tmp_path / "nothing.flow")
    with pytest.raises(Unreadable, match=str(tmp_path)):
        read(tmp_path)


def test_a_file_ends_where_its_last_whole_record_does(tmp_path: Path) -> None:
    with file_of(tmp_path / "a.flow", flow_of("http://a/b", {})).open("rb") as file:
        assert whole_end(file) == (tmp_path / "a.flow").stat().st_size


def test_showing_recordings_loads_neither_a_client_nor_mitmproxy_nor_what_answers_calls() -> None:
    loads = (
        "import sys, argo_addon.recording.explain, argo_addon.recording.plain_exchange; "
        "print([one for one in sys.modules if one.startswith(%r)])"
    )
    heavy = ("httpx", "mitmproxy", "cryptography", "argo_addon.proxy", "argo_addon.images")
    said = subprocess.run([sys.executable, "-c", loads % (heavy,)], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_records_are_read_as_mitmproxy_reads_them(tmp_path: Path) -> None:
    flows = [flow_of(f"http://a/{number}", {"say": "ü" * number}, {"n": number}) for number in range(3)]
    flows[1].metadata["all"] = {"none": None, "yes": True, "no": False, "some": [1, -2, 0.5, "", b"\xff"], "": {}}
    data = file_of(tmp_path / "a.flow", *flows).read_bytes()
    read, file = values_in(data), io.BytesIO(data)
    assert read == [tnetstring.load(file) for _ in flows]
    ends = [0, *record_ends(io.BytesIO(data))]
    for size in range(0, len(data), 7):
        if size in ends:
            assert values_in(data[:size]) == read[: ends.index(size)]
        else:
            with pytest.raises(ValueError, match=r"."):
                values_in(data[:size])
    for torn in (b"5:abc", b"x", b"3:abc", b"1:a#", b"4:true~", b"99999999999999:a", b"1:1?"):
        with pytest.raises(ValueError, match=r"."):
            values_in(torn)
