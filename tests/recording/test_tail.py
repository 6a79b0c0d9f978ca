"""Reading recordings: what is cut off, damaged, foreign, growing, there twice, or gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.flow import Flow
from mitmproxy.io import tnetstring

from argo_addon.recording.flow_files import Unreadable
from argo_addon.recording.tail import Recording, TailedFolders, in_file

from ..web.command import append, one, record

A, B = one("a", 0), one("b", 1)
NEWER = tnetstring.dumps({**A.get_state(), "version": 999})


def names(flows: list[Flow]) -> list[str]:
    return [flow.comment for flow in flows]


def test_each_cut_gives_the_whole_flows_before_it_and_then_the_rest(tmp_path: Path) -> None:
    whole = record(A, B)
    first = len(record(A))
    for cut in (0, 1, 5, 12, first - 1, first, first + 1, first + 6, len(whole) - 1, len(whole)):
        file = tmp_path / f"{cut}.flow"
        file.write_bytes(whole[:cut])
        recording = Recording(file)
        before = names(list(recording.flows()))
        assert before == ["a", "b"][: (cut >= first) + (cut >= len(whole))]
        assert (recording.torn() is None) == (cut in (0, first, len(whole)))
        append(file, [whole[cut:]])
        assert before + names(list(recording.flows())) == ["a", "b"]
        assert (recording.torn(), recording.has_more()) == (None, False)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "holds no recorded calls"),
        (b"a text", "is neither a flow file nor a HAR file"),
        (b"1234567890123456:", "ends within a flow"),
        (b"\x80\x04\x95", "is neither a flow file nor a HAR file"),
        (b"{}", "Unable to read HAR file"),
        (record(A)[:-1], "ends within a flow"),
        (b"3:abc,", "ends within a flow"),
        (b"0:}", "cannot be read"),
        (b"3:abc}", "cannot be read"),
        (NEWER, "999"),
    ],
)
def test_what_holds_no_flow_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "a.flow"
    file.write_bytes(content)
    with pytest.raises(Unreadable, match=problem) as raised:
        in_file(file, pytest.fail)
    assert str(raised.value).startswith(str(file))


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        in_file(tmp_path / "gone.flow", pytest.fail)
    with pytest.raises(Unreadable, match="Is a directory"):
        in_file(tmp_path, pytest.fail)


@pytest.mark.parametrize("damage", [b"0:}", b"3:abc}", NEWER])
def test_what_stands_before_damage_is_given_and_the_place_told(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "a.flow"
    file.write_bytes(record(A) + damage + record(B))
    said: list[str] = []
    assert names(in_file(file, said.append)) == ["a"]
    assert f"a.flow, from byte {len(record(A)):,} on," in said[0]


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_har_file_is_read(tmp_path: Path, start: str) -> None:
    from mitmproxy.addons.savehar import SaveHar

    file = tmp_path / "a.har"
    file.write_text(start + json.dumps(SaveHar().make_har([A, B])))
    found = in_file(file, pytest.fail)
    assert [flow.request.path for flow in found if isinstance(flow, http.HTTPFlow)] == ["/v1/messages"] * 2


def test_a_folder_gives_each_flow_once_and_what_comes_later(tmp_path: Path) -> None:
    failures = tmp_path / "failures"
    folder = TailedFolders([tmp_path / "none"], pytest.fail)
    assert list(folder.flows()) == []
    said: list[str] = []
    folder = TailedFolders([tmp_path], said.append)
    append(tmp_path / "1.flow", [record(A)])
    append(tmp_path / "notes.txt", [b"no"])
    append(tmp_path / "2.flow", [b"no"])
    assert names(list(folder.flows())) == ["a"]
    failures.mkdir()
    append(failures / "1.flow", [record(A, B)])
    assert names(list(folder.flows())) == ["b"]
    (tmp_path / "1.flow").unlink()
    assert list(folder.flows()) == []
    append(tmp_path / "1.flow", [record(C := one("c", 2))])
    assert names(list(folder.flows())) == ["c"]
    append(tmp_path / "1.flow", [record(C)[:-1]])
    assert list(folder.flows()) == []
    assert [line.split(" ends ")[0] for line in folder.torn()] == [str(tmp_path / "1.flow")]
    assert said == [f"note: {tmp_path / '2.flow'} is neither a flow file nor a HAR file"]


def test_a_file_that_is_begun_anew_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "a.flow"
    file.write_bytes(record(A, B))
    recording = Recording(file)
    assert names(list(recording.flows())) == ["a", "b"]
    file.write_bytes(record(B))
    assert names(list(recording.flows())) == ["b"]
