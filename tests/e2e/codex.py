"""OpenAI's Codex CLI as a coding tool. It speaks OpenAI Responses to a provider that it is told of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from .tools import CodingTool
from .workshop import Workshop, executable


class Codex(CodingTool):
    """With the provider in its arguments, or `by_profile` in a file of its home."""

    name = "codex"
    speaks_claude = False
    reader, reads = "view_image", "path"  # text it reads with its shell
    conversations = ".codex/sessions/**/*.jsonl"
    call_on_its_way = b'"type":"function_call"'
    # The only complaint that is none of the gateway's: it has facts about OpenAI's newest models only.
    at_ease: ClassVar[str] = "Model metadata for "

    def __init__(
        self, workshop: Workshop, url: str, model: str, *, thinks: bool = False, by_profile: bool = False
    ) -> None:
        super().__init__(workshop, url, model, thinks=thinks)
        self.done: list[dict[str, Any]] = []
        """The items of the last answer: what was thought, said, run and changed."""
        self.retries: list[str] = []
        """What was wrong with answers that it asked for again."""
        self._by_profile = by_profile
        if by_profile:
            provider = f'name = "argo"\nbase_url = "{url}/v1"\nenv_key = "ARGO_KEY"\nwire_api = "responses"\n'
            (workshop.home / ".codex").mkdir(exist_ok=True)
            (workshop.home / ".codex" / "argo.config.toml").write_text(
                f'model_provider = "argo"\n\n[model_providers.argo]\n{provider}', encoding="utf-8"
            )

    def _command(self, prompt: str) -> list[str | Path]:
        codex = executable("codex", "@openai/codex")
        session = ["resume", "--last"] if self.asked else []
        options = ["--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
        effort = ["-c", 'model_reasoning_effort="high"'] if self.thinks else []
        return [codex, *self._provider(), "exec", *session, *options, "--model", self.model, *effort, prompt]

    def _provider(self) -> list[str]:
        if self._by_profile:
            return ["--profile", "argo"]
        provider = f'{{name="argo",base_url="{self.url}/v1",env_key="ARGO_KEY",wire_api="responses"}}'
        return ["-c", 'model_provider="argo"', "-c", f"model_providers.argo={provider}"]

    def _settings(self) -> dict[str, str]:
        return {"ARGO_KEY": "jdoe"}

    def _answer(self, out: str) -> str:
        events: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
        assert [event for event in events if event["type"] == "turn.failed"] == [], out
        self.retries = [event["message"] for event in events if event["type"] == "error"]
        self.done = [event["item"] for event in events if event["type"] == "item.completed"]
        complaints = [item["message"] for item in self.done if item["type"] == "error"]
        assert [words for words in complaints if not words.startswith(self.at_ease)] == [], out
        self.thoughts = "".join(item["text"] for item in self.done if item["type"] == "reasoning")
        return "\n".join(item["text"] for item in self.done if item["type"] == "agent_message")
