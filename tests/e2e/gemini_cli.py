"""Google's Gemini CLI as a coding tool. It speaks Google GenAI, to Vertex's paths or to the Gemini API's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .tools import CodingTool
from .workshop import Workshop, executable

BUDGET = 4096


class GeminiCli(CodingTool):
    """Set up by its environment alone, or `by_settings` in its home (pitfall 9.15)."""

    name = "gemini-cli"
    speaks_claude = False
    reader, reads = "read_file", "file_path"
    conversations = ".gemini/tmp/*/chats/*"
    call_on_its_way = b'"type":"gemini"'  # the words before it: the call itself is kept with its result

    def __init__(
        self,
        workshop: Workshop,
        url: str,
        model: str,
        *,
        thinks: bool = False,
        by_settings: bool = False,
        search_by: str | None = None,
    ) -> None:
        super().__init__(workshop, url, model, thinks=thinks)
        self.stats: dict[str, Any] = {}
        """What the last answer took, as the tool has counted it."""
        self._by_settings = by_settings
        settings: dict[str, object] = {}
        if by_settings:
            settings["security"] = {"auth": {"selectedType": "gemini-api-key"}}
        if thinks:  # it asks for a budget by itself for the Gemini models that it knows, and for no other
            config = {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": BUDGET}}
            override = {"match": {"model": model}, "modelConfig": {"generateContentConfig": config}}
            settings["modelConfigs"] = {"customOverrides": [override]}
        if search_by is not None:  # else by gemini-3-flash-preview
            asked = {"model": search_by, "generateContentConfig": {"tools": [{"googleSearch": {}}]}}
            settings["modelConfigs"] = {"customAliases": {"web-search": {"modelConfig": asked}}}
        if settings:
            (workshop.home / ".gemini").mkdir(exist_ok=True)
            (workshop.home / ".gemini" / "settings.json").write_text(json.dumps(settings), encoding="utf-8")

    def _command(self, prompt: str) -> list[str | Path]:
        gemini = executable("gemini", "@google/gemini-cli")
        session = ["--resume", "latest"] if self.asked else []
        return [gemini, *session, "--skip-trust", "--yolo", "-o", "json", "-m", self.model, "-p", prompt]

    def _settings(self) -> dict[str, str]:
        if self._by_settings:
            return {"GOOGLE_GEMINI_BASE_URL": self.url, "GEMINI_API_KEY": "jdoe"}
        return {
            "GOOGLE_GENAI_USE_VERTEXAI": "true",
            "GOOGLE_VERTEX_BASE_URL": self.url,
            "GOOGLE_API_KEY": "jdoe",
        }

    def _answer(self, out: str) -> str:
        answer: dict[str, Any] = json.loads(out)
        assert "error" not in answer, out
        self.stats = answer["stats"]
        return str(answer["response"])
