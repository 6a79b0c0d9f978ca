"""Makes a configuration of version 3 of one of version 1 or 2, as the published argo-proxy 2.x and 3.x wrote them.

It knows the keys of both and nothing of files. Every change is told.
"""

from __future__ import annotations

import re

from argo_addon.settings.model import KEYS

from .config_text import ConfigText

ENVIRONMENTS = {
    # argo.md, "Environments and endpoints"
    "prod": "https://apps.inside.anl.gov/argoapi",
    "dev": "https://apps-dev.inside.anl.gov/argoapi",
    "test": "https://apps-test.inside.anl.gov/argoapi",
    "demo": "demo",
}

_SINGLE_URLS = ("argo_url", "argo_stream_url", "argo_embedding_url")
_RESOURCE = re.compile(r"/api/v1/resource/(?:chat|streamchat|embed)/?$")
_SWITCHES = ("verbose", "skip_url_validation", "username_passthrough", "use_legacy_argo", "enable_payload_control")
_WHY = {
    "num_workers": "there is one process",
    "provider_tool_format": "each model gets tools in its own form",
    "use_native_openai": "ARGO's native endpoints are always used; `use_legacy_argo: true` is the other way",
    "use_native_anthropic": "ARGO's native endpoints are always used; `use_legacy_argo: true` is the other way",
}


def is_current(config: ConfigText) -> bool:
    """Whether there is nothing to migrate."""
    return str(config.values.get("config_version")) == "3" and not any(
        key in config.values for key in _old_keys(config)
    )


def migrated(config: ConfigText) -> tuple[ConfigText, list[str]]:
    """The file as version 3, and each change in a sentence."""
    changes: list[str] = []
    config = _urls(config, changes)
    for key in _old_keys(config):
        why = _WHY.get(key, "version 3 has no such key")
        config = config.retire(key, f"removed by `argo-proxy config migrate`: {why}")
        changes.append(f"{key}: made a comment, since {why}")
    config = _values(config, changes)
    was = config.values.get("config_version")
    if str(was) != "3" or not isinstance(was, str):
        config = (
            config.set("config_version", "3") if was is not None else ConfigText('config_version: "3"\n' + config.text)
        )
        changes.append(f'config_version: {"" if was is None else f"{was} became "}"3"')
    return config, changes


def _old_keys(config: ConfigText) -> list[str]:
    return [key for key in config.values if key not in KEYS and key not in _SINGLE_URLS] + [
        key for key in _SINGLE_URLS if key in config.values
    ]


def _urls(config: ConfigText, changes: list[str]) -> ConfigText:
    """`argo_base_url` for the single URLs, which are left as comments."""
    bases = {key: _RESOURCE.sub("", str(config.values[key]).strip()) for key in _SINGLE_URLS if config.values.get(key)}
    for key in (key for key in _SINGLE_URLS if key in config.values):
        config = config.retire(key, "removed by `argo-proxy config migrate`: argo_base_url stands for all of them")
        changes.append(f"{key}: made a comment, since argo_base_url stands for it")
    if bases and not config.values.get("argo_base_url"):
        base = next(iter(bases.values()))
        config = config.set("argo_base_url", base)
        changes.append(f"argo_base_url: set to {base}")
        others = sorted({other for other in bases.values() if other.rstrip("/") != base.rstrip("/")})
        if others:
            changes.append(f"note: {', '.join(others)} is another base than that; only {base} is used now")
    return config


def _values(config: ConfigText, changes: list[str]) -> ConfigText:
    """Values that version 3 wants in another form: a user's number as text, a port as a number."""
    user, port = config.values.get("user"), config.values.get("port")
    if isinstance(user, int) and not isinstance(user, bool):
        config = config.set("user", str(user))
        changes.append("user: put in quotes")
    if isinstance(port, str) and port.isdigit():
        config = config.set("port", int(port))
        changes.append("port: made a number")
    for key in _SWITCHES:
        if isinstance(value := config.values.get(key), str) and value.lower() in ("true", "false", "yes", "no"):
            config = config.set(key, value.lower() in ("true", "yes"))
            changes.append(f"{key}: made true or false")
    return config
