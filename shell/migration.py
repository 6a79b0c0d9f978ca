"""Makes a configuration of version 3 of one of version 1 or 2, as the published argo-proxy 2.x and 3.x wrote them.

It knows the keys of both and nothing of files. Every change is told.
"""

from __future__ import annotations

from argo_addon.settings import published
from argo_addon.settings.model import KEYS

from .config_text import ConfigText

ENVIRONMENTS = {
    # argo.md, "Environments and endpoints"
    "prod": published.PRODUCTION,
    "dev": "https://apps-dev.inside.anl.gov/argoapi",
    "test": "https://apps-test.inside.anl.gov/argoapi",
    "demo": "demo",
}

_SWITCHES = (
    *("verbose", "skip_url_validation", "username_passthrough", "use_legacy_argo", "enable_payload_control"),
    *("force_conversion", "dump_requests"),
)


def is_current(config: ConfigText) -> bool:
    """Whether there is nothing to migrate."""
    has_old = any(key in config.values for key in _old_keys(config))
    return str(config.values.get("config_version")) == "3" and not has_old and not _opens(config)


def has_ours(config: ConfigText) -> bool:
    """Whether any key is of this or of the published one: else it is another program's file."""
    ours = {*KEYS, *published.RETIRED, *published.SINGLE_URLS}
    return any(key in ours for key in config.values)


def is_taken(config: ConfigText) -> bool:
    """Whether this version reads the file; it is neither an old one's nor a newer one's."""
    known = "config_version" not in config.values or published.age(config.values["config_version"]) in _TAKEN
    has_base = bool(config.values.get("argo_base_url"))
    return known and (has_base or published.inferred_base(config.values) is None)


def is_newer(config: ConfigText) -> bool:
    """Whether a newer argo-proxy wrote it: what it means is not known here."""
    return published.age(config.values.get("config_version")) == "newer"


_TAKEN = ("current", "unknown")


def migrated(config: ConfigText) -> tuple[ConfigText, list[str]]:
    """The file as version 3, and each change in a sentence."""
    changes: list[str] = []
    config = _urls(config, changes)
    for key in _old_keys(config):
        why = published.RETIRED.get(key, "version 3 has no such key")
        config = config.retire(key, f"removed by `argo-proxy config migrate`: {why}")
        changes.append(f"{key}: made a comment, since {why}")
    config = _values(config, changes)
    config = _address(config, changes)
    was = config.values.get("config_version")
    if str(was) != "3" or not isinstance(was, str):
        config = (
            config.set("config_version", "3")
            if "config_version" in config.values
            else ConfigText('config_version: "3"\n' + config.text)
        )
        changes.append(f'config_version: {"" if was is None else f"{was} became "}"3"')
    return config, changes


def _old_keys(config: ConfigText) -> list[str]:
    return [key for key in config.values if key not in KEYS and key not in published.SINGLE_URLS] + [
        key for key in published.SINGLE_URLS if key in config.values
    ]


def _urls(config: ConfigText, changes: list[str]) -> ConfigText:
    """`argo_base_url` for the single URLs, which are left as comments."""
    inferred = published.inferred_base(config.values)
    others = [str(config.values[key]) for key in published.SINGLE_URLS if config.values.get(key)]
    for key in (key for key in published.SINGLE_URLS if key in config.values):
        config = config.retire(key, "removed by `argo-proxy config migrate`: argo_base_url stands for all of them")
        changes.append(f"{key}: made a comment, since argo_base_url stands for it")
    if config.values.get("argo_base_url"):
        return config
    if inferred is None:
        changes.append(
            f"note: no ARGO is named, so {ENVIRONMENTS['dev']} is asked; argo-proxy 3.3 asked {ENVIRONMENTS['prod']}: "
            "`argo-proxy config env prod` has it so"
        )
        return config
    base = inferred[1]
    changes.append(f"argo_base_url: set to {base}")
    for other in (other for other in others if not f"{other}/".startswith(f"{base}/")):
        changes.append(f"note: {other} is at another base than that; only {base} is used now")
    return config.set("argo_base_url", base)


def _opens(config: ConfigText) -> bool:
    """Whether it listens for other machines beside a socket, which was all that argo-proxy 3 listened on then."""
    return bool(config.values.get("socket")) and config.values.get("host") in (None, "", "0.0.0.0")


def _address(config: ConfigText, changes: list[str]) -> ConfigText:
    """A gateway that only its owner could reach, by a Unix socket, is not opened to other machines."""
    if not _opens(config):
        return config
    changes.append(
        "host: set to 127.0.0.1, since a socket kept other machines out; other users of this one may connect, which "
        "`port: none` keeps out as well"
    )
    return config.set("host", "127.0.0.1")


def _values(config: ConfigText, changes: list[str]) -> ConfigText:
    """Values that version 3 wants in another form: a user's number as text, a port as a number."""
    user, port = config.values.get("user"), config.values.get("port")
    if isinstance(user, int) and not isinstance(user, bool):
        config = config.set("user", str(user))
        changes.append("user: put in quotes")
    if isinstance(port, str) and port.isdecimal() and len(port) < 6:
        config = config.set("port", int(port))
        changes.append("port: made a number")
    for key in _SWITCHES:
        if isinstance(value := config.values.get(key), str) and value.lower() in ("true", "false", "yes", "no"):
            config = config.set(key, value.lower() in ("true", "yes"))
            changes.append(f"{key}: made true or false")
    return config
