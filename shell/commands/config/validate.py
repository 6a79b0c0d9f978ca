"""`argo-proxy config validate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from argo_addon.models.unreachable import Unreachable
from argo_addon.settings.model import DEMO, SettingsError, load

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
    click.echo(f"{found.path} is good.")
    if offline or found.settings.argo_base_url == DEMO:
        return
    try:
        with progress("asking ARGO for its models"):
            models = models_of(found.settings)
    except Unreachable as error:
        fail(str(error))
    click.echo(f"ARGO answers at {found.settings.native_openai_base_url}, with {len(models)} models.")


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
        if not offline and found.settings.argo_base_url != DEMO:
            url = found.settings.native_openai_base_url
            try:
                told["argo"] = {"url": url, "answers": True, "models": len(models_of(found.settings))}
            except Unreachable as error:
                told["argo"] = {"url": url, "answers": False, "problem": str(error)}
                code = CANNOT
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    return code


def _problems(text: str) -> list[str]:
    """Each problem for itself, where there are several in the words of one error."""
    head, *problems = text.split("\n\n")
    return problems if head.startswith("The configuration has ") else [text]
