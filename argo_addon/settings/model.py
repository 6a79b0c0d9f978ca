"""The configuration: one YAML file, checked once, held as one frozen Struct.

It must not know what a setting is used for, and of ours it imports only its own parts: the checks and the reader.
Nobody else asks for the file or the home folder. All faults are found at the start and are told in one message.
The keys are described in docs/reference/config.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from . import published
from .checks import DEMO
from .file import Entry, SettingsError, describe, problem, read, without_passwords
from .found_here import strangers
from .places import config_path, passed_over, places, whole_path
from .rules import DEV_URL, RULES, Rule
from .trust import VARIABLES

__all__ = [
    "DEMO",
    "KEYS",
    "Loaded",
    "NoConfig",
    "Settings",
    "SettingsError",
    "config_path",
    "environment",
    "load",
    "places",
    "proxy_variables",
    "trust_variables",
]

_MINIMUM = '    config_version: "3"\n    user: jdoe   # your ANL username\n'


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the file and the command line say, checked; field names are the file's keys.

    URLs have no trailing slash. With `argo_base_url` "demo" both native URLs are empty until `with_base_url`. What a
    `client_auth` of None means goes by `host` (access/client_access.py).
    A port of None is none: `socket` is served alone.
    """

    config_version: str = "3"
    user: str
    username_passthrough: bool = False
    host: str = "0.0.0.0"
    port: int | None = 44497
    socket: str | None = None
    client_auth: Literal["open", "username", "token"] | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    verbose: bool = True
    argo_base_url: str = DEV_URL
    native_openai_base_url: str = ""
    native_anthropic_base_url: str = ""
    anthropic_stream_mode: Literal["force", "retry", "passthrough"] = "force"
    force_conversion: bool = False
    use_legacy_argo: bool = False
    skip_url_validation: bool = False
    connection_test_timeout: float = 5.0
    resolve_overrides: dict[str, str] = {}
    ssl_ca_file: str | None = None
    max_log_history: int = 3
    log_format: Literal["text", "json"] = "text"
    enable_payload_control: bool = False
    max_payload_size: float = 20.0
    image_timeout: float = 30.0
    concurrent_downloads: int = 10
    upstream_retries: int = 0
    fallback_models: dict[str, tuple[str, ...]] = {}
    default_chat_model: str | None = None
    default_embed_model: str | None = None
    model_refresh_interval_hours: float = 24.0
    dump_requests: bool = False
    dump_dir: str | None = None
    record_failures: bool = True
    usage_ledger: bool | str = True
    otlp_endpoint: str | None = None
    limits: dict[str, int] = {}
    limits_store: str | None = None
    max_body_size: float = 100.0
    max_decompressed_size: float = 100.0
    max_head_size: float = 1.0
    max_messages: int = 50_000
    max_tools: int = 10_000
    max_depth: int = 0
    responses_key_file: str | None = None
    responses_store: str | None = None
    responses_store_days: float = 30.0
    responses_store_size: float = 1000.0

    def with_base_url(self, url: str) -> Settings:
        """The same settings with ARGO at `url`, both native URLs derived from it (argo.md)."""
        base = url.rstrip("/")
        return msgspec.structs.replace(
            self, argo_base_url=base, native_openai_base_url=f"{base}/v1", native_anthropic_base_url=base
        )

    def facts(self) -> dict[str, object]:
        """All of it by key, as JSON has it."""
        told: dict[str, object] = msgspec.json.decode(msgspec.json.encode(self))
        return told

    def shown(self) -> dict[str, object]:
        """The same for other eyes, and for files: without passwords of URLs."""
        return {
            key: without_passwords(value) if isinstance(value, str) else value for key, value in self.facts().items()
        }

    def upstreams(self) -> dict[str, str]:
        """Where models are called, by the name of what is called there."""
        if self.use_legacy_argo:
            return {"legacy": self.argo_base_url}
        return {"openai": self.native_openai_base_url, "anthropic": self.native_anthropic_base_url}


class Loaded(msgspec.Struct, frozen=True):
    """The settings, the file that they came from (None: defaults only) and what the user should be told.

    `sources` has where each value came from that is not a default: a file's line, a variable, the command line.
    """

    settings: Settings
    path: Path | None
    warnings: tuple[str, ...]
    sources: dict[str, str] = {}


COMMAND_LINE = "command line"
_VARIABLE = "the variable "
_PREFIX = "ARGO_PROXY_"

KEYS: tuple[str, ...] = tuple(RULES)
"""Every key that a file may have."""


def proxy_variables() -> dict[str, str]:
    """The environment's variables that name HTTP proxies, in lower case; one that is written so goes before another."""
    names = sorted(name for name in os.environ if name.lower() in _PROXY_VARIABLES)  # capitals come first
    return {name.lower(): os.environ[name] for name in names}


def trust_variables() -> dict[str, str]:
    """The environment's variables that name trusted certificates (trust.py)."""
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def environment() -> dict[str, str]:
    """The environment for a process that works in another folder: paths among our variables as they are from there."""
    return {
        name: str(whole_path(name.removeprefix(_PREFIX).lower(), value, Path())) if name.startswith(_PREFIX) else value
        for name, value in os.environ.items()
    }


_PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy", "no_proxy")


class NoConfig(SettingsError):
    """There is no configuration file at all."""


def load(
    path: Path | None = None,
    *,
    cwd: Path | None = None,
    home: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Read the file at `path`, or the one that ARGO_PROXY_CONFIG or the usual places give, and check it.

    `overrides` come from the command line and beat the environment (`ARGO_PROXY_PORT` and so on; `environ` in its place
    for tests), which beats the file; None there means not given. Without a file only the demo runs (`argo_base_url`
    "demo"), reachable from this machine alone. Raises SettingsError, which tells every problem.
    """
    environ = os.environ if environ is None else environ
    given = _from_environment(environ)
    given |= {key: Entry(COMMAND_LINE, value) for key, value in (overrides or {}).items() if value is not None}
    named = path or environ.get("ARGO_PROXY_CONFIG")
    path = path or config_path(cwd, home, environ.get("ARGO_PROXY_CONFIG"))
    if path is not None:
        entries, problems = read(path, _MINIMUM)
        entries = {
            key: msgspec.structs.replace(entry, value=whole_path(key, entry.value, path.parent))
            for key, entry in entries.items()
        }
        if not named and path == places(cwd, home)[0]:
            problems += strangers({key: entry for key, entry in entries.items() if key not in given}, path.absolute())
    elif "argo_base_url" in given and given["argo_base_url"].value == DEMO:
        entries, problems = {"host": Entry("default", "127.0.0.1")}, []
    else:
        looked = "".join(f"    {place}\n" for place in places(cwd, home))
        if other := passed_over(cwd, home):
            looked += f"\n    ({other})\n"
        raise NoConfig(
            f"There is no configuration. Looked for, in this order:\n\n{looked}\nMake one:\n\n"
            "    argo-proxy config init --user jdoe   # your ANL username\n\n"
            "or try it without ARGO, against the built-in simulator:\n\n    argo-proxy start --demo"
        )
    entries |= given
    settings = _settings(entries, problems, path)
    warnings = [*_warnings(entries, settings, path), *_of_variables(environ, settings, given)]
    sources = {key: entry.place for key, entry in entries.items() if key in RULES and entry.place != "default"}
    return Loaded(settings, path, tuple(warnings), sources)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Entry]:
    """The settings that the environment gives: ARGO_PROXY_ and the key in capitals."""
    entries = {}
    for key, rule in RULES.items():
        name = _PREFIX + key.upper()
        if (text := environ.get(name)) is None or not text.strip():
            continue
        entries[key] = Entry(_VARIABLE + name, text if _takes(rule, text) else _as_yaml(text))
    return entries


def _as_yaml(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return text


def _settings(entries: Mapping[str, Entry], problems: list[str], path: Path | None) -> Settings:
    """The checked values, or SettingsError with `problems` and all that are found here."""
    values: dict[str, object] = {}
    for key, entry in entries.items():
        if key not in RULES:
            continue
        try:
            values[key] = _checked(key, entry, path)
        except _Refused as refused:
            problems.append(str(refused))
    if "argo_base_url" not in entries or not entries["argo_base_url"].value:
        problems += _only_single_urls(entries, path)
    demo = values.get("argo_base_url") == DEMO
    if "user" not in entries and not demo:
        problems.append(problem(f"{path}: user", "nothing", RULES["user"].expected, "add a line: user: jdoe"))
    if values.get("client_auth") == "token" and values.get("username_passthrough"):
        place = entries["client_auth"].place
        remedy = "client_auth: username, or leave username_passthrough out"
        problems.append(problem(f"{place}: client_auth", "token", "the key to be one thing: with username_passthrough "
                                "it is the client's username", remedy))  # fmt: skip
    if values.get("port", 0) is None and not values.get("socket"):
        place = entries["port"].place
        problems.append(problem(f"{place}: port", "nothing, and no socket", "one of them", "write a port, or a socket"))
    if problems:
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise SettingsError(f"The configuration has {count}.\n\n" + "\n\n".join(problems))
    if values.get("socket"):  # whoever listens there keeps others out, as argo-proxy 3 did then
        values.setdefault("host", "127.0.0.1")
    base = str(values.get("argo_base_url", DEV_URL))
    values.setdefault("user", DEMO)
    values["native_openai_base_url"] = "" if demo else values.get("native_openai_base_url") or f"{base}/v1"
    values["native_anthropic_base_url"] = "" if demo else values.get("native_anthropic_base_url") or base
    return msgspec.convert(values, Settings)


class _Refused(Exception):
    """A value that the configuration cannot have; the text is the whole problem."""


def _only_single_urls(entries: Mapping[str, Entry], path: Path | None) -> Iterator[str]:
    """A file of the published one that names ARGO by the URLs of its endpoints: another ARGO must not be asked."""
    inferred = published.inferred_base({key: entry.value for key, entry in entries.items()})
    if inferred is not None:
        key, base = inferred
        found = f"{describe(entries[key])}, and no argo_base_url"
        remedy = f"write in its place `argo_base_url: {base}`, which is what this does: {published.migrate(path)}"
        yield problem(f"{entries[key].place}: {key}", found, "argo_base_url, which every URL comes from", remedy)


def _checked(key: str, entry: Entry, path: Path | None) -> object:
    rule = RULES[key]
    from_file = entry.place != COMMAND_LINE
    where = f"{entry.place}: {key}" if from_file else f"{entry.place}: --{key.replace('_', '-')}"
    found = describe(entry)
    try:
        value = rule.check(entry.value)
        if type(value) is int and entry.written and not re.fullmatch(r"[-+]?(0|[1-9]\d*)", entry.written):
            raise ValueError("write plain digits")
    except (ValueError, OSError) as reason:  # OSError: a path that the system does not take
        why = str(reason.strerror if isinstance(reason, OSError) else reason)
        found += f" ({without_passwords(why)[:_LONGEST]})" if why else ""
        raise _Refused(problem(where, found, rule.expected, _remedy(key, entry, path))) from None
    return value


def _remedy(key: str, entry: Entry, path: Path | None) -> str:
    """What to write instead. A value that only needs other quotes is told as that."""
    rule = RULES[key]
    if entry.place == COMMAND_LINE:
        return f"for example: --{key.replace('_', '-')} {rule.example}"
    if entry.place.startswith(_VARIABLE):
        return f"for example: {entry.place.removeprefix(_VARIABLE)}={rule.example}"
    if key == "config_version":
        return published.version_remedy(entry.value, path)
    written = entry.written or ""
    if isinstance(entry.value, str):
        if _takes(rule, yaml.safe_load(entry.value) if re.fullmatch(r"-?\d+\.\d+|-?\w+", entry.value) else None):
            return f"remove the quotes: {key}: {written}"
    elif _takes(rule, written):
        return f'put it in quotes: {key}: "{written}"'
    return f"for example: {key}: {rule.example}"


def _takes(rule: Rule, value: object) -> bool:
    try:
        return rule.check(value) is not None
    except (ValueError, OSError):
        return False


def _warnings(entries: Mapping[str, Entry], settings: Settings, path: Path | None) -> Iterator[str]:
    for key, entry in entries.items():
        if word := published.RETIRED.get(key):
            of = "`{0}` of argo-proxy 2 and 3 is ignored; {1}. To have it out of the file: {2}"
            yield f"{entry.place}: {of.format(key, word, published.migrate(path))}"
        elif key not in RULES:
            close = _close(key, RULES)
            hint = f"did you mean `{close}`?" if close else "see docs/reference/config.md"
            yield f"{entry.place}: unknown key `{key}` is ignored; {hint}"
        elif key.startswith("native_") and settings.argo_base_url == DEMO:
            yield f"{entry.place}: `{key}` is ignored, the demo talks to the simulator only"
    if settings.limits_store is not None and not settings.limits:
        yield f"{entries['limits_store'].place}: `limits_store` is ignored, since no `limits` are set"
    if "argo_base_url" not in entries and any(key in published.RETIRED for key in entries):
        yield (
            f"{path}: it names no argo_base_url, so {settings.argo_base_url} is asked; argo-proxy 3.3 asked "
            f"{published.PRODUCTION}. Add a line: argo_base_url: {published.PRODUCTION}"
        )


def _of_variables(environ: Mapping[str, str], settings: Settings, given: Mapping[str, Entry]) -> Iterator[str]:
    used = msgspec.structs.asdict(settings) | {"config": environ.get("ARGO_PROXY_CONFIG")}
    yield from published.variables_told(environ, used, [*given, *(["config"] if used["config"] else [])])
    for name in sorted(set(environ) - published.LIMITS):
        key = name.removeprefix(_PREFIX).lower()
        if name.startswith(_PREFIX) and key not in RULES and (close := _close(key, RULES)):
            yield f"the variable {name} is not known and ignored; did you mean {_PREFIX}{close.upper()}?"


def _close(name: str, known: Iterable[str]) -> str | None:
    """What was perhaps meant."""
    import difflib  # not at the top: hardly ever needed

    found = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=_CLOSE)
    return found[0] if found else None


_LONGEST = 300  # characters of a reason that are told
_CLOSE = 0.75  # `prot` is that close to `port`; `log_to_file`, at 0.64, was no slip for `ssl_ca_file`
