"""Stock mitmproxy with our scripts, though pipx puts neither python nor mitmweb on the path."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import httpx

from ..ports import free_port
from ..recording.making import file_of, flow_of
from .person import COMMAND, Person


def test_a_recording_is_read_by_stock_mitmdump_with_the_view(person: Person) -> None:
    body = {"model": "claude-opus-4.6", "max_tokens": 9, "messages": [{"role": "user", "content": "to Chicago"}]}
    path = file_of(person.home / "a.flow", flow_of("https://api.anthropic.com/v1/messages", body, {"content": []}))
    options = ("-n", "-r", str(path), "--flow-detail", "3", "--set", f"confdir={person.home}")
    said = person.run("mitmproxy", "mitmdump", *options, PATH="/usr/bin:/bin")
    assert "── answer" in said


def test_the_gateway_runs_in_stock_mitmdump(person: Person) -> None:
    person.config(argo_base_url="http://127.0.0.1:9", skip_url_validation=True)
    port = free_port()
    command = [COMMAND, "mitmproxy", "--gateway", "mitmdump", "--mode", f"reverse:http://argo@127.0.0.1:{port}", "-q",
               "--set", f"confdir={person.home}"]  # fmt: skip
    running = subprocess.Popen(command, env={**person.env, "PATH": "/usr/bin:/bin"})
    try:
        told: object = None
        for _ in range(600):
            try:
                told = httpx.get(f"http://127.0.0.1:{port}/version", trust_env=False).json()["name"]
                break
            except httpx.TransportError:
                time.sleep(0.05)
        assert told == "argo-proxy"
    finally:
        running.terminate()
        running.wait(20)


def test_the_scripts_paths_are_printed(person: Person) -> None:
    for name in ("gateway", "views"):
        path = Path(person.run("mitmproxy", "--path", name).strip())
        assert path.name.startswith("script")
        assert os.access(path, os.R_OK)
    assert "mitmweb" in person.run("mitmproxy", code=2)
