"""The real coding tools, each with its settings, as something that is asked and answers; and the pairs to be tested.

Knows nothing of what the gateway sends upstream.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import uuid4

import pytest

from .workshop import Run, Workshop, executable

CLAUDE_MODELS = ("claude-opus-4.6", "claude-haiku-4.5")
CHAT_MODELS = ("gpt-5.4", "gemini-2.5-pro")
MODELS = (*CLAUDE_MODELS, *CHAT_MODELS)


class CodingTool(ABC):
    """A tool on a model. Each question after the first goes on with the same conversation."""

    name: ClassVar[str]
    speaks_claude: ClassVar[bool]
    """Anthropic's dialect, and not OpenAI's."""
    other_names: ClassVar[tuple[str, ...]] = ()
    """Of the models, for which it behaves otherwise."""
    reader: ClassVar[str]
    """Its tool that reads files, and `reads` that tool's argument."""
    reads: ClassVar[str]
    conversations: ClassVar[str]
    """The files below its home that hold them, as a pattern."""
    call_on_its_way: ClassVar[bytes]
    """What stands there once a call is made, and before it is answered."""

    def __init__(self, workshop: Workshop, url: str, model: str, *, thinks: bool = False) -> None:
        self.workshop = workshop
        self.url = url
        self.model = model
        self.thinks = thinks
        self.asked = 0
        self.thoughts = ""
        """What the last answer showed of the model's thinking; Claude Code shows nothing of it."""

    def ask(self, prompt: str) -> str:
        """The text of the answer. Fails where the tool does."""
        return self._answer(self.start(prompt).finish())

    def start(self, prompt: str) -> Run:
        """Asks, and does not wait."""
        run = self.workshop.start(self._command(prompt), self._settings())
        self.asked += 1
        return run

    def remembers(self, words: bytes) -> bool:
        """Whether these stand in what the tool will read when it is started again."""
        return any(words in path.read_bytes() for path in self.workshop.home.glob(self.conversations))

    def call_to_read(self, path: Path) -> dict[str, object]:
        """The call by which a model reads a file."""
        return {"name": self.reader, "arguments": {self.reads: str(path)}}

    @abstractmethod
    def _command(self, prompt: str) -> list[str | Path]: ...

    @abstractmethod
    def _settings(self) -> dict[str, str]: ...

    @abstractmethod
    def _answer(self, out: str) -> str: ...


class ClaudeCode(CodingTool):
    """Anthropic's. It thinks unless told not to; how is its own choice by the model's name."""

    name = "claude-code"
    speaks_claude = True
    # It knows the names with dashes. It takes others for models to come, and asks them for other things: adaptive
    # thinking, and a system message at the end of the conversation.
    other_names = ("claude-opus-4-6", "claude-haiku-4-5")
    reader, reads = "Read", "file_path"
    conversations = ".claude/projects/*/*.jsonl"
    call_on_its_way = b'"type":"tool_use"'

    def __init__(self, workshop: Workshop, url: str, model: str, *, thinks: bool = False) -> None:
        super().__init__(workshop, url, model, thinks=thinks)
        self._session = str(uuid4())

    def _command(self, prompt: str) -> list[str | Path]:
        claude = executable("claude", "@anthropic-ai/claude-code")
        session = ["--resume" if self.asked else "--session-id", self._session]
        settings = ["--model", self.model, "--output-format", "json", "--allowedTools", "Bash,Read,WebSearch"]
        return [claude, "-p", prompt, *session, *settings]

    def _settings(self) -> dict[str, str]:
        return {
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_AUTH_TOKEN": "jdoe",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            # A budget for the models whose thinking it knows to take one; the others think adaptively.
            **({"MAX_THINKING_TOKENS": "4000"} if self.thinks else {}),
        }

    def _answer(self, out: str) -> str:
        answer: dict[str, Any] = json.loads(out)
        assert answer["is_error"] is False, out
        return str(answer["result"])


class OpenCode(CodingTool):
    """With the provider for whatever speaks OpenAI Chat."""

    name = "opencode"
    speaks_claude = False
    reader, reads = "read", "filePath"
    conversations = ".local/share/opencode/opencode.db*"
    call_on_its_way = b'"status":"running"'

    def _command(self, prompt: str) -> list[str | Path]:
        opencode = executable("opencode", "opencode-ai")
        options = [*(["--continue"] if self.asked else []), *(["--thinking"] if self.thinks else [])]
        return [opencode, "run", "--format", "json", *options, prompt]

    def _settings(self) -> dict[str, str]:
        # Without the modalities it sends no image, and tells the model that it cannot read them.
        model: dict[str, object] = {"attachment": True, "modalities": {"input": ["text", "image"], "output": ["text"]}}
        if self.thinks:
            model |= {"reasoning": True, "options": {"reasoningEffort": "high"}}
        provider = {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": f"{self.url}/v1", "apiKey": "jdoe"},
            "models": {self.model: model},
        }
        return {
            "OPENCODE_CONFIG_CONTENT": json.dumps({"provider": {"argo": provider}, "model": f"argo/{self.model}"}),
            # Each of these stops something that is fetched at the start: with a network that drops packets, 9 s in all.
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            "OPENCODE_PURE": "1",
        }

    def _answer(self, out: str) -> str:
        events: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        assert [event for event in events if event["type"] == "error"] == [], out
        self.thoughts = "".join(event["part"]["text"] for event in events if event["type"] == "reasoning")
        return "".join(event["part"]["text"] for event in events if event["type"] == "text")


TOOLS: tuple[type[CodingTool], ...] = (ClaudeCode, OpenCode)
Forced = Literal["every pair", "same dialect", "no pair"]


def _is_wanted(forced: Forced, tool: type[CodingTool], model: str) -> bool:
    own = model.startswith("claude") is tool.speaks_claude
    return forced == "every pair" or (forced == "same dialect" and own)


def on_every_pair(forced: Forced, *, other_names: bool = False) -> pytest.MarkDecorator:
    """Each tool on each model, and again with `force_conversion`, which changes nothing where the dialects differ."""
    cases = [
        pytest.param(tool, model, force, id=f"{tool.name}-{model}{'-forced' if force else ''}")
        for force in (False, True)
        for tool in TOOLS
        for model in (*MODELS, *(tool.other_names if other_names else ()))
        if not force or _is_wanted(forced, tool, model)
    ]
    return pytest.mark.parametrize(("tool", "model", "gateway"), cases, indirect=["gateway"])
