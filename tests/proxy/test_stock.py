"""The addon under stock `mitmdump -s` and `mitmweb -s`, as docs/how-to/mitmproxy.md says."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from mitmproxy import connection, http
from mitmproxy.proxy import mode_specs

from argo_addon.addon import ArgoAddon
from argo_addon.settings.model import Settings

from ..ports import free_port
from ..running import STREAM, Upstream, chunk, json_answer, streamed

CHAT_STREAM = (Path(__file__).parent.parent / "fixtures" / "openai_chat" / "text.sse").read_bytes()
BODY = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("program", ["mitmdump", "mitmweb"])
def test_the_addon_works_under_stock_mitmproxy(argo: Upstream, tmp_path: Path, program: str) -> None:
    spec = importlib.util.find_spec("argo_addon.script")
    assert spec is not None
    assert spec.origin is not None
    config = {"config_version": "3", "user": "jdoe", "argo_base_url": argo.url, "skip_url_validation": True}
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    port = free_port()
    mode = f"reverse:https://argo.invalid@127.0.0.1:{port}"
    web = ["--no-web-open-browser", "--web-port", str(free_port())] if program == "mitmweb" else []
    command = [str(Path(sys.executable).with_name(program)), "-s", spec.origin, "--mode", mode]
    options = ["--set", "block_global=false", "--set", f"confdir={tmp_path}", *web]
    env = {**os.environ, "HOME": str(tmp_path)}
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen([*command, *options], cwd=tmp_path, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url + "/version", process, tmp_path / "log")
            argo.answer = lambda seen: streamed(CHAT_STREAM)
            assert httpx.post(url + "/v1/chat/completions", json=BODY, trust_env=False).content == CHAT_STREAM
            assert json.loads(argo.seen[-1].body)["user"] == "jdoe"
            long = {**BODY, "messages": [{"role": "user", "content": "a line\n" * 20}] * 5000}
            assert httpx.post(url + "/v1/chat/completions", json=long, trust_env=False).content == CHAT_STREAM
            assert json.loads(argo.seen[-1].body)["messages"] == long["messages"]
            argo.answer = lambda seen: [STREAM, chunk(CHAT_STREAM[:400]), b"no chunk\r\n"]
            cut = httpx.post(url + "/v1/chat/completions", json=BODY, trust_env=False)
            assert b'"error"' in cut.content
            argo.answer = lambda seen: [json_answer(b"<title>Down</title>", "503 Down", content_type="text/html")]
            assert httpx.post(url + "/v1/chat/completions", json=BODY, trust_env=False).status_code == 503
        finally:
            process.terminate()
            process.wait(10)
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_who_may_come_in_is_known_before_mitmproxy_tells_where_it_listens() -> None:
    addon = ArgoAddon(Settings(user="jdoe"))  # which listens everywhere, as far as the settings say
    for host, auth in (("192.0.2.1", "username"), ("127.0.0.1", "open")):
        mode = mode_specs.ProxyMode.parse(f"reverse:https://argo.invalid@{host}:8080")
        client = connection.Client(peername=("127.0.0.1", 1), sockname=(host, 8080), timestamp_start=0, proxy_mode=mode)
        addon.admit(http.Request.make("GET", "http://localhost/version"), client)
        assert addon.access.auth == auth


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until the program answers. Fails with its log if it ends or takes too long."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(f"it does not answer:\n{log.read_text()}")
