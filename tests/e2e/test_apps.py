"""Applications and frameworks that researchers use, each set up by `argo-proxy env` and run for real: `make e2e-apps`.

Each on a model of each vendor, as its program in tests/e2e/apps or its own command line asks. What came of it is
printed as a table at the end. ARGO_PROXY_APPS is the folder that has them (default .cache/apps), ARGO_PROXY_SETTINGS a
line of the gateway's configuration, for its other modes: `make e2e-apps SETTINGS='force_conversion: true'`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from .processes import ROOT, Simulator, command
from .shells import QUIET, Desk

MODELS = ("gpt-5.4", "gemini-2.5-pro", "claude-opus-4.6")
SHOUTED = "ALPHA-42"
ERRAND = "Run `echo alpha-42 | tr a-z A-Z`, then tell me what it printed."
FOLDER = Path(os.environ.get("ARGO_PROXY_APPS") or ROOT / ".cache" / "apps").absolute()
PROGRAMS = Path(__file__).parent / "apps"
DONE: list[tuple[str, str, str, str]] = []
"""Application, way, model, what was done."""


class App(NamedTuple):
    """A framework: its name for `env`, the environment that it is in, its program, the ways that it can go."""

    tool: str
    environment: str
    program: str
    ways: tuple[str, ...]


FRAMEWORKS = (
    App("langchain", "lc", "use_langchain.py", ("chat", "responses", "ollama")),
    App("llama-index", "li", "use_llama_index.py", ("chat", "ollama")),
    App("pydantic-ai", "py", "use_pydantic_ai.py", ("openai-chat", "openai-responses")),
    App("openai-agents", "py", "use_openai_agents.py", ("responses", "chat")),
    App("claude-agent-sdk", "py", "use_claude_agent_sdk.py", ("claude-code",)),
)
CASES = [pytest.param(app, way, id=f"{app.tool}-{way}") for app in FRAMEWORKS for way in app.ways]
CASES += [pytest.param(App("pydantic-ai", "py", "use_pydantic_ai.py", ()), "anthropic", id="pydantic-ai-anthropic")]


@pytest.fixture(scope="session", autouse=True)
def table() -> Iterator[None]:
    """Prints what was done, for docs/reference/tools.md."""
    yield
    if not DONE:  # none of them is here
        return
    with (FOLDER / "table.txt").open("a", encoding="utf-8") as file:
        file.writelines(" | ".join(row) + "\n" for row in DONE)


@pytest.fixture(autouse=True)
def mode(desk: Desk) -> None:
    """The mode in which the gateway is run."""
    with desk.config.open("a", encoding="utf-8") as file:
        file.write(os.environ.get("ARGO_PROXY_SETTINGS", "") + "\n")


def found(path: Path) -> Path:
    """An executable of the applications' folder. Without it the test is skipped, and says what to do."""
    if not path.exists():
        pytest.skip(f"{path} is not here; `make e2e-apps` installs it")
    return path


def variables(desk: Desk, tool: str, model: str) -> dict[str, str]:
    """What `argo-proxy env` sets."""
    mine = {"HOME": str(desk.home), "HTTP_PROXY": "http://127.0.0.1:9", "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": ""}
    environ = {name: value for name, value in {**os.environ, **mine}.items() if name.lower() != "no_proxy"}
    said = subprocess.run(
        [command(), "env", tool, "--model", model, "--json"], env=environ, capture_output=True, check=True, timeout=60
    ).stdout
    made: dict[str, str] = json.loads(said)["variables"]
    return made


def told_by(out: str) -> dict[str, str]:
    """What a program says at its end."""
    made: dict[str, str] = json.loads(out.strip().splitlines()[-1])
    return made


NEWER_THAN_ARGO = re.compile(r"`thinking-display-updates-|'omitted'")
"""What the newest Claude Code asks of Claude and the simulator does not know: refused, mended and sent again."""


def assert_nothing_refused(simulator: Simulator) -> None:
    refusals = [entry["refusal"] for entry in simulator.log() if entry["refusal"] is not None]
    assert [refusal for refusal in refusals if not NEWER_THAN_ARGO.search(refusal)] == []


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("app", "way"), CASES)
def test_a_framework(app: App, way: str, model: str, desk: Desk, simulator: Simulator) -> None:
    python = found(FOLDER / app.environment / "bin" / "python")
    desk.start()
    out = desk.run([str(python), str(PROGRAMS / app.program), model, way], **variables(desk, app.tool, model))
    told = told_by(out)
    assert all(told.values()), told
    assert SHOUTED in told["tool"]
    for kept in {"previous", "conversation", "background", "socket"} & told.keys():
        assert SHOUTED in told[kept], kept
    if "stream" in told:
        assert told["stream"] == told["plain"]
    assert_nothing_refused(simulator)
    DONE.append((app.tool, way, model, ", ".join(told)))


@pytest.mark.parametrize("model", MODELS)
def test_jupyter_ai(model: str, desk: Desk, simulator: Simulator) -> None:
    """Its magics, which answer plainly only."""
    python = found(FOLDER / "ja" / "bin" / "python")
    desk.start()
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # else it looks for prices elsewhere for half a minute
    mine = variables(desk, "jupyter-ai", model)
    told = told_by(desk.run([str(python), str(PROGRAMS / "use_jupyter_ai.py"), model], **mine, **quiet))
    assert model.split("-")[0] in told["plain"]
    assert told["markdown"] == told["plain"]
    assert_nothing_refused(simulator)
    DONE.append(("jupyter-ai", "chat", model, "plain"))


@pytest.mark.parametrize("model", MODELS)
def test_ollamas_package_for_javascript(model: str, desk: Desk, simulator: Simulator) -> None:
    found(FOLDER / "node_modules" / "ollama")
    desk.start()
    script = FOLDER / "use_ollama.mjs"  # where its package is
    script.write_text((PROGRAMS / "use_ollama.mjs").read_text())
    told = told_by(desk.run(["node", str(script), model], **variables(desk, "ollama", model)))
    assert all(told.values()), told
    assert SHOUTED in told["tool"]
    assert told["stream"] == told["plain"]
    assert_nothing_refused(simulator)
    DONE.append(("ollama (npm)", "ollama", model, ", ".join(told)))


LINES: dict[str, tuple[str, Path, tuple[tuple[str, ...], ...]]] = {
    "qwen": ("qwen", FOLDER / "node_modules" / ".bin" / "qwen", (("--yolo", "-p", ERRAND),)),
    "continue": ("cn", FOLDER / "node_modules" / ".bin" / "cn", (("--auto", "-p", ERRAND),)),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("tool", LINES)
def test_a_command_line_in_an_agents_loop(tool: str, model: str, desk: Desk, simulator: Simulator) -> None:
    program, path, lines = LINES[tool]
    (desk.work.parent / "bin" / program).symlink_to(found(path))
    for line in lines:
        said = desk.run(["argo-proxy", "run", "--model", model, tool, "--", *line], NO_PROXY="127.0.0.1", **QUIET)
        assert SHOUTED in said
    assert_nothing_refused(simulator)
    DONE.append((tool, "chat", model, "stream, tool"))


@pytest.mark.parametrize("model", MODELS)
def test_cline(model: str, desk: Desk, simulator: Simulator) -> None:
    """Its tool takes a list of commands, so the simulator plays arguments of its own; the loop is what counts."""
    (desk.work.parent / "bin" / "cline").symlink_to(found(FOLDER / "node_modules" / ".bin" / "cline"))
    said = desk.run(["argo-proxy", "run", "--model", model, "cline", "--", ERRAND], NO_PROXY="127.0.0.1", **QUIET)
    assert "Results:" in said
    assert_nothing_refused(simulator)
    DONE.append(("cline", "chat", model, "stream, tool"))


@pytest.mark.parametrize("model", MODELS)
def test_llm(model: str, desk: Desk, simulator: Simulator) -> None:
    (desk.work.parent / "bin" / "llm").symlink_to(found(FOLDER / "py" / "bin" / "llm"))
    function = 'def shout(command: str) -> str:\n    "Runs a command."\n    return "ALPHA-42 of " + command\n'
    lines = {
        "plain": ("Say hello.", "--no-stream"),
        "stream": ("Say hello.",),
        "tool": ("--functions", function, "Run `alpha`, then tell me."),
        "structured": ("--schema", "name, population int", "Tell me of Chicago."),
    }
    told = {
        kind: desk.run(["argo-proxy", "run", "--model", model, "llm", "--", *line], NO_PROXY="127.0.0.1")
        for kind, line in lines.items()
    }
    assert told["plain"].strip() == told["stream"].strip() != ""
    assert SHOUTED in told["tool"]
    assert json.loads(told["structured"])["name"]
    assert_nothing_refused(simulator)
    DONE.append(("llm", "chat", model, ", ".join(told)))
