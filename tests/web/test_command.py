"""`argo-proxy web`, the real process over real HTTP: who gets in, what is shown, what comes later, how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from tornado.httpclient import HTTPClientError
from tornado.websocket import websocket_connect

from .browser import CHROMIUM, page
from .command import Shown, append, call, one, record, recordings, refusal, run, shown, until
from .recorded import write_recording
from .test_views import GENERATION, PICTURES, ROWS, open_tab


def names(web: Shown) -> list[str]:
    """The names that flows of `one` were given, in the order in which they are shown."""
    return [comment.rpartition("\n")[2] for comment in web.comments()]


def call_of(comment: str) -> str:
    """The number that a flow's comment begins with, and whether it is ARGO's side."""
    return " ".join(
        word for word in comment.split("\n")[0].split()[:3] if word.startswith("#") or word in ("to", "ARGO")
    )


HALF = record(one("half", 9))[:-100]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Shows a file whose last flow is half written."""
    home = tmp_path_factory.mktemp("home")
    write_recording(home / "a.flow", ["anthropic"])
    append(home / "a.flow", [HALF])
    with shown(home, "a.flow") as made:
        yield made
    assert not (home / ".mitmproxy").exists()


@pytest.mark.parametrize(
    "path", ["", "flows", "flows.json", "flows/dump", "static/app.js", "?token=", "flows?token=%C3%A9"]
)
def test_without_the_token_nobody_gets_in(web: Shown, path: str) -> None:
    answer = httpx.get(web.base + path, trust_env=False)
    assert answer.status_code == 403
    assert answer.text == "This needs the token: open the whole URL that `argo-proxy web` has printed.\n"
    assert "set-cookie" not in answer.headers


def test_a_change_without_the_token_is_refused(web: Shown) -> None:
    for headers in ({}, {"Cookie": "argo-proxy-web-1=x"}, {"X-XSRFToken": "a", "Cookie": "_xsrf=a"}):
        answer = httpx.post(f"{web.base}clear", content=b"x" * 100_000, headers=headers, trust_env=False)
        assert answer.status_code == 403
    assert len(web.comments()) == 2


def test_the_token_sets_a_cookie_that_does_as_well(web: Shown) -> None:
    name = f"argo-proxy-web-{httpx.URL(web.url).port}"
    with httpx.Client(trust_env=False) as client:
        (kept,) = (set_ for set_ in client.get(web.url).headers.get_list("set-cookie") if set_.startswith(f"{name}="))
        assert {"HttpOnly", "SameSite=Strict"} <= set(kept.split("; "))
        assert [flow["response"]["status_code"] for flow in client.get(f"{web.base}flows").json()] == [200, 200]
        client.cookies.set(name, "wrong", domain="127.0.0.1", path="/")
        assert client.get(f"{web.base}flows").status_code == 403


def test_the_websocket_wants_the_token_as_well(web: Shown) -> None:
    async def connect(query: str) -> None:
        connection = await websocket_connect(f"{web.base.replace('http', 'ws')}updates{query}")
        connection.close()
        assert await connection.read_message() is None

    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(connect(""))
    asyncio.run(connect(f"?token={web.token}"))


def test_bodies_are_shown_as_conversations(web: Shown) -> None:
    flow = web.get("flows").json()[0]["id"]
    answer = web.get(f"flows/{flow}/response/content/LLM.json").text
    assert "I read both." in answer
    assert "Anthropic stream" in answer


def test_a_half_written_flow_is_left_out_and_told(web: Shown) -> None:
    assert sorted(comment.split()[0] for comment in web.comments()) == ["client", "upstream"]
    assert f"a.flow ends within a flow: its last {len(HALF):,} bytes are left out" in web.said
    assert web.token not in web.said


def test_it_listens_on_loopback_only(web: Shown) -> None:
    connections = psutil.Process(web.process.pid).net_connections()
    listening = [each.laddr for each in connections if each.status == psutil.CONN_LISTEN]
    assert [address.ip for address in listening] == ["127.0.0.1"]
    assert [each for each in connections if each.type == socket.SOCK_DGRAM] == []


def test_nothing_is_sent_again(web: Shown) -> None:
    headers = {"X-XSRFToken": "abcd", "Cookie": "_xsrf=abcd; _mitmproxy_xsrf=abcd"}
    path = f"{web.base}flows/{web.get('flows').json()[0]['id']}/replay?token={web.token}"
    assert httpx.post(path, headers=headers, trust_env=False).status_code == 200
    first = web.get("flows").json()[0]
    assert (first["is_replay"], first["response"]["status_code"]) == (None, 200)
    until(lambda: "Nothing is sent again" in web.get("events").text)


def test_all_recordings_are_shown_the_newest_first_and_each_once(tmp_path: Path) -> None:
    folder = recordings(tmp_path)
    first, second, third, failed = (one(name, at) for at, name in enumerate(("first", "second", "third", "failed")))
    append(folder / "1.flow", [record(second, third)])
    append(folder / "2.flow", [record(first), HALF])
    append(folder / "failures" / "3.flow", [record(third)])
    append(folder / "failures" / "4.flow", [record(failed)])
    append(folder / "failures" / "5.flow", [b"no flow at all"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        with shown(tmp_path, "--port", str(port)) as web:
            assert web.base == f"http://127.0.0.1:{port}/"
            until(lambda: names(web) == ["failed", "third", "second", "first"])
            assert f"cannot listen on 127.0.0.1 port {port}: " in refusal(tmp_path, "--port", str(port))
            assert web.end(signal.SIGTERM) == 0


def test_what_is_recorded_later_comes_when_it_is_whole(tmp_path: Path) -> None:
    folder = recordings(tmp_path)
    append(folder / "1.flow", [record(one("stored", 0))])
    later = record(one("later", 1))
    with shown(tmp_path, "--live") as web:
        until(lambda: names(web) == ["stored"])
        append(folder / "1.flow", [later[:-1]])
        append(folder / "failures" / "2.flow", [record(one("failed", 2))])
        until(lambda: names(web) == ["failed", "stored"])
        append(folder / "1.flow", [later[-1:]])
        until(lambda: names(web) == ["failed", "later", "stored"])
        assert "ends within" not in web.said
        assert web.end(signal.SIGINT) == 0


def test_live_has_the_gateway_record_for_as_long_as_it_is_watched(tmp_path: Path) -> None:
    def records() -> bool:
        return bool(httpx.get(f"{gateway}/health", trust_env=False).json()["recording"]["all"])

    run(tmp_path, "start", "--demo", "--port", "0")
    try:
        gateway = json.loads(run(tmp_path, "status", "--json"))["url"]
        assert not records()
        with shown(tmp_path, "--live") as web:
            assert records()
            body = {"model": "argo:gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
            httpx.post(f"{gateway}/v1/chat/completions", json=body, trust_env=False).raise_for_status()
            until(lambda: len(web.comments()) == 2)
            assert sorted(call_of(comment) for comment in web.comments()) == ["#1", "#1 to ARGO"]
            assert web.end() == 0
            assert web.said == ""
        assert not records()
    finally:
        run(tmp_path, "stop")


def test_live_without_a_gateway_says_so_and_watches(tmp_path: Path) -> None:
    folder = recordings(tmp_path)
    with shown(tmp_path, "--live") as web:
        assert web.said.startswith("argo-proxy: note: no gateway runs.")
        append(folder / "1.flow", [record(one("later", 0))])
        until(lambda: names(web) == ["later"])


def test_without_recordings_it_says_how_there_will_be_some(tmp_path: Path) -> None:
    said = refusal(tmp_path)
    assert "nothing is recorded yet" in said
    assert "argo-proxy dump on" in said
    assert "argo-proxy start --dump-requests" in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path, "gone.flow") == "argo-proxy: gone.flow cannot be read: No such file or directory.\n"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")
def test_a_browser_shows_calls_as_they_come(tmp_path: Path) -> None:
    async def look(url: str, folder: Path) -> None:
        async with page(url, tmp_path / "profile") as opened:
            await opened.until("(document.body?.innerText || '').length > 20")
            append(folder / "1.flow", [record(one("later", 1))])
            await opened.until(f"{ROWS}.length == 1")
            assert "I read both." in await open_tab(opened, 0, "Response", "Anthropic stream")

    folder = recordings(tmp_path)
    with shown(tmp_path, "--live") as web:
        asyncio.run(look(web.url, folder))
        assert web.end(signal.SIGINT) == 0


def exchanges(home: Path, count: int) -> None:
    """Calls as the gateway records them, each with its own number."""
    run(home, "start", "--demo", "--port", "0", "--dump-requests")
    try:
        gateway = json.loads(run(home, "status", "--json"))["url"]
        for number in range(count):
            said = f"words of call {number + 1}"
            body = {"model": "claude-opus-4.6" if number else "nobody", "messages": [{"role": "user", "content": said}]}
            headers = {"user-agent": "codex_cli/1"}
            httpx.post(f"{gateway}/v1/chat/completions", json=body, headers=headers, trust_env=False)
    finally:
        run(home, "stop")


def test_one_call_is_opened_with_both_its_sides(tmp_path: Path) -> None:
    exchanges(tmp_path, 3)
    with shown(tmp_path, "2") as web:
        until(lambda: len(web.get("flows").json()) == 5)
        flows = {call_of(flow["comment"]): flow for flow in web.get("flows").json()}
        assert web.url.endswith(f"#/flows/{flows['#2']['id']}/request")
        assert flows["#2"]["comment"].split("\n")[0].split()[:3] == ["#2", "codex_cli", "claudeopus46"]
        assert "complete" in flows["#2"]["comment"].split("\n")[0].split()
        sides = web.get(f"flows/{flows['#2']['id']}/request/content/Sides.json").json()
        text = json.dumps(sides)
        for words in (
            "what the tool sent",
            "what ARGO got",
            "OpenAI Chat request",
            "Anthropic request",
            "words of call 2",
        ):
            assert words in text, words
    with shown(tmp_path, "--failed") as web:
        until(lambda: [call_of(comment) for comment in web.comments()] == ["#1"])
    with shown(tmp_path, "-n", "1") as web:
        until(lambda: {call_of(comment) for comment in web.comments()} == {"#3", "#3 to ARGO"})
    assert "there is no exchange 9" in refusal(tmp_path, "9")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")
def test_a_browser_shows_number_time_tool_model_and_outcome_as_columns(tmp_path: Path) -> None:
    async def look(url: str) -> None:
        async with page(url, tmp_path / "profile") as opened:
            await opened.until(f"{ROWS}.length == 5")
            heads = "[...document.querySelectorAll('.flow-table th')].map(head => head.textContent)"
            await opened.until(
                f"['Comment', 'Status'].every(name => {heads}.includes(name))"
            )  # options come a bit later
            rows = await opened.run(f"[...{ROWS}].map(row => row.innerText)")
            assert "#3" in rows[0], "the newest first"
            assert any(
                "#2" in row and "codex_cli" in row and "claudeopus46" in row and "complete" in row for row in rows
            )
            await opened.until("document.body.innerText.includes('words of call 2')")
            if PICTURES:
                await opened.picture(Path(PICTURES) / f"mitmweb-list-{GENERATION}.png")

    exchanges(tmp_path, 3)
    with shown(tmp_path, "2") as web:
        asyncio.run(look(web.url))
        assert web.end(signal.SIGINT) == 0


_TELLS_WHAT_IS_LOADED = """
import sys, click
echo = click.echo
def told(text, **more):
    echo(f"{text} {'after' if 'mitmproxy' in sys.modules else 'before'} mitmproxy", **more)
click.echo = told
from shell.cli import main
main()
"""


def test_the_address_is_there_before_mitmweb_is_loaded(tmp_path: Path) -> None:
    exchanges(tmp_path, 1)
    [_, _, _, *words], how = call(tmp_path, "web", "--port", "0")
    process = subprocess.Popen([sys.executable, "-c", _TELLS_WHAT_IS_LOADED, *words], stdout=subprocess.PIPE, **how)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert line.endswith(" before mitmproxy\n"), line
        url = line.split()[3]
        assert httpx.get(url, trust_env=False, timeout=30).status_code == 200, "who comes early waits in the line"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_thousands_of_calls_are_no_reason_to_wait(tmp_path: Path) -> None:
    exchanges(tmp_path, 2)
    [index] = tmp_path.rglob("index.jsonl")
    entry = json.loads(index.read_bytes().splitlines()[-1])
    part = index.parent / entry["file"]
    data = part.read_bytes()[entry["start"] :][: entry["size"]]
    lines = []
    for number in range(5000):
        entry.update(start=number * len(data))
        entry["meta"].update(number=number + 10, exchange=f"{number:032x}")
        lines.append(json.dumps(entry))
    part.write_bytes(data * 5000)
    index.write_text("\n".join(lines) + "\n")
    with shown(tmp_path) as web:
        assert web.get("flows").status_code == 200


SEEN = """(() => {
  const rows = [...document.querySelectorAll('.flow-table tr')].filter(row => row.querySelector('.col-comment'));
  const cells = rows.map(row => [...row.children].filter(cell => !cell.className.includes('filler')));
  const ends = (cell, text) => {
    const node = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode(), at = node?.data.indexOf(text) ?? -1;
    if (at < 0) return -1;
    const range = document.createRange();
    range.setStart(node, at); range.setEnd(node, at + text.length);
    const box = range.getBoundingClientRect(), within = cell.getBoundingClientRect();
    return box.right <= within.right ? Math.round(box.left) : -2;
  };
  const told = cells.slice(1).map(row => row.find(cell => cell.className.includes('col-comment')));
  return told.length < WANTED ? null : {
    heading: getComputedStyle(rows[0].querySelector('.col-comment'), '::before').content,
    columns: told.map(cell => TEXTS.map(text => ends(cell, text)).find(place => place != -1)),
  };
})()"""
"""Where on the screen texts of the list begin, in each row that has them; -2 is what is cut off."""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_the_list_has_its_columns_on_the_screen(tmp_path: Path) -> None:
    exchanges(tmp_path, 3)
    texts = ["to\u00a0ARGO", "codex_cli"], ["claudeopus46"], ["complete"]

    async def look(url: str) -> None:
        async with page(url, tmp_path / "profile") as opened:
            for column in texts:
                script = SEEN.replace("WANTED", "5").replace("TEXTS", json.dumps(column))
                found = await opened.until(script)
                assert all(word in found["heading"] for word in ("N", "tool", "model", "tokens", "outcome"))
                places = {place for place in found["columns"] if place is not None}
                assert places, column
                assert -2 not in places, (column, "is cut off")
                assert max(places) - min(places) < 24, (column, places)

    with shown(tmp_path) as web:
        asyncio.run(look(web.url))
