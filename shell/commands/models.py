"""`argo-proxy models`: the models, by family."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import msgspec

from argo_addon.models.catalogue import family_of, profile_of
from argo_addon.models.fetch import Unreachable
from argo_addon.models.registry import Model, Registry
from argo_addon.settings.model import DEMO
from daemon import health, manager

from ..asking import models_of
from ..options import loaded
from ..terminal import coloured, progress

_FAMILIES = {"claude": "Claude", "gpt": "GPT", "gemini": "Gemini", "other": "Others"}


class _Listed(msgspec.Struct, frozen=True):
    """A model of a running gateway's list (dialects/openai_models.py)."""

    internal_id: str
    display_name: str


class _List(msgspec.Struct, frozen=True):
    data: list[_Listed]


@click.command(
    epilog="Examples: `argo-proxy models`, `argo-proxy models --json | jq -r '.models[].name'`. "
    "Exit codes: 0 fine, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(config: Path | None, as_json: bool) -> None:
    """List the models: those of the running gateway, else ARGO's own list, else the built-in one; it says which."""
    source, models = _of_the_gateway() or _of_argo(config)
    if as_json:
        click.echo(json.dumps({"source": source, "models": [_facts(model) for model in models]}, indent=2))
        return
    click.echo(f"{len(models)} models, {source}.")
    for family, title in _FAMILIES.items():
        of_family = [_facts(model) for model in models if family_of(model.internal_id) == family]
        if of_family:
            click.echo("\n" + (click.style(title, bold=True) if coloured(sys.stdout) else title))
            click.echo(_table(of_family))


def _of_the_gateway() -> tuple[str, list[Model]] | None:
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
    return source, list({one.internal_id: Model(one.internal_id, one.display_name) for one in listed}.values())


def _of_argo(config: Path | None) -> tuple[str, list[Model]]:
    settings = loaded(config, {}).settings
    if settings.argo_base_url == DEMO:
        return "the built-in list; the demo's are told by a gateway that runs", list(Registry.built_in().models)
    try:
        with progress("asking ARGO for its models"):
            return f"read from {settings.native_openai_base_url} just now", list(models_of(settings))
    except Unreachable as error:
        return f"the built-in list, since ARGO's cannot be read ({error})", list(Registry.built_in().models)


def _facts(model: Model) -> dict[str, object]:
    profile = profile_of(model.internal_id)
    return {
        "name": f"argo:{next(model.names())}",
        "internal_id": model.internal_id,
        "family": family_of(model.internal_id),
        "context": profile.context,
        "max_output": profile.max_output,
    }


def _table(rows: list[dict[str, object]]) -> str:
    wide = max(max(len(str(row["name"])) for row in rows), 28)
    head = f"  {'name':{wide}}  {'internal id':20} {'context':>10} {'answer':>9}"
    body = (
        f"  {row['name']!s:{wide}}  {row['internal_id']!s:20} {_size(row['context']):>10} {_size(row['max_output']):>9}"
        for row in rows
    )
    return "\n".join((head, *body))


def _size(tokens: object) -> str:
    return f"{tokens:,}" if isinstance(tokens, int) else "-"
