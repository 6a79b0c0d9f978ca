"""The coding tools and SDKs, a module each: what each needs to talk to the gateway.

It loads one module at a time, and makes no NamedTuples: making one takes longer than all that is done with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable


class Model:
    """A model of the gateway's list: its name without `argo:`, ARGO's id, tokens of prompt and answer together."""

    __slots__ = ("context", "internal_id", "max_output", "name")

    def __init__(self, name: str, internal_id: str, context: int | None = None, max_output: int | None = None) -> None:
        self.name = name
        self.internal_id = internal_id
        self.context = context
        self.max_output = max_output


class Where:
    """The gateway, and whose shell it is. `url` has no slash at its end.

    `model` is the one that was asked for, by the list's name where it has it, with a window as `[1m]`; `notes` say what
    is to be known of that.
    """

    __slots__ = ("environ", "home", "key", "model", "models", "notes", "url")

    def __init__(
        self,
        url: str,
        key: str,
        models: tuple[Model, ...],
        model: str | None,
        environ: dict[str, str],
        home: str,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.url = url
        self.key = key
        self.models = models
        self.model = model
        self.environ = environ
        self.home = home
        self.notes = notes


class Setup:
    """What a tool needs.

    `variables` are set and `unset` taken away, since they would win; `options` go first on each of its command lines;
    `files` are ours, path and text; `notes` are for the user. `settings` are for a program that takes neither: a path
    of ours, and the text, of which the notes say where it goes; it is written only if that is asked for.
    """

    __slots__ = ("files", "notes", "options", "settings", "unset", "variables")

    def __init__(
        self,
        variables: dict[str, str],
        unset: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
        files: tuple[tuple[str, str], ...] = (),
        notes: tuple[str, ...] = (),
        settings: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.settings = settings
        self.variables = variables
        self.unset = unset
        self.options = options
        self.files = files
        self.notes = notes


class SetupError(Exception):
    """A tool cannot be set up. The text says why and what to do."""


class Tool:
    """A row of the table: the program (None: an SDK), what it is, what it gets.

    `wraps` says that a function of the program's name is made; `own_names` are its own names for models.
    """

    __slots__ = ("needs", "own_names", "program", "title", "wraps")

    def __init__(
        self, program: str | None, title: str, needs: str, *, wraps: bool = False, own_names: tuple[str, ...] = ()
    ) -> None:
        self.program = program
        self.title = title
        self.needs = needs
        self.wraps = wraps
        self.own_names = own_names


TOOLS: dict[str, Tool] = {
    "claude": Tool(
        "claude", "Claude Code", "variables", own_names=("opus", "sonnet", "haiku", "opusplan", "default", "best")
    ),
    "codex": Tool(
        "codex", "Codex CLI", "a profile of ours beside its configuration, a function that selects it", wraps=True
    ),
    "gemini": Tool("gemini", "Gemini CLI", "variables (its Vertex AI set-up)"),
    "aider": Tool("aider", "Aider", "variables"),
    "opencode": Tool("opencode", "OpenCode", "a variable with its configuration"),
    "kilo": Tool("kilo", "Kilo Code", "a variable with its configuration (CLI); in VS Code: what to type where"),
    "openai": Tool(None, "openai SDK", "variables"),
    "anthropic": Tool(None, "anthropic SDK", "variables"),
    "genai": Tool(None, "google-genai SDK", "variables"),
    "ollama": Tool(None, "ollama SDK", "variables"),
    "qwen": Tool("qwen", "Qwen Code", "variables, a function that chooses OpenAI's API", wraps=True),
    "continue": Tool("cn", "Continue", "a configuration of ours, a function that names it (CLI)", wraps=True),
    "cline": Tool("cline", "Cline", "a folder of ours, a function that names it (CLI)", wraps=True),
    "crush": Tool("crush", "Crush", "a folder of ours with its configuration"),
    "goose": Tool("goose", "Goose", "variables"),
    "llm": Tool("llm", "llm", "a folder of ours with its models"),
    "open-webui": Tool("open-webui", "Open WebUI", "variables"),
    "jupyter-ai": Tool(None, "Jupyter AI", "variables"),
    "langchain": Tool(None, "LangChain", "variables"),
    "llama-index": Tool(None, "LlamaIndex", "variables"),
    "pydantic-ai": Tool(None, "pydantic-ai", "variables"),
    "openai-agents": Tool(None, "OpenAI Agents SDK", "variables"),
    "claude-agent-sdk": Tool(None, "Claude Agent SDK", "variables, those of Claude Code"),
    "zed": Tool("zed", "Zed", "settings to put into its own"),
    "vscode": Tool("code", "VS Code, Copilot", "settings to put into its own"),
    "jetbrains": Tool(None, "JetBrains AI", "what to type where"),
    "roo": Tool(None, "Roo Code", "what to type where"),
    "generic": Tool(None, "anything else", "the usual variables of every API"),
}

OURS = "# Written by argo-proxy, which may write it anew. Copy it under another name to keep changes."
"""The first line of a file of ours."""


def setup_of(tool: str, where: Where) -> Setup:
    """What a tool of the table needs. Raises SetupError."""
    make: Callable[[Where], Setup] = importlib.import_module(f"shell.tools.{tool.replace('-', '_')}").setup
    return make(where)


def newest(models: tuple[Model, ...], *beginnings: str, without: tuple[str, ...] = ()) -> Model | None:
    """The newest model whose id begins with the first of these words that any begins with."""
    for beginning in beginnings:
        found = [
            model
            for model in models
            if model.internal_id.startswith(beginning) and not any(word in model.internal_id for word in without)
        ]
        if found:
            return max(found, key=_version)
    return None


def _version(model: Model) -> tuple[int, int]:
    digits = "".join(char if char.isdigit() else " " for char in model.internal_id).split()
    first = digits[0] if digits else "0"
    return int(first[0]), int(first[1:3] or 0)


def found(where: Where, name: str) -> Model | None:
    """The model of the list that a name means, as far as that is plain."""
    bare = "".join(char for char in name.lower().split(":")[-1].split("[")[0] if char.isalnum())
    return next(
        (one for one in where.models if bare in ("".join(filter(str.isalnum, one.name)), one.internal_id)), None
    )


GPT_SMALL = ("mini", "nano")


def chat_model(where: Where) -> Model:
    """The model for tools that speak OpenAI's API: the one that was asked for, else the newest large GPT, else any."""
    if where.model is not None:
        return found(where, where.model) or Model(where.model, where.model, None, None)
    best = newest(where.models, "gpt5", "gpt", "claudeopus", without=GPT_SMALL)
    return best or (where.models[0] if where.models else Model("gpt-5.4", "gpt54", None, None))
