"""A person's desk: a home whose gateway runs in the background, real shells and real tools, set up by one line.

Knows how a shell evaluates `argo-proxy env`, what each tool is asked headless, and what a person may have had before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from .processes import ROOT, Simulator, clean_environment, command
from .workshop import Workshop, executable

SHELLS = ("bash", "zsh", "fish", "dash")
QUOTED, UNQUOTED = "quoted", "unquoted"
WAYS = (QUOTED, UNQUOTED)
# Gemini CLI refuses commands with `$(`; the answer must not stand in the question.
ASK = "Run `echo alpha-42 | tr a-z A-Z`, then tell me what it printed."
SHOUTED = "ALPHA-42"
EDIT = "greeting.txt\n<<<<<<< SEARCH\nwrold\n=======\nworld\n>>>>>>> REPLACE\n"


class Headless(NamedTuple):
    """A tool that is asked once: its program and arguments, and the models of ARGO's that it may ask."""

    program: str
    package: str
    arguments: tuple[str, ...]
    models: frozenset[str]


TOOLS = {
    "claude": Headless(
        "claude",
        "@anthropic-ai/claude-code",
        ("-p", ASK, "--allowedTools", "Bash"),
        frozenset({"claudeopus48", "claudesonnet5", "claudehaiku45"}),
    ),
    "codex": Headless(
        "codex",
        "@openai/codex",
        ("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", ASK),
        frozenset({"gpt55"}),
    ),
    "gemini": Headless(
        "gemini", "@google/gemini-cli", ("--skip-trust", "--yolo", "-p", ASK), frozenset({"gemini25pro"})
    ),
    "opencode": Headless(
        "opencode", "opencode-ai", ("run", "--format", "json", ASK), frozenset({"gpt55", "gpt54mini"})
    ),
    "kilo": Headless(
        "kilo", "@kilocode/cli", ("run", "--format", "json", "--auto", ASK), frozenset({"gpt55", "gpt54mini"})
    ),
    "aider": Headless(
        "aider",
        "aider-chat",
        ("--yes-always", "--no-git", "--message", "Mend greeting.txt.", "greeting.txt"),
        frozenset({"gpt55", "gpt54mini"}),
    ),
}

# Without these a tool waits for a network that drops what is sent to it.
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "AIDER_ANALYTICS": "false",
    "AIDER_CHECK_UPDATE": "false",
    **{
        f"{tool}_{what}": "1"
        for tool in ("OPENCODE", "KILO")
        for what in ("DISABLE_AUTOUPDATE", "DISABLE_MODELS_FETCH", "DISABLE_DEFAULT_PLUGINS", "DISABLE_LSP_DOWNLOAD")
    },
}
# What a person may have had. All of it would lead a tool elsewhere, or breaks what is not quoted well.
MINE = {
    "ANTHROPIC_API_KEY": "sk-ant  mine * [a-z]",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/anthropic",
    "ANTHROPIC_MODEL": "claude-opus-4-1",
    "OPENAI_API_KEY": 'sk-it\'s "mine" \\ $HOME `id`',
    "OPENAI_BASE_URL": "http://127.0.0.1:9/openai",
    "GEMINI_API_KEY": "mine\nin two lines\n",
    "GOOGLE_CLOUD_PROJECT": "mine",
    "OPENCODE_CONFIG_CONTENT": '{"model": "other/model"}',
    "KILO_CONFIG_CONTENT": "",
    "AIDER_MODEL": "gpt-4",
    "NO_PROXY": "*.anl.gov,10.0.0.0/8",
}
# As the tools leave them. By themselves Claude Code takes `"model": "opus"` out, OpenCode adds $schema, Kilo a
# permission, with or without argo-proxy.
FILES = {
    ".bashrc": "# mine\n",
    ".claude/settings.json": '{"includeCoAuthoredBy":  false}\n',
    ".codex/config.toml": 'model = "gpt-5"\nmodel_reasoning_effort = "high"  # mine\n',
    ".gemini/settings.json": '{"security": {"auth": {"selectedType": "vertex-ai"}}, "ui": {"theme": "Mine"}}\n',
    ".config/opencode/opencode.json": '{"$schema": "https://opencode.ai/config.json", "model": "other/model"}\n',
    ".config/kilo/kilo.json": (
        '{"$schema": "https://app.kilo.ai/config.json", "model": "other/model", "permission": {"bash": "allow"}}\n'
    ),
    ".aider.conf.yml": "model: gpt-4\n",
}


class Evaluated(NamedTuple):
    """What came of it: the answer, the variables before, between and after, what the program's name was at the end."""

    answer: str
    before: Mapping[str, str]
    between: Mapping[str, str]
    after: Mapping[str, str]
    kind: str


class Desk:
    """A home with a configuration; `start` runs the gateway in the background there."""

    def __init__(self, workshop: Workshop, simulator: Simulator) -> None:
        self._workshop = workshop
        self._mine: dict[str, str] = {}
        self.home, self.work = workshop.home, workshop.work
        self._bin = self.work.parent / "bin"
        self._bin.mkdir()
        (self.work / "greeting.txt").write_text("hello\nwrold\n")
        (self._bin / "argo-proxy").symlink_to(command())
        self.config = self.home / ".config" / "argoproxy" / "config.yaml"
        self.config.parent.mkdir(parents=True)
        self.config.write_text(
            f"config_version: '3'\nuser: jdoe\nhost: 127.0.0.1\nport: 0\nargo_base_url: {simulator.base_url}\n"
        )

    def start(self) -> None:
        """Runs the gateway."""
        self.own("start")

    def own(self, *words: str) -> None:
        """Runs argo-proxy itself, outside of any shell. Fails where it does."""
        done = subprocess.run(
            [command(), *words], cwd=self.home, env=clean_environment(self.home), capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def with_belongings(self) -> Desk:
        """The same with settings and variables of the person's own."""
        self._mine = MINE
        for name, text in FILES.items():
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / name).write_text(text)
        return self

    def belongings(self) -> dict[str, bytes | None]:
        """What is in the person's files, those that are not there included."""
        return {
            name: path.read_bytes() if (path := self.home / name).exists() else None
            for name in (*FILES, ".zshrc", ".profile", ".zshenv", ".config/fish/config.fish")
        }

    def evaluate(self, shell: str, tool: str, way: str, model: str | None = None) -> Evaluated:
        """Sets a tool up in a shell, asks it, and puts all back. Fails where any of it does."""
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not here")
        asked = self._installed(tool)
        given = ["--model", model] if model is not None else []
        lines = [
            "env -0 > ../before",
            _evaluated(shell, way, ["argo-proxy", "env", tool, *given]),
            "env -0 > ../between",
            f"{asked.program} {_words(asked.arguments)}",
            _evaluated(shell, way, ["argo-proxy", "env", tool, "--unset"]),
            "env -0 > ../after",
            f"type {asked.program} > ../kind",
        ]
        answer = self.run([shell, "-c", "\n".join(lines)])
        before, between, after = (_variables(self.work.parent / name) for name in ("before", "between", "after"))
        return Evaluated(answer, before, between, after, (self.work.parent / "kind").read_text())

    def ask_by_run(self, tool: str) -> str:
        """What a tool answers by `argo-proxy run`."""
        asked = self._installed(tool)
        return self.run(["argo-proxy", "run", tool, "--", *asked.arguments], NO_PROXY="127.0.0.1")

    def run(self, words: Sequence[str], **more: str) -> str:
        """What a command prints, with an HTTP proxy set that leads nowhere. Fails where the command does."""
        path = f"{self._bin}{os.pathsep}{os.environ['PATH']}"
        # By env: the workshop has exceptions for this machine, and here it is argo-proxy that is to make them.
        without = ["env", "-u", "no_proxy", "-u", "NO_PROXY"]
        mine = {"PATH": path, **QUIET, **self._mine, **more}
        return self._workshop.start([*without, *(f"{k}={v}" for k, v in mine.items()), *words], {}).finish()

    def _installed(self, tool: str) -> Headless:
        asked = TOOLS[tool]
        program = aider() if tool == "aider" else executable(asked.program, asked.package)
        link = self._bin / asked.program
        if not link.exists():
            link.symlink_to(program.absolute())
        return asked


def aider() -> Path:
    """The real one. Without it the test is skipped, and says what to do."""
    folder = Path(os.environ.get("ARGO_PROXY_AIDER") or ROOT / ".cache" / "aider" / "bin")
    if not (folder / "aider").exists():
        pytest.skip(f"aider is not in {folder}; `make e2e-aider` installs it, with a Python older than 3.13")
    return folder / "aider"


def _evaluated(shell: str, way: str, words: Sequence[str]) -> str:
    """The line that a person types."""
    called = _words(words)
    if way == QUOTED:
        return f'eval "$({called})"'
    return f"eval ({called})" if shell == "fish" else f"eval $({called})"


def _words(words: Sequence[str]) -> str:
    """Each in single quotes; there are none within."""
    return " ".join(f"'{word}'" for word in words)


def _variables(path: Path) -> dict[str, str]:
    """What `env -0` wrote, without what every shell changes as it goes."""
    entries = path.read_text("utf-8", "surrogateescape").split("\0")
    found = dict(entry.split("=", 1) for entry in entries if "=" in entry)
    return {name: value for name, value in found.items() if name not in ("_", "SHLVL", "PWD", "OLDPWD")}
