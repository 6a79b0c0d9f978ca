"""The configuration file that a command is about."""

from __future__ import annotations

import difflib
import os
import tempfile
from pathlib import Path
from typing import NoReturn

import yaml

from argo_addon.settings.model import KEYS, SettingsError, config_path, load
from argo_addon.settings.places import is_there

from ...config_text import ConfigText
from ...terminal import BAD_CONFIG, fail


def existing(config: Path | None) -> Path:
    """The file that is named or found; without one the program ends."""
    path = config or config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
    if path is None or not is_there(path):
        where = f"{path} does not exist" if path else "there is no configuration"
        fail(f"{where}. Make one: argo-proxy config init", BAD_CONFIG)
    return path


def known(key: str) -> str:
    """A key as the file has it; one that there is not ends the program with the closest."""
    written = key.strip().lower().replace("-", "_")
    if written in KEYS:
        return written
    close = difflib.get_close_matches(written, KEYS, n=3)
    hint = f"Did you mean {', '.join(close)}?" if close else "docs/reference/config.md has them all."
    fail(f"there is no key {key}. {hint}", BAD_CONFIG)


def text_of(path: Path) -> ConfigText:
    """The file to be changed; one that is no YAML ends the program, with the place."""
    try:
        return ConfigText(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.", BAD_CONFIG)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        try:
            load(path)
        except SettingsError as error:
            fail(str(error), BAD_CONFIG)
        fail(f"{path} cannot be read as YAML.", BAD_CONFIG)


def refused(path: Path) -> NoReturn:
    """Ends the program with what is wrong with a file, without a look at the environment."""
    try:
        load(path, environ={})
    except SettingsError as error:
        fail(str(error), BAD_CONFIG)
    fail(f"{path} is not a file of this version.", BAD_CONFIG)


def problem_of(path: Path, text: ConfigText) -> str:
    """What is wrong with a file that had this text, the environment aside; empty where nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        draft.write_text(text.text, encoding="utf-8")
        try:
            load(draft, environ={})
        except SettingsError as error:
            return str(error).replace(str(draft), str(path))
    return ""
