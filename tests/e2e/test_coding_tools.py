"""Real coding tools, headless, through the proxy to the simulator: an agent's loop with two parallel shell calls.

ARGO_PROXY_TOOLS is the npm prefix that has them (default .cache/tools). They get an empty home, an empty work folder
and no way to the outside: what they would fetch from there fails at once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .processes import ROOT, Proxy, Simulator, clean_environment

PROMPT = (
    "Run `printf 'alpha-%s\\n' $((6*7)) > one.txt; cat one.txt` and "
    "`printf 'beta-%s\\n' $((6*9)) > two.txt; cat two.txt`, both at once, then tell me what they printed."
)
SECONDS = 120
NO_WAY_OUT = {
    # Nothing listens on the discard port: a tool that tries the outside is refused at once and does not wait for it.
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
}


class Workshop:
    """An empty home and an empty work folder for one run of a tool."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        self.home.mkdir()
        self.work.mkdir()

    def run(self, command: list[str | Path], settings: Mapping[str, str]) -> str:
        """What the tool wrote on stdout. Fails, and shows all of it, where it takes too long or ends with an error."""
        env = clean_environment(self.home, TERM="dumb", **NO_WAY_OUT, **settings)
        process = subprocess.Popen(
            command,
            cwd=self.work,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=SECONDS)
            told = f"exit code {process.returncode}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            told = f"not done after {SECONDS} s"
        assert told == "exit code 0", f"{command[0]}: {told}\n--- stdout\n{out}\n--- stderr\n{err}"
        return out

    def assert_the_shell_ran(self) -> None:
        files = {path.name: path.read_text() for path in self.work.glob("*.txt")}
        assert files == {"one.txt": "alpha-42\n", "two.txt": "beta-54\n"}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def tool(name: str, package: str) -> Path:
    """The executable of a tool. Without it the test is skipped, and says what to do."""
    folder = Path(os.environ.get("ARGO_PROXY_TOOLS") or ROOT / ".cache" / "tools")
    path = folder / "node_modules" / ".bin" / name
    if path.exists():
        return path
    if shutil.which("npm") is None:
        pytest.skip(
            f"npm is not on the PATH, so {name} could not be installed; install Node.js with npm, then `make e2e`"
        )
    pytest.skip(f"{name} is not in {folder}; install it there: npm install --prefix {folder} {package}")


def tool_results(body: Mapping[str, Any]) -> list[str]:
    """The results of tool calls that a request brings back, as JSON text, in either dialect."""
    found = []
    for message in body["messages"]:
        if message["role"] == "tool":
            found.append(json.dumps(message["content"]))
        if isinstance(message["content"], list):
            found += [json.dumps(part) for part in message["content"] if part["type"] == "tool_result"]
    return found


def assert_argo_was_content(simulator: Simulator, model: str) -> None:
    """No call was refused, all that generate went to this model, and the last of the loop brought both results back."""
    log = simulator.log()
    assert [entry["refusal"] for entry in log if entry["refusal"] is not None] == []
    bodies = [entry["body"] for entry in log]
    assert {body["model"] for body in bodies} == {model}
    first, second = max((tool_results(body) for body in bodies), key=len)
    assert "alpha-42" in first
    assert "beta-54" in second


@pytest.mark.parametrize(
    ("model", "internal"),
    [
        # Claude Code knows the names with dashes. It takes others for models to come, and asks them for other things:
        # adaptive thinking, and a system message at the end of the conversation.
        ("claude-opus-4.6", "claudeopus46"),
        ("claude-opus-4-6", "claudeopus46"),
        ("claude-haiku-4.5", "claudehaiku45"),
        ("claude-haiku-4-5", "claudehaiku45"),
    ],
)
def test_claude_code(model: str, internal: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    claude = tool("claude", "@anthropic-ai/claude-code")
    settings = {
        "ANTHROPIC_BASE_URL": proxy.url,
        "ANTHROPIC_AUTH_TOKEN": "jdoe",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    out = workshop.run(
        [claude, "-p", PROMPT, "--model", model, "--output-format", "json", "--allowedTools", "Bash"], settings
    )
    workshop.assert_the_shell_ran()
    answer = json.loads(out)
    assert answer["is_error"] is False, out
    assert "alpha-42" in answer["result"], out
    assert "beta-54" in answer["result"], out
    assert_argo_was_content(simulator, internal)


@pytest.mark.parametrize(("model", "internal"), [("gpt-5.4", "gpt54"), ("gemini-2.5-pro", "gemini25pro")])
def test_opencode(model: str, internal: str, proxy: Proxy, simulator: Simulator, workshop: Workshop) -> None:
    opencode = tool("opencode", "opencode-ai")
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{proxy.url}/v1", "apiKey": "jdoe"},
        "models": {model: {}},
    }
    settings = {
        "OPENCODE_CONFIG_CONTENT": json.dumps({"provider": {"argo": provider}, "model": f"argo/{model}"}),
        # Each of these stops something that is fetched at the start: with a network that drops packets, 9 s in all.
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_PURE": "1",
    }
    out = workshop.run([opencode, "run", "--format", "json", PROMPT], settings)
    workshop.assert_the_shell_ran()
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    answer = "".join(event["part"]["text"] for event in events if event["type"] == "text")
    assert "alpha-42" in answer, out
    assert "beta-54" in answer, out
    assert_argo_was_content(simulator, internal)
