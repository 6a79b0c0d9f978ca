"""Where the configuration is looked for, and whether a file there is meant for us.

It knows the keys' names and not what they mean; it imports nothing of ours.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .published import RETIRED


def config_path(cwd: Path | None = None, home: Path | None = None, named: str | None = None) -> Path | None:
    """The configuration that is used where the command line names none: `named`, or the first in its usual places."""
    if named:
        return Path(named).expanduser()
    return next((place for place in places(cwd, home) if is_there(place) and _is_ours(place, home)), None)


def is_there(place: Path) -> bool:
    """Whether something is there, or may be: a folder that keeps us out is not one without a file."""
    try:
        os.lstat(place)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


def places(cwd: Path | None = None, home: Path | None = None) -> tuple[Path, ...]:
    """Where a configuration is looked for, in this order; the second is where `config init` writes."""
    home = home or Path.home()
    return (
        (cwd or Path()) / "config.yaml",
        home / ".config" / "argoproxy" / "config.yaml",
        home / ".argoproxy" / "config.yaml",
    )


def passed_over(cwd: Path | None = None, home: Path | None = None) -> str:
    """What a user is told of the working folder's config.yaml if there is one that is not taken; else empty."""
    place = places(cwd, home)[0]
    if not is_there(place) or _is_ours(place, home):
        return ""
    whose = "another program's" if place.is_file() and os.access(place, os.R_OK) else "no file that can be read"
    return f"{place} is {whose}, and passed over"


def _is_ours(place: Path, home: Path | None) -> bool:
    """Whether a file in a usual place is meant for us: the working folder's config.yaml may be any other program's, and
    is where it cannot say whose it is.
    """
    if place in places(None, home)[1:]:
        return True
    try:
        if not place.is_file():  # a pipe would be waited for
            return False
        with place.open("rb") as file:
            text = file.read(_ENOUGH).decode(errors="replace")
    except OSError:
        return False
    names = _names(text)
    return any(map(_says_so, names)) or (names <= NAMES and not names <= _ANYBODYS)


def _says_so(name: str) -> bool:
    """Whether a key is one that only our files have, or is meant to be."""
    if name in _SAYS_SO or not _LIKE.match(name):
        return name in _SAYS_SO
    import difflib  # not at the top: hardly ever needed

    return bool(difflib.get_close_matches(name, _SAYS_SO, 1, 0.8))


def _names(text: str) -> set[str]:
    """The keys of a file's outermost mapping, as far as it can be read without a parser."""
    if text.lstrip().startswith("{"):
        import yaml  # not at the top: commands that must answer in 20 ms read block style

        try:
            read = yaml.safe_load(text)
        except yaml.YAMLError:
            return set()
        return {str(name) for name in read} if isinstance(read, dict) else set()
    found = [(match["indent"], match["name"]) for match in _KEY.finditer(text)]
    return {name for indent, name in found if indent == found[0][0]}


def lines(path: Path, keys: tuple[str, ...]) -> dict[str, str]:
    """What a file's lines say of some keys, as far as can be seen without a parser: for a guess, not for settings."""
    try:
        with path.open("rb") as file:
            text = file.read(_ENOUGH).decode(errors="replace")
    except OSError:
        return {}
    pattern = re.compile(rf"""(?:^|[{{,])[ \t]*["']?({"|".join(keys)})["']?\s*:\s*["']?([^\s"'#,}}]+)""", re.MULTILINE)
    return {match[1]: match[2] for match in pattern.finditer(text)}


def whole_path(key: str, value: object, folder: Path) -> object:
    """The value of a key; a path as it is from any folder: a file's are from where it is, others from here."""
    if key not in _PATHS or not isinstance(value, str) or not value.strip() or value == "off" or "://" in value:
        return value
    return os.path.join(os.path.abspath(folder), os.path.expanduser(value))


_PATHS = ("ssl_ca_file", "dump_dir", "socket", "responses_key_file", "responses_store")
_ENOUGH = 1_000_000
_KEY = re.compile(r"^(?P<indent> *)(?P<quote>[\"']?)(?P<name>[\w.-]+)(?P=quote)\s*:(?:\s|$)", re.MULTILINE)
_SAYS_SO = (
    *("config_version", "argo_base_url", "native_openai_base_url", "native_anthropic_base_url"),
    *("argo_url", "argo_stream_url", "argo_embedding_url", "argo_model_url", "use_native_openai"),
    *("use_native_anthropic", "use_legacy_argo"),
)
"""The keys that no other program's file has."""
_LIKE = re.compile(r"config_v|.*argo_|.*native_")
NAMES = frozenset(
    (
        *("user", "username_passthrough", "host", "port", "verbose", "anthropic_stream_mode", "force_conversion"),
        *("use_legacy_argo", "socket", "client_auth", "allowed_hosts", "allowed_origins"),
        *("skip_url_validation", "connection_test_timeout", "resolve_overrides", "ssl_ca_file", "max_log_history"),
        *("enable_payload_control", "max_payload_size", "image_timeout", "concurrent_downloads", "default_chat_model"),
        *("default_embed_model", "model_refresh_interval_hours", "dump_requests", "dump_dir", "record_failures"),
        *("max_body_size", "max_decompressed_size", "max_head_size", "max_messages", "max_tools", "max_depth"),
        *("log_format", "upstream_retries", "fallback_models", "usage_ledger", "limits", "limits_store"),
        *("otlp_endpoint",),
        *("responses_key_file", "responses_store", "responses_store_days", "responses_store_size"),
        *RETIRED,
    )
)
"""The keys that alone do not say whose file it is; a file of nothing else is ours, unless they are all _ANYBODYS."""
_ANYBODYS = frozenset(("host", "port", "socket", "verbose", "limits", "log_format"))
"""What any server's file has; ours has a `user` as well, or does not work."""
