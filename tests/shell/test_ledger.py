"""`argo-proxy ledger`: what every call adds up to, by who asked, for what, with what and when, recorded or not."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from argo_addon.gateway.call_metrics import EndedCall
from argo_addon.recording.ledger import MOST_NAMES, Ledger, read
from argo_addon.recording.ledger_books import BookProblem, Sums
from daemon.paths import usage_ledger

from .. import servers
from ..ports import free_port
from ..proxy.talking import CHAT, CHAT_STREAM, MESSAGE, MESSAGES, events
from ..running import Seen, Step, Upstream, json_answer, streamed, upstream
from .test_serve import COMMAND, config, serving

FIGURES = ("calls", "failed", "input", "cache_read", "output")


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


def answer(seen: Seen) -> list[Step]:
    if b"fail" in seen.body:
        return [json_answer(b'{"error":{"message":"no","type":"x"}}', "500 No")]
    return streamed(*events(CHAT_STREAM)) if "chat" in seen.line else [json_answer(json.dumps(MESSAGE).encode())]


def ledger(home: Path, *arguments: str, code: int = 0) -> str:
    env = {**os.environ, "HOME": str(home)}
    done = subprocess.run([COMMAND, "ledger", *arguments], capture_output=True, text=True, env=env, cwd=home)
    assert done.returncode == code, done.stderr
    return done.stdout or done.stderr


def ask(url: str, user: str, tool: str, path: str = "/v1/messages", words: str = "hi") -> None:
    body = {**(CHAT if "chat" in path else {**MESSAGES, "stream": False})}
    body["messages"] = [{"role": "user", "content": words}]
    headers = {"x-api-key": user, "user-agent": f"{tool}/1.0"}
    httpx.post(url + path, json=body, headers=headers, trust_env=False, timeout=10)


def test_every_call_counts_for_its_user_model_tool_and_day(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = answer
    path = config(tmp_path, argo_base_url=argo.url, skip_url_validation=True, username_passthrough=True)
    with serving(str(path), cwd=tmp_path) as (process, url, _):
        for _ in range(3):
            ask(url, "alice", "claude-cli")
        ask(url, "alice", "claude-cli", words="fail")
        ask(url, "bob", "codex", "/v1/chat/completions")
        metrics = httpx.get(f"{url}/metrics", headers={"x-api-key": "bob"}, trust_env=False).text
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    usage = MESSAGE["usage"]
    read_back = usage.get("cache_read_input_tokens") or 0
    prompt = usage["input_tokens"] + read_back + (usage.get("cache_creation_input_tokens") or 0)
    by_user = {row["user"]: row for row in json.loads(ledger(tmp_path, "--by", "user", "--json"))}
    assert {name: by_user["alice"][name] for name in FIGURES} == dict(
        zip(FIGURES, (4, 1, 3 * prompt, 3 * read_back, 3 * usage["output_tokens"]), strict=True)
    )
    assert by_user["bob"]["calls"] == 1
    assert f'model="claudeopus46",tool="claude-cli",type="input"}} {3 * prompt:.1f}' in metrics
    (row,) = [row for row in csv.DictReader(io.StringIO(ledger(tmp_path, "--csv"))) if row["user"] == "alice"]
    assert (row["day"], row["model"], row["tool"]) == (time.strftime("%Y-%m-%d"), "claudeopus46", "claude-cli")
    assert (row["calls"], row["failed"]) == ("4", "1")
    assert "alice" in ledger(tmp_path, "--by", "user")
    assert ledger(tmp_path, "--until", "2020-01-01", code=1).count("\n") == 1


def test_a_gateway_that_is_killed_has_lost_no_more_than_moments(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = answer
    path = config(tmp_path, argo_base_url=argo.url, skip_url_validation=True)
    with serving(str(path), cwd=tmp_path) as (process, url, _):
        ask(url, "x", "codex", "/v1/chat/completions")
        end = time.monotonic() + 20
        while (
            "jdoe"
            not in subprocess.run(
                [COMMAND, "ledger", "--csv"], capture_output=True, text=True, env={**os.environ, "HOME": str(tmp_path)}
            ).stdout
        ):
            assert time.monotonic() < end
            time.sleep(0.3)
        process.kill()
    assert json.loads(ledger(tmp_path, "--json"))[0]["calls"] == 1


def test_nothing_that_is_said_is_in_it_and_it_can_be_switched_off(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = answer
    path = config(tmp_path, argo_base_url=argo.url, skip_url_validation=True, usage_ledger=False)
    with serving(str(path), cwd=tmp_path) as (process, url, _):
        ask(url, "x", "codex", words="unheard-of")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert "usage_ledger" in ledger(tmp_path, code=1)
    assert not [one for one in tmp_path.rglob("usage.*")]


def ended(**more: object) -> EndedCall:
    told = {"dialect": "anthropic", "model": "m", "tool": "t", "user": "u", "status": 200, "seconds": 1.0, **more}
    return EndedCall(**told)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Where usage is kept, fresh and of its own."""
    if request.param == "sqlite":
        yield tmp_path / "usage.sqlite"
    elif request.param == "redis":
        with servers.redis_server(tmp_path) as (url, _):
            yield url
    else:
        with servers.postgresql_server() as url:
            yield url


def test_several_gateways_add_to_one_book_at_once(where: Path | str) -> None:
    writers = [Ledger(where) for _ in range(3)]

    def write(writer: Ledger) -> None:
        for number in range(5):
            writer.add(ended(tokens={"input_tokens": 7, "output_tokens": None}))
            writer.add(ended(user=f"other{number}", failed=True, seconds=0.5, tool="odd \0 'tool'"))
            assert writer.write(writer.take()) == {}

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, writers))
    day = time.strftime("%Y-%m-%d")
    rows = {row["user"]: row for row in read(where, ("user",))}
    assert {name: rows["u"][name] for name in ("calls", "failed", "input", "output", "seconds")} == {
        "calls": 15, "failed": 0, "input": 105, "output": 0, "seconds": 15.0,
    }  # fmt: skip
    assert [type(rows["u"][name]) for name in FIGURES] == [int] * len(FIGURES)
    (all_of_it,) = read(where, ("day",), since=day, until=day)
    assert (all_of_it["day"], all_of_it["calls"], all_of_it["failed"]) == (day, 30, 15)
    assert read(where, ("tool", "user"), until="2020-01-01") == []
    told = read(where, ("tool", "user"))
    assert list(told[0])[:2] == ["user", "tool"], "in their usual order, however they are asked for"
    assert [row["user"] for row in told] == sorted(str(row["user"]) for row in told)
    assert writers[0].today()[0]["calls"] == 30
    if isinstance(where, Path):
        assert where.stat().st_mode & 0o077 == 0
    for writer in writers:
        writer.close()


@pytest.mark.parametrize("where", ["redis", "postgresql"], indirect=True)
def test_what_a_server_has_added_without_a_word_is_added_once(
    where: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Ledger(where)
    add = writer._book.add

    def lost(sums: Sums, batch: str) -> None:
        add(sums, batch)
        raise BookProblem("the connection is gone")

    monkeypatch.setattr(writer._book, "add", lost)
    writer.add(ended(tokens={"input_tokens": 7}))
    for _ in range(3):
        writer.give_back(writer.write(writer.take()))
        writer.add(ended(tokens={"input_tokens": 1}))
    monkeypatch.setattr(writer._book, "add", add)
    writer.close()
    (row,) = read(where, ("user",))
    assert (row["calls"], row["input"], row["seconds"]) == (4, 10, 4.0)


def test_gateways_that_share_a_server_are_summed_up_anywhere(tmp_path: Path, argo: Upstream) -> None:
    argo.answer = answer
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with servers.redis_server(tmp_path) as (redis, _):
        for name in ("one", "two"):
            settings = {"argo_base_url": argo.url, "skip_url_validation": True, "usage_ledger": redis}
            path = config(tmp_path / name, **settings)
            with serving(str(path), cwd=tmp_path / name) as (process, url, _):
                ask(url, "alice", "codex")
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=10)
        (row,) = json.loads(ledger(tmp_path / "two", "--by", "tool", "--json"))
        assert (row["tool"], row["calls"]) == ("codex", 2)
    assert "usage_ledger" in ledger(tmp_path / "two", code=1), "the server is away"


def test_a_server_that_is_away_is_written_to_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    writer = Ledger(f"redis://127.0.0.1:{port}/0")
    writer.add(ended())
    writer.give_back(writer.write(writer.take()))
    assert "Redis (`usage_ledger`) cannot be used" in caplog.text
    with servers.redis_server(tmp_path, port) as (url, _):
        writer.close()
        assert read(url, ("user",))[0]["calls"] == 1
    writer = Ledger(url)
    writer.add(ended())
    writer.close()
    assert "the usage of 1 calls is lost" in caplog.text


def test_a_file_that_cannot_be_written_loses_no_call(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "folder" / "usage.sqlite"
    path.parent.write_text("in the way")
    writer = Ledger(path)
    for _ in range(3):
        writer.add(ended())
        writer.give_back(writer.write(writer.take()))
    assert len([one for one in caplog.records if "usage" in one.message]) == 1, "told once"
    path.parent.unlink()
    writer.write(writer.take())
    assert read(path, ("day",))[0]["calls"] == 3
    writer.close()


def test_tools_that_name_themselves_anew_do_not_fill_it(tmp_path: Path) -> None:
    writer = Ledger(tmp_path / "usage.sqlite")
    for number in range(MOST_NAMES + 100):
        writer.add(ended(tool=f"tool{number}"))
    writer.write(writer.take())
    rows = read(tmp_path / "usage.sqlite", ("tool",))
    assert len(rows) <= MOST_NAMES + 1
    assert sum(int(str(row["calls"])) for row in rows) == MOST_NAMES + 100
    writer.close()


def test_failures_under_made_up_names_do_not_fill_it(tmp_path: Path) -> None:
    writer = Ledger(tmp_path / "usage.sqlite")
    for number in range(MOST_NAMES + 100):
        writer.add(ended(user=f"user{number}", model=f"gpt-{number}", failed=True, status=404))
    writer.add(ended(user="alice"))
    writer.write(writer.take())
    rows = read(tmp_path / "usage.sqlite", ("user", "model", "tool"))
    assert len(rows) == MOST_NAMES + 2
    assert sum(int(str(row["calls"])) for row in rows) == MOST_NAMES + 101
    assert [row["model"] for row in rows if row["user"] == "alice"] == ["m"]
    writer.close()


def test_no_name_is_a_formula_in_a_table(tmp_path: Path) -> None:
    """Tools name themselves, and the table may be opened by a program that calculates."""
    name = os.path.basename(usage_ledger())
    writer = Ledger(tmp_path / ".local" / "state" / "argoproxy" / name)
    for tool in ("=1+2", "+1", "-1", "@sum", 'quo"ted,', "plain"):
        writer.add(ended(tool=tool))
    writer.write(writer.take())
    writer.close()
    told = [row["tool"] for row in csv.DictReader(io.StringIO(ledger(tmp_path, "--csv")))]
    assert set(told) == {"'=1+2", "'+1", "'-1", "'@sum", 'quo"ted,', "plain"}
    assert {row["tool"] for row in json.loads(ledger(tmp_path, "--json"))} >= {"=1+2", "plain"}


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ".local" / "state" / "argoproxy"
    if sys.platform == "darwin":
        folder = tmp_path / "Library" / "Application Support" / "argoproxy"
    folder.mkdir(parents=True)
    env = {**os.environ, "HOME": str(tmp_path)}
    code = "from daemon.paths import usage_ledger; print(usage_ledger())"
    path = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env).stdout.strip()
    Path(path).write_text("no database" * 100)
    with pytest.raises(BookProblem):
        read(Path(path), ("user",))
    assert "cannot be used" in ledger(tmp_path, code=1)
