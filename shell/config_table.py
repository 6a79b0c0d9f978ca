"""The configuration as a table: each key, its value, and where that comes from."""

from __future__ import annotations

import json

import msgspec

from argo_addon.access.client_access import auth_of
from argo_addon.settings.file import without_passwords
from argo_addon.settings.model import Loaded


def table(found: Loaded) -> str:
    """Key, value and source in columns."""
    values = {key: _text(value) for key, value in msgspec.to_builtins(found.settings).items()}
    values["client_auth"] = auth_of(found.settings)
    wide = max(map(len, values)), min(max(map(len, values.values())), 45)
    return "\n".join(f"{key:{wide[0]}}  {value:{wide[1]}}  {source_of(found, key)}" for key, value in values.items())


def _text(value: object) -> str:
    return without_passwords(value) if isinstance(value, str) and value else json.dumps(value)


def source_of(found: Loaded, key: str) -> str:
    """Where a key's value comes from: a file and line, a variable, an option, or the default."""
    follows = "argo_base_url" if key.startswith("native_") else "host" if key == "client_auth" else ""
    return found.sources.get(key) or (f"follows from {follows}" if follows else "default")
