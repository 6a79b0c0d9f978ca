"""The real Open WebUI, set up by `argo-proxy run open-webui`, and as one who speaks to a local Ollama.

It brings 7 GB, so it is in an environment of its own: `make e2e-open-webui`. ARGO_PROXY_OPEN_WEBUI is the folder of its
executable (default .cache/open-webui/bin).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_port

from .processes import ROOT, Process, Simulator, clean_environment, command
from .shells import Desk

FOLDER = Path(os.environ.get("ARGO_PROXY_OPEN_WEBUI") or ROOT / ".cache" / "open-webui" / "bin").absolute()
START_SECONDS = 300
MODELS = ("gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6")
QUIET = {"WEBUI_AUTH": "False", "OFFLINE_MODE": "True", "HF_HUB_OFFLINE": "1", "WEBUI_SECRET_KEY": "x",
         "NO_PROXY": "127.0.0.1"}  # fmt: skip
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "bash", "parameters": {
    "type": "object", "properties": {"command": {"type": "string"}}}}}  # fmt: skip


def opened(desk: Desk, words: list[str], **more: str) -> Iterator[httpx.Client]:
    """A client of Open WebUI, which runs by these words, signed in as its only user."""
    port = free_port()
    path = f"{FOLDER}{os.pathsep}{os.environ['PATH']}"
    environ = clean_environment(desk.home, **{**QUIET, "PATH": path, "DATA_DIR": str(desk.home / "data"), **more})
    process = Process([*words, "serve", "--host", "127.0.0.1", "--port", str(port)], desk.work, environ)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            end = time.monotonic() + START_SECONDS
            while True:
                assert time.monotonic() < end, str(process)
                try:
                    if client.get("/api/version").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.5)
            signed = client.post("/api/v1/auths/signin", json={"email": "admin@localhost", "password": "admin"})
            client.headers["authorization"] = f"Bearer {signed.raise_for_status().json()['token']}"
            yield client
    finally:
        process.stop()


def asked(client: httpx.Client, model: str, **more: object) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "run `ls`"}], **more}
    return client.post("/api/chat/completions", json=body).raise_for_status()


def checked(client: httpx.Client, simulator: Simulator, names: list[str]) -> None:
    """A plain answer, a stream and a call on each model, and none that ARGO refuses."""
    listed = {model["id"] for model in client.get("/api/models").raise_for_status().json()["data"]}
    assert set(names) <= listed
    for name in names:
        plain = asked(client, name, stream=False).json()["choices"][0]["message"]["content"]
        frames = [line[6:] for line in asked(client, name, stream=True).text.splitlines() if line.startswith("data: ")]
        chunks = [json.loads(frame) for frame in frames if frame != "[DONE]"]
        deltas = [choice["delta"] for chunk in chunks for choice in chunk.get("choices", [])]
        assert "".join(delta.get("content") or "" for delta in deltas) == plain != ""
        (call,) = asked(client, name, stream=False, tools=[TOOL]).json()["choices"][0]["message"]["tool_calls"]
        assert json.loads(call["function"]["arguments"]) == {"command": "ls"}
    assert [entry["refusal"] for entry in simulator.log() if entry["refusal"] is not None] == []


@pytest.mark.parametrize("way", ["OpenAI's API", "Ollama's API"])
def test_open_webui(way: str, desk: Desk, simulator: Simulator) -> None:
    if not (FOLDER / "open-webui").exists():
        pytest.skip(f"open-webui is not in {FOLDER}; `make e2e-open-webui` installs it")
    desk.start()
    if way == "OpenAI's API":
        names = [f"argo:{model}" for model in MODELS]
        for client in opened(desk, [str(command()), "run", "open-webui", "--"]):
            checked(client, simulator, names)
        return
    url = json.loads(desk.run(["argo-proxy", "env", "ollama", "--json"]))["variables"]["OLLAMA_HOST"]
    more = {"OLLAMA_BASE_URL": url, "ENABLE_OPENAI_API": "false"}
    for client in opened(desk, ["open-webui"], **more):
        checked(client, simulator, [f"{model}:latest" for model in MODELS])
        told = client.post("/ollama/api/embed", json={"model": "text-embedding-3-small:latest", "input": ["a"]})
        assert len(told.raise_for_status().json()["embeddings"]) == 1
