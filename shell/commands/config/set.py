"""`argo-proxy config set`."""

from __future__ import annotations

import os
from pathlib import Path

import click
import yaml

from ... import completing
from ...config_text import ConfigText, replace
from ...migration import is_taken
from ...terminal import BAD_CONFIG, fail, say, warn
from .finding import existing, known, problem_of, refused, text_of


@click.command(
    epilog="Examples: `argo-proxy config set port 8080`, `argo-proxy config set allowed_hosts '[gpu1, gpu2]'`, "
    "`argo-proxy config set dump_dir --unset`. "
    "Exit codes: 0 written, 1 the file cannot be written, 2 no such key, or a value that it does not take."
)
@click.argument("key", shell_complete=completing.keys)
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Take the key out, so that its default holds.")
@click.option("--config", "-c", type=click.Path(path_type=Path), help="The file, instead of the one that is found.")
def command(key: str, value: str | None, unset: bool, config: Path | None) -> None:
    """Set KEY to VALUE in the configuration; comments and all else stay. What the key does not take is refused."""
    if unset == (value is not None):
        raise click.UsageError("Give a value, or --unset.")
    path, key = existing(config), known(key)
    text = text_of(path)
    if not is_taken(text):
        refused(path)
    if value is None and key not in text.values:
        click.echo(f"{path} has no {key}; its default holds.")
        return
    if value is None:
        new = text.retire(key, "taken out by `argo-proxy config set --unset`")
        problem = problem_of(path, new)
    else:
        new, problem = _changed(path, text, key, value)
    if problem and (f": {key}\n" in problem or not problem_of(path, text)):
        fail(problem, BAD_CONFIG)
    try:
        replace(path, new.text, backup=False)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")
    if problem:
        warn(f"{path} is written, and has other problems still.\n{problem}")
    if os.environ.get(f"ARGO_PROXY_{key.upper()}", "").strip():
        warn(f"the variable ARGO_PROXY_{key.upper()} of this shell beats it.")
    now = "not set" if value is None else value
    say(f"{path}: {key} is {now}. A gateway that runs takes it with: argo-proxy restart")


def _changed(path: Path, text: ConfigText, key: str, value: str) -> tuple[ConfigText, str]:
    """The file with a value that was typed, as the key takes it: as a text, or as YAML reads it; and what is wrong."""
    new = text.set(key, value)
    if f": {key}\n" not in (problem := problem_of(path, new)):
        return new, problem
    try:
        new = text.set(key, yaml.safe_load(value))
    except (yaml.YAMLError, ValueError, TypeError):
        return new, problem
    return new, problem_of(path, new)
