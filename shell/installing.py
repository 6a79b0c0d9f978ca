"""How each coding tool is installed, and brought to its newest version."""

from __future__ import annotations

INSTALL = {
    "claude": "npm install -g @anthropic-ai/claude-code@latest",
    "codex": "npm install -g @openai/codex@latest",
    "gemini": "npm install -g @google/gemini-cli@latest",
    "opencode": "npm install -g opencode-ai@latest",
    "kilo": "npm install -g @kilocode/cli@latest",
    "aider": "pipx install --force aider-chat",
}
