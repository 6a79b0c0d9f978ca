"""Recordings are counted, kept and found."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from argo_addon.recording import index

from ..recording.making import file_of, flow_of
from .person import Person

SESSION = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"


@pytest.fixture
def url(person: Person) -> str:
    person.run("start", "--demo", "--port", "0", "--dump-requests")
    return str(person.status["url"])


def ask(url: str, said: str, model: str = "claude-opus-4.6", **headers: str) -> httpx.Response:
    body: dict[str, Any] = {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": said}]}
    return httpx.post(f"{url}/v1/messages", json=body, headers={"x-api-key": "jdoe", **headers}, trust_env=False)


def claude(url: str, said: str) -> None:
    """A turn of Claude Code, which names its session in the body."""
    blocks = [{"type": "text", "text": text} for text in ("<system-reminder>x</system-reminder>", said)]
    body: dict[str, Any] = {
        "model": "claude-opus-4.6",
        "max_tokens": 50,
        "metadata": {"user_id": f"user_1_account__session_{SESSION}"},
        "messages": [{"role": "user", "content": blocks}],
    }
    headers = {"x-api-key": "jdoe", "user-agent": "claude-cli/2"}
    httpx.post(f"{url}/v1/messages", json=body, headers=headers, trust_env=False)


def numbers(person: Person, *options: str) -> list[int]:
    return [facts["number"] for facts in person.data("flows", "list", "--json", "-n", "1000", *options)]


def test_exchanges_are_found_by_what_is_known_of_them(person: Person, url: str) -> None:
    ask(url, "the first about Chicago", **{"user-agent": "aider/1"})
    claude(url, "the second about Rome")
    claude(url, 'the third, quoted "so" and über')
    ask(url, "the fourth", model="no-such-model", **{"user-agent": "aider/1"})
    person.until(lambda: len(numbers(person)) == 4)
    for options, expected in (
        (("--tool", "claude"), [2, 3]),
        (("--model", "opus"), [1, 2, 3]),
        (("--grep", "chicago"), [1]),
        (("--grep", "CHICAGO"), None),
        (("--grep", 'quoted "so" and über'), [3]),
        (("--session", SESSION[:8]), [2, 3]),
        (("--session", "#2"), [2, 3]),
        (("--since", "1h"), [1, 2, 3, 4]),
        (("--until", "1h"), None),
        (("--failed",), [4]),
    ):
        if expected is None:
            person.run("flows", "list", *options, code=1)
        else:
            assert numbers(person, *options) == expected, options
    person.run("flows", "list", "--since", "yesterday", code=2)
    sessions = person.data("flows", "list", "--sessions", "--json")
    [ours] = [row for row in sessions if row["session"] == SESSION]
    assert (ours["calls"], ours["tool"], ours["words"]) == (2, "claude-cli", "the second about Rome")
    assert len(sessions) == 3
    used = {row["model"]: row for row in person.data("usage", "--json")}
    assert used["claudeopus46"]["calls"] == 3
    assert used["claudeopus46"]["output"] > 0
    assert "claudeopus46" in person.run("usage", "--by", "model")
    [day] = person.data("usage", "--by", "day", "--json")
    assert (day["calls"], day["failed"]) == (4, 1)
    assert time.strftime("%Y-%m-%d") in person.run("usage", "--by", "day")


def test_equal_failures_are_one_row_with_a_count_and_the_first_is_kept(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    url = str(person.status["url"])
    for _ in range(5):
        ask(url, "the same again", model="no-such-model")
    ask(url, "another", model="no-such-model")
    person.until(lambda: len(numbers(person)) == 2)
    listed = person.run("flows", "list").splitlines()
    assert len(listed) == 3
    assert "5 times" in listed[1]
    assert "times" not in listed[2]
    assert len(list(person.home.rglob("failures/*.flow"))) == 2
    person.run("restart")
    ask(str(person.status["url"]), "the same again", model="no-such-model")
    person.until(lambda: "6 times" in person.run("flows", "list"))


def test_an_exchange_that_is_kept_stays(person: Person, url: str) -> None:
    ask(url, "to be kept")
    person.until(lambda: numbers(person) == [1])
    person.run("flows", "keep", "1")
    person.run("stop")
    for path in person.home.rglob("flows*/*.flow"):
        path.unlink()
    assert numbers(person) == [1]
    assert "to be kept" in person.run("flows", "show", "1")
    person.run("flows", "keep", "1", "--off")
    person.run("flows", "show", "1", code=1)
    person.run("flows", "keep", "1", code=1)


def test_recordings_elsewhere_are_found_after_the_gateway_has_ended(person: Person, tmp_path: Path) -> None:
    person.run("start", "--demo", "--port", "0", f"--dump-requests={tmp_path / 'elsewhere'}")
    ask(str(person.status["url"]), "said elsewhere")
    person.until(lambda: numbers(person) == [1])
    person.run("stop")
    assert numbers(person) == [1]
    assert "said elsewhere" in person.run("flows", "show", "1")


def test_a_file_of_several_calls_is_replayed_one_by_one_or_on_demand(person: Person, tmp_path: Path) -> None:
    flows = [
        flow_of(
            "https://api.anthropic.com/v1/messages",
            {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [{"role": "user", "content": said}]},
            {"content": []},
        )
        for said in ("alpha", "beta", "gamma")
    ]
    path = str(file_of(tmp_path / "three.flow", *flows))
    said = person.run("replay", path, "--to", "demo", code=2)
    assert "3 calls" in said
    assert "--all" in said
    assert person.run("replay", path, "2", "--to", "demo").count("#") == 1
    assert person.run("replay", path, "--all", "--to", "demo").count("\n#") >= 2
    shown = person.run("flows", "show", path, "2")
    assert "beta" in shown
    assert "alpha" not in shown
    assert "has no exchange 9" in person.run("flows", "show", path, "9", code=1)
    person.run("flows", "export", path, "3", "--as", "curl", "-o", str(tmp_path / "one.sh"))
    assert "gamma" in (tmp_path / "one.sh").read_text()
    assert "name one behind it" in person.run("flows", "export", path, "--fixture", code=2)


def test_what_the_index_does_not_tell_is_read_from_the_files(person: Person, url: str) -> None:
    for said in ("one", "two", "three"):
        ask(url, said)
    person.until(lambda: numbers(person) == [1, 2, 3])
    person.run("stop")
    [path] = person.home.rglob(index.NAME)
    lines = path.read_bytes().splitlines(keepends=True)
    for left in (b"", lines[0], lines[0] + b'{"torn', b"garbage\n" + b"".join(lines[:2])):
        path.write_bytes(left)
        assert numbers(person) == [1, 2, 3]
        assert "two" in person.run("flows", "show", "2")


def test_another_file_in_the_place_of_a_part_is_read_anew(person: Person, url: str) -> None:
    for said in ("one", "two words", "three words more"):
        ask(url, said)
    person.until(lambda: numbers(person) == [1, 2, 3])
    person.run("stop")
    [path] = person.home.rglob(index.NAME)
    entries = sorted(map(json.loads, path.read_bytes().splitlines()), key=lambda entry: entry["start"])
    [part] = path.parent.glob("*.flow")
    data = part.read_bytes()
    one, two, three = (data[entry["start"] : entry["start"] + entry["size"]] for entry in entries)
    for left, kept in ((three + one + two, [1, 2, 3]), (two + three, [2, 3]), (data, [1, 2, 3])):
        part.write_bytes(left)
        assert numbers(person) == kept
        for number in kept:
            assert ("one", "two words", "three words more")[number - 1] in person.run("flows", "show", str(number))


def test_ten_thousand_exchanges_are_listed_without_loading_mitmproxy(person: Person, url: str) -> None:
    ask(url, "the model")
    person.until(lambda: numbers(person) == [1])
    person.run("stop")
    [path] = person.home.rglob(index.NAME)
    entry = json.loads(path.read_bytes())
    [part] = path.parent.glob("*.flow")
    data = part.read_bytes()
    lines = []
    for number in range(10_000):
        entry["meta"].update(number=number + 1, exchange=f"{number:032x}", failed=number % 100 == 0)
        entry.update(start=number * len(data))
        lines.append(json.dumps(entry))
    part.write_bytes(data * 10_000)
    path.write_text("\n".join(lines) + "\n")
    started = time.process_time()
    found = index.newest([path.parent], lambda path, start: pytest.fail("it reads the files"))
    assert time.process_time() - started < 2, "an order of magnitude more than it takes"
    assert len(found) == 10_000
    assert len(numbers(person, "--failed")) == 100


def test_what_is_new_in_a_turn_is_shown(person: Person, url: str) -> None:
    turns: list[dict[str, str]] = [{"role": "user", "content": "the first words"}]
    for more in ([], [{"role": "assistant", "content": "an answer"}, {"role": "user", "content": "the next words"}]):
        turns += more
        body = {"model": "claude-opus-4.6", "max_tokens": 50, "messages": turns}
        httpx.post(f"{url}/v1/messages", json=body, headers={"x-api-key": "jdoe"}, trust_env=False)
    person.until(lambda: numbers(person) == [1, 2])
    new = person.run("flows", "diff", "1", "2")
    assert "+ messages[2]" in new
    assert "the next words" in new
    assert "the first words" not in new


def test_a_call_is_replayed_with_members_changed(person: Person, url: str) -> None:
    ask(url, "to be changed")
    person.until(lambda: numbers(person) == [1])
    members = ("max_tokens=7", "messages[0].content=other words", 'stop_sequences=["x"]')
    options = [word for member in members for word in ("--set", member)]
    said = person.run("replay", "1", "--to", "demo", "--dry-run", *options)
    for words in ('"max_tokens": 7', '"content": "other words"', '"stop_sequences"', "~ max_tokens: 50 -> 7"):
        assert words in said, words
    assert "has no 9" in person.run(
        "replay", "1", "--to", "demo", "--dry-run", "--set", "messages[9].content=x", code=1
    )
    assert "is no member=value" in person.run("replay", "1", "--to", "demo", "--dry-run", "--set", "max_tokens", code=1)
    editor = person.home / "editor.sh"
    editor.write_text("#!/bin/sh\nsed -i 's/to be changed/edited words/' \"$1\"\n")
    editor.chmod(0o755)
    assert "edited words" in person.run("replay", "1", "--to", "demo", "--dry-run", "--edit", EDITOR=str(editor))
    assert "nothing is sent" in person.run("replay", "1", "--to", "demo", "--edit", EDITOR="true", code=1)
