"""What a configuration may not say that was found in the working folder and named by nobody.

Such a file comes with whatever folder one works in, a cloned repository as well: by itself it must not lead prompts
and a username to another host than ARGO's. It knows keys and values, and not what they are used for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .checks import DEMO
from .file import Entry

_URLS = ("argo_base_url", "native_openai_base_url", "native_anthropic_base_url")
_STORES = ("responses_store", "limits_store", "usage_ledger", "otlp_endpoint")
_ARGONNE = ".anl.gov"


def strangers(entries: Mapping[str, Entry], path: Path) -> Iterator[str]:
    """A problem for each value that leads elsewhere."""
    for key, entry in entries.items():
        if key in (*_URLS, *_STORES) and (host := _foreign(entry.value)) is not None:
            yield _problem(entry, key, f"leads to {host}", path)
        elif (
            key == "resolve_overrides"
            and isinstance(entry.value, dict)
            and not all(map(_is_here, entry.value.values()))
        ):
            yield _problem(entry, key, "leads ARGO's names elsewhere", path)
        elif key == "ssl_ca_file" and entry.value is not None:
            yield _problem(entry, key, "says whose certificates are taken for ARGO's", path)


def _problem(entry: Entry, key: str, what: str, path: Path) -> str:
    return (
        f"{entry.place}: {key}\n    found:    it {what}, in a file that was only found in the working folder\n"
        "    expected: ARGO's own address there, or a file that you name\n"
        f"    remedy:   if the file is yours, name it: argo-proxy start {path}, or ARGO_PROXY_CONFIG={path}"
    )


def _foreign(value: object) -> str | None:
    """The host of a URL, if it is neither Argonne's nor this machine."""
    if not isinstance(value, str) or value == DEMO:
        return None
    try:
        host = (urlsplit(value).hostname or "").rstrip(".")
    except ValueError:
        return None  # the check of the value says so
    return None if not host or host.endswith(_ARGONNE) or host == "localhost" or _is_here(host) else host


def _is_here(host: object) -> bool:
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
