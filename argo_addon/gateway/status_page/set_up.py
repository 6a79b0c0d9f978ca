"""The line that sets up each tool, for the page at `/`. A test holds it to the shell's own list."""

from __future__ import annotations

RUN = {
    "claude": "Claude Code", "codex": "Codex CLI", "gemini": "Gemini CLI", "opencode": "OpenCode", "aider": "Aider",
    "kilo": "Kilo Code", "qwen": "Qwen Code", "continue": "Continue", "cline": "Cline", "crush": "Crush",
    "goose": "Goose", "llm": "llm", "open-webui": "Open WebUI", "zed": "Zed", "vscode": "VS Code, Copilot",
}  # fmt: skip
"""What `argo-proxy run` starts."""


def lines_for(base: str) -> list[tuple[str, str]]:
    """Each tool's title and line; `base` is the gateway's URL as the browser has it."""
    return [
        *((title, f"argo-proxy run {tool}") for tool, title in RUN.items()),
        ("openai SDK", f'OpenAI(base_url="{base}/v1", api_key="argo")'),
        ("anthropic SDK", f'Anthropic(base_url="{base}", api_key="argo")'),
        ("google-genai SDK", f'genai.Client(api_key="argo", http_options={{"base_url": "{base}"}})'),
        ("ollama SDK", f'Client(host="{base}")'),
        ("this shell, for any of them", "eval $(argo-proxy env TOOL)"),
        ("all tools and editors", "argo-proxy env"),
    ]
