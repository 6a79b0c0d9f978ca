"""How each coding tool is installed, and brought to its newest version."""

from __future__ import annotations

INSTALL = {
    "claude": "npm install -g @anthropic-ai/claude-code@latest",
    "codex": "npm install -g @openai/codex@latest",
    "gemini": "npm install -g @google/gemini-cli@latest",
    "opencode": "npm install -g opencode-ai@latest",
    "kilo": "npm install -g @kilocode/cli@latest",
    "aider": "pipx install --force aider-chat",
    "qwen": "npm install -g @qwen-code/qwen-code@latest",
    "continue": "npm install -g @continuedev/cli@latest",
    "cline": "npm install -g cline@latest",
    "crush": "npm install -g @charmland/crush@latest",
    "goose": "https://block.github.io/goose/docs/getting-started/installation",
    "llm": "pipx install --force llm",
    "open-webui": "pipx install --force open-webui",
    "zed": "https://zed.dev/download",
    "vscode": "https://code.visualstudio.com/download",
}
"""By command, or where it is told, of every tool that has a program."""
