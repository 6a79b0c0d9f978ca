"""What files and variables of the published argo-proxy 2.x and 3.x have that this version has not, and what to do then.

It knows their names (argo-proxy 2.7 to 3.3.3: argoproxy/config/model.py, io.py, cli/parser.py, utils/transports.py) and
imports of ours only the values' checks.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Literal

PRODUCTION = "https://apps.inside.anl.gov/argoapi"
"""The ARGO that 3.3 asks where its file names none; 2.x to 3.1 asked dev."""

SINGLE_URLS = ("argo_url", "argo_stream_url", "argo_embedding_url")
"""Keys that named one endpoint each; 3.x takes its base URL from the first of them (io.py, `_infer_base_url`)."""

_ALWAYS_NATIVE = "ARGO's native endpoints are always used; `use_legacy_argo: true` is the other way"
RETIRED: dict[str, str] = {
    **dict.fromkeys(SINGLE_URLS, "argo_base_url stands for it"),
    "argo_model_url": "the list of models comes from argo_base_url",
    "use_native_openai": _ALWAYS_NATIVE,
    "use_native_anthropic": _ALWAYS_NATIVE,
    "provider_tool_format": "each model gets tools in its own form",
    "tool_prompt": "tools are never put into the prompt",
    "real_stream": "streams are passed on as they come",
    "enable_leaked_tool_fix": "calls that leaked into the text are always made calls again",
    "num_workers": "there is one process",
    "log_to_file": "a gateway in the background always has a log, which `argo-proxy status` names",
    "data_dir": "what it keeps is in the state folder; `dump_dir` is where recordings go",
}
"""Keys that are no more, and a true word for each."""

_PATH = re.compile(r"/api/v1/resource/(?:chat|streamchat|embed)/?$")


def inferred_base(values: Mapping[str, object]) -> tuple[str, str] | None:
    """The key that the published one would take ARGO's base URL from, and that URL; None where none is given."""
    urls = {key: str(values[key]).strip() for key in SINGLE_URLS if values.get(key)}
    key = next((key for key, url in urls.items() if _PATH.search(url)), next(iter(urls), None))
    return None if key is None else (key, _PATH.sub("", urls[key]).rstrip("/"))


def age(version: object) -> Literal["old", "current", "newer", "unknown"]:
    """Whose file it is by its `config_version`: 1 and 2 are 2.x's and 3.x's, above 3 is a newer argo-proxy's."""
    text = "" if isinstance(version, bool) else str(version).strip()
    number = re.fullmatch(r"(\d+)((?:\.\d+)*)", text)
    if number is None or number[1] == "0" or len(text) > 99:
        return "unknown"
    if int(number[1]) < 3:
        return "old"
    return "current" if int(number[1]) == 3 and not number[2].strip(".0") else "newer"


def version_remedy(value: object, path: Path | None) -> str:
    """What to do about a `config_version` that is not read."""
    whose = age(value)
    if whose in ("unknown", "current"):
        return 'write: config_version: "3"'
    if whose == "newer":
        return (
            "it is a newer argo-proxy's file, or a slip. Update (argo-proxy update install), or where it is a slip "
            'write: config_version: "3"'
        )
    return (
        "files of version 1 and 2 were written by the published argo-proxy 2.x and 3.x; make it one of version 3, with "
        f"your values and comments kept: {migrate(path)}"
    )


def migrate(path: Path | None) -> str:
    """The command that makes a file one of version 3."""
    return "argo-proxy config migrate" + ("" if path is None else f" {quote(str(path))}")


# Variables that 3.3.3 reads, with the key that each is for now.
_VARIABLES = {
    "HOST": "host",
    "PORT": "port",
    "VERBOSE": "verbose",
    "ARGO_BASE_URL": "argo_base_url",
    "SKIP_URL_VALIDATION": "skip_url_validation",
    "ANTHROPIC_STREAM_MODE": "anthropic_stream_mode",
    "DUMP_REQUESTS": "dump_requests",
    "DUMP_DIR": "dump_dir",
    "USERNAME_PASSTHROUGH": "username_passthrough",
    "CONFIG_PATH": "config",
    "SOCKET": "host",
}
LIMITS = frozenset(
    f"ARGO_PROXY_{name}"
    for name in (
        *("CONNECT_TIMEOUT", "DNS_CACHE_TTL", "KEEPALIVE_TIMEOUT", "MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_HOST"),
        *("READ_TIMEOUT", "TOTAL_TIMEOUT"),
    )
)
"""Variables of 3.x that set limits of its connections to ARGO."""
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def variables_told(environ: Mapping[str, str], used: Mapping[str, object], given: Collection[str]) -> Iterator[str]:
    """What to say of variables that the published one read, where they would make a difference.

    `used` are the settings in force by their keys, `given` the keys that variables of ours or the command line gave.
    Their names are anybody's: a value that makes no sense for the key is another program's.
    """
    found: dict[str, str] = {}
    for name, key in _VARIABLES.items():
        wanted = _wanted(name, environ.get(name, "").strip())
        if wanted is not None and key not in given and str(used.get(key)).lower() != wanted.lower():
            found[name] = f"ARGO_PROXY_{key.upper()}={quote(wanted)}"
    if found:
        names = f"variable {next(iter(found))} is" if len(found) == 1 else f"variables {', '.join(found)} are"
        now = " ".join(dict.fromkeys(found.values()))
        yield f"the {names} argo-proxy 3's and not read; for the same: export {now}"
    for name in sorted(LIMITS & environ.keys()):
        yield f"the variable {name} is argo-proxy 3's and not read: limits of time and connections are fixed"


def _wanted(name: str, value: str) -> str | None:
    """What a variable asks for, as the key takes it; None where it cannot be meant for us."""
    lower = value.lower()
    if name == "HOST":
        return value if lower == "localhost" or _is_address(value) else None
    if name == "PORT":
        return value if value.isascii() and value.isdigit() and 0 < int(value) < 65536 else None
    if name == "SOCKET":
        return "127.0.0.1" if value.startswith("/") else None
    if name == "ARGO_BASE_URL":
        return value.rstrip("/") if re.match(r"https?://", lower) else None
    if name == "ANTHROPIC_STREAM_MODE":
        return lower if lower in ("force", "retry", "passthrough") else None
    if name in ("DUMP_DIR", "CONFIG_PATH"):
        return value or None
    return "true" if lower in _TRUE else "false" if lower in _FALSE else None


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
