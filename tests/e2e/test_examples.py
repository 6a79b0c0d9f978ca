"""Each script of examples/ as its README has it run: set up by `argo-proxy env generic`, before the simulator.

The frameworks come from where `make e2e-apps` puts them; without them their scripts are skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from .processes import ROOT, Simulator
from .shells import Desk
from .test_apps import FOLDER, variables
from .workshop import Workshop

EXAMPLES = ROOT / "examples"
SCRIPTS = sorted(path for kind in ("py", "sh") for path in EXAMPLES.rglob(f"*.{kind}"))
ENVIRONMENTS = {"langchain_agent.py": "lc", "pydantic_ai_agent.py": "py"}
GPT, CLAUDE, GEMINI = "gpt54", "claudeopus46", "gemini25pro"


class Expected(NamedTuple):
    """What a script is to print, and ask of ARGO: the end of the path, the model, how many calls, a text in them."""

    printed: str
    path: str = "chat/completions"
    model: str = GPT
    calls: int = 1
    sent: str = ""


SAID, WARM = "simulated", "21 degrees in"
CALLED = '"name":"temperature"'
EXPECTED = {
    "chat": Expected(SAID),
    "chat_stream": Expected(SAID),
    "chat_tools": Expected(WARM, calls=2),
    "responses": Expected(SAID),
    "openai_sdk/responses": Expected(SAID, calls=2),
    "responses_stream": Expected(SAID),
    "responses_tools": Expected(WARM, calls=2),
    "curl/chat_stream": Expected("data: [DONE]"),
    "curl/chat_tools": Expected(CALLED),
    "curl/responses_stream": Expected("event: response.completed"),
    "curl/responses_tools": Expected(CALLED),
    "image_url": Expected(SAID, sent="https://www.python.org/"),
    "image_base64": Expected(SAID, sent="data:image/png;base64,iVBOR"),
    "embedding": Expected("3 vectors of 1536 numbers", "embeddings", "v3small"),
    "curl/embedding": Expected('"embedding":', "embeddings", "v3small"),
    "completions": Expected(SAID),
    "messages": Expected(SAID, "messages", CLAUDE),
    "messages_stream": Expected(SAID, "messages", CLAUDE),
    "messages_tools": Expected(WARM, "messages", CLAUDE, calls=2),
    "generate": Expected(SAID, model=GEMINI),
    "generate_content": Expected(SAID, model=GEMINI),
    "generate_stream": Expected(SAID, model=GEMINI),
    "generate_tools": Expected(WARM, model=GEMINI, calls=2),
    "langchain_agent": Expected(WARM, calls=2),
    "pydantic_ai_agent": Expected(WARM, calls=2),
    "agent": Expected(os.uname().sysname, "messages", CLAUDE, calls=2),
}
"""By the script's name, or by folder and name where one differs from its namesakes."""


@pytest.fixture(scope="module")
def set_up(started_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The variables of `argo-proxy env generic`, while the gateway runs in the background."""
    workshop = Workshop(tmp_path_factory.mktemp("desk"))
    desk = Desk(workshop, started_simulator)
    desk.start()
    try:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        yield {
            **kept,
            "HOME": str(desk.home),
            "HTTP_PROXY": "http://127.0.0.1:9",
            **variables(desk, "generic", "gpt-5.4"),
        }
    finally:
        desk.own("stop", "--timeout", "0")
        workshop.close()


def words(script: Path) -> list[str]:
    """What a person types."""
    if script.suffix == ".sh":
        return [str(script)]
    if environment := ENVIRONMENTS.get(script.name):
        python = FOLDER / environment / "bin" / "python"
        if not python.exists():
            pytest.skip(f"{python} is not here; `make e2e-apps` installs {script.stem.removesuffix('_agent')}")
        return [str(python), str(script)]
    return [sys.executable, str(script)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(EXAMPLES)))
def test_it_does_what_it_says(script: Path, set_up: Mapping[str, str], simulator: Simulator) -> None:
    done = subprocess.run(
        words(script), env=set_up, cwd=set_up["HOME"], input="y\n" * 5, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = EXPECTED.get(f"{script.parent.name}/{script.stem}") or EXPECTED[script.stem]
    assert expected.printed in done.stdout
    asked = [(entry["path"], entry["body"]["model"]) for entry in simulator.log() if entry["method"] == "POST"]
    assert [model for _, model in asked] == [expected.model] * expected.calls
    assert all(path.endswith(f"/{expected.path}") for path, _ in asked), asked
    assert expected.sent in str(simulator.log())


def test_the_readme_names_each() -> None:
    listed = re.findall(r"\]\(([^)]+\.(?:py|sh))\)", (EXAMPLES / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(str(path.relative_to(EXAMPLES)) for path in SCRIPTS)
