"""What may stand next on a line: models and numbers of recorded exchanges. Whatever goes wrong, nothing is offered."""

from __future__ import annotations

import itertools

import click
from click.shell_completion import CompletionItem

_MOST_NUMBERS = 30


def models(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The models' names: of the gateway that runs, else of the built-in list. `argo:` is offered once it is begun.

    bash takes a colon for the end of a word.
    """
    prefix = "argo:" if begun.startswith("argo") else ""
    names = (f"{prefix}{name}" for name in _names())
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(begun)]


def _names() -> list[str]:
    # Not at the top: a line is completed while somebody waits.
    from daemon import health, manager

    record = manager.running()
    told = None if record is None else health.ask(record, "/v1/models")
    rows = (told or {}).get("data")
    if isinstance(rows, list):
        return [str(row["id"]).removeprefix("argo:") for row in rows if row.get("mode") != "embedding"]
    from argo_addon.models.registry import Registry

    return [name for name, _ in Registry.built_in().shown_names()]


def exchanges(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The numbers of the newest recorded exchanges, each with its model and status; files too."""
    from . import recordings

    found = []
    try:
        for found_one in itertools.islice(recordings.all_found(), _MOST_NUMBERS):
            meta = found_one.meta
            if meta.number is not None and str(meta.number).startswith(begun):
                found.append(CompletionItem(str(meta.number), help=f"{meta.model} {meta.status}".strip()))
    except OSError:
        return []
    return found if found or begun[:1].isdigit() else [CompletionItem(begun, type="file")]


def keys(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The keys of the configuration."""
    from argo_addon.settings.model import KEYS

    return [CompletionItem(key) for key in KEYS if key.startswith(begun)]
