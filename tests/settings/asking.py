"""Asking what becomes of a configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from argo_addon.settings.model import SettingsError, load

DEV = "https://apps-dev.inside.anl.gov/argoapi"
Write = Callable[[str], Path]


def refusal(path: Path, **overrides: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load(path, overrides=overrides)
    return str(caught.value)
