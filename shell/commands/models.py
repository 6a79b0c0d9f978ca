"""`argo-proxy models`: the models, by family."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import msgspec

from argo_addon.models.catalogue import family_of, profile_of
from argo_addon.models.registry import EMBEDDING_MODELS, Registry
from argo_addon.models.unreachable import Unreachable
from argo_addon.printable import printable
from argo_addon.settings.model import DEMO
from daemon import health, manager

from ..asking import models_of
from ..named import named
from ..options import loaded
from ..progress import progress
from ..terminal import coloured

_FAMILIES = {"claude": "Claude", "gpt": "GPT", "gemini": "Gemini", "other": "Others", "embedding": "Embeddings"}
_ANY_FORM = (
    "All other usual forms are taken as well: without argo:, with - for ., with a date or [1m] behind, and with "
    "another tool's prefix before (anthropic/…, openai/…)."
)


class _Listed(msgspec.Struct, frozen=True):
    """A name of a model in a running gateway's list (dialects/openai/models.py)."""

    id: str
    internal_id: str
    mode: str = "chat"


class _List(msgspec.Struct, frozen=True):
    data: list[_Listed]


@click.command(
    epilog="Examples: `argo-proxy models`, `argo-proxy models --json | jq -r '.models[] | .name, .aliases[]'`. "
    "Exit codes: 0 fine, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@named
def command(config: Path | None, as_json: bool) -> None:
    """List the models, each with all its names: those of the running gateway, else ARGO's own list, else the built-in
    one; it says which.
    """
    source, listed = _of_the_gateway() or _of_argo(config)
    models = _facts(listed)
    if as_json:
        click.echo(json.dumps({"source": source, "models": models}, indent=2))
        return
    embeds = sum(model["mode"] == "embedding" for model in models)
    click.echo(f"{len(models) - embeds} models and {embeds} for embeddings, {source.rstrip('.')}.")
    for family, title in _FAMILIES.items():
        of_family = [model for model in models if model["family"] == family]
        if of_family:
            click.echo("\n" + (click.style(title, bold=True) if coloured(sys.stdout) else title))
            click.echo(printable(_table(of_family)))
    click.echo(f"\n{_ANY_FORM}")


def _of_the_gateway() -> tuple[str, list[_Listed]] | None:
    record = manager.running()
    told = None if record is None else health.ask(record, "/v1/models")
    how = None if record is None else health.of(record)
    if record is None or told is None or how is None:
        return None
    listed = msgspec.convert(told, _List).data
    live = isinstance(models := how.get("models"), dict) and models.get("source") == "upstream"
    source = f"as the gateway at {record.url} read them from ARGO" if live else (
        f"the built-in list, since the gateway at {record.url} could not read ARGO's"
    )  # fmt: skip
    return source, listed


def _of_argo(config: Path | None) -> tuple[str, list[_Listed]]:
    source, registry = _read(config)
    chat = [_Listed(f"argo:{name}", model.internal_id) for name, model in registry.shown_names()]
    embedding = [_Listed(f"argo:{one.display_name}", one.internal_id, "embedding") for one in EMBEDDING_MODELS]
    return source, [*chat, *embedding]


def _read(config: Path | None) -> tuple[str, Registry]:
    settings = loaded(config, {}).settings
    if settings.argo_base_url == DEMO:
        return "the built-in list; the demo's are told by a gateway that runs", Registry.built_in()
    try:
        with progress("asking ARGO for its models"):
            return f"read from {settings.native_openai_base_url} just now", Registry(models_of(settings))
    except Unreachable as error:
        return f"the built-in list, since {error}", Registry.built_in()


def _facts(listed: list[_Listed]) -> list[dict[str, object]]:
    """A row for each model, made of the rows of its names."""
    names: dict[str, list[str]] = {}
    for one in listed:
        names.setdefault(one.internal_id, []).append(one.id)
    embeds = {one.internal_id for one in listed if one.mode == "embedding"}
    return [
        {
            "name": own[0],
            "aliases": own[1:],
            "internal_id": internal_id,
            "family": "embedding" if internal_id in embeds else family_of(internal_id),
            "mode": "embedding" if internal_id in embeds else "chat",
            "context": (profile := profile_of(internal_id)).context,
            "max_output": profile.max_output,
        }
        for internal_id, own in names.items()
    ]


def _table(rows: list[dict[str, object]]) -> str:
    wide = max(max(len(str(row["name"])) for row in rows), 28)
    head = f"  {'name':{wide}}  {'internal id':20} {'context':>10} {'answer':>9}  also"
    body = (
        f"  {row['name']!s:{wide}}  {row['internal_id']!s:20} {_size(row['context']):>10} {_size(row['max_output']):>9}"
        f"  {_also(row['aliases'])}"
        for row in rows
    )
    return "\n".join(line.rstrip() for line in (head, *body))


def _also(aliases: object) -> str:
    return ", ".join(alias.removeprefix("argo:") for alias in aliases) if isinstance(aliases, list) else ""


def _size(tokens: object) -> str:
    return f"{tokens:,}" if isinstance(tokens, int) else "-"
