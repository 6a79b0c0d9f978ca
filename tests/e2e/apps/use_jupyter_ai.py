"""Jupyter AI's magics, as a notebook's cells ask: an alias for a model that LiteLLM does not know, and what it says."""

from __future__ import annotations

import json
import sys

from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "jupyter_ai_magic_commands")
shell.run_line_magic("ai", f"alias argo openai/{sys.argv[1]}")
told = {"plain": str(shell.run_cell_magic("ai", "argo -f text", "Say hello."))}
told["markdown"] = str(shell.run_cell_magic("ai", "argo -f markdown", "Say hello.").data)
print(json.dumps(told))  # noqa: T201 # it is what the test reads
