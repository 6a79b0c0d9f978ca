"""`argo-proxy config validate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from argo_addon.gateway.fallbacks import problems, unknown
from argo_addon.models.registry import Registry
from argo_addon.models.unreachable import Unreachable
from argo_addon.settings.model import DEMO, Settings, SettingsError, load

from ...asking import models_of
from ...options import loaded
from ...progress import progress
from ...terminal import BAD_CONFIG, CANNOT, fail


@click.command(
    epilog="Examples: `argo-proxy config validate`, `argo-proxy config validate my.yaml --offline`, "
    "`argo-proxy config validate --json`. "
    "Exit codes: 0 good, 1 ARGO does not answer, 2 bad configuration."
)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--offline", is_flag=True, help="Check the file only.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(config: Path | None, offline: bool, as_json: bool) -> None:
    """Check the configuration, and whether the ARGO that it names answers."""
    if as_json:
        sys.exit(_as_json(config, offline=offline))
    found = loaded(config, {})
    _check_models(found.settings, Registry.built_in(), all_known=False)
    click.echo(f"{found.path} is good.")
    if offline or found.settings.argo_base_url == DEMO:
        return
    try:
        with progress("asking ARGO for its models"):
            models = models_of(found.settings)
    except Unreachable as error:
        fail(str(error))
    click.echo(f"ARGO answers at {found.settings.native_openai_base_url}, with {len(models)} models.")
    _check_models(found.settings, Registry(models), all_known=True)


def _check_models(settings: Settings, registry: Registry, *, all_known: bool) -> None:
    if wrong := _wrong_models(settings, registry, all_known=all_known):
        fail(f"`fallback_models`: {' '.join(wrong)}", BAD_CONFIG)


def _wrong_models(settings: Settings, registry: Registry, *, all_known: bool) -> list[str]:
    """What is wrong with the models that are named; `all_known`: the list is ARGO's, so that others do not exist."""
    named = settings.fallback_models
    return [*problems(named, registry), *(unknown(named, registry) if all_known else ())]


def _as_json(config: Path | None, *, offline: bool) -> int:
    """Prints what was found as JSON; returns the exit code."""
    told: dict[str, object] = {"file": None, "good": False, "problems": [], "warnings": [], "argo": None}
    code = 0
    try:
        found = load(config)
    except SettingsError as error:
        told |= {"file": str(config) if config else None, "problems": _problems(str(error))}
        code = BAD_CONFIG
    else:
        told |= {"file": str(found.path) if found.path else None, "good": True, "warnings": list(found.warnings)}
        wrong = _wrong_models(found.settings, Registry.built_in(), all_known=False)
        if not offline and found.settings.argo_base_url != DEMO:
            url = found.settings.native_openai_base_url
            try:
                models = models_of(found.settings)
                told["argo"] = {"url": url, "answers": True, "models": len(models)}
                wrong = _wrong_models(found.settings, Registry(models), all_known=True)
            except Unreachable as error:
                told["argo"] = {"url": url, "answers": False, "problem": str(error)}
                code = CANNOT
        if wrong:
            told |= {"good": False, "problems": [f"`fallback_models`: {one}" for one in wrong]}
            code = BAD_CONFIG
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    return code


def _problems(text: str) -> list[str]:
    """Each problem for itself, where there are several in the words of one error."""
    head, *problems = text.split("\n\n")
    return problems if head.startswith("The configuration has ") else [text]
