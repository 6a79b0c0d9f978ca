"""What is wrong, and what to do about it. Each check stands alone: it finds something even where nothing works."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from argo_addon.models.unreachable import Unreachable
from argo_addon.settings import places as where
from argo_addon.settings.model import DEMO, Loaded, NoConfig, SettingsError, load
from daemon import discovery, health, keys, manager, status
from daemon.neighbours import neighbours

from .asking import models_of
from .doctor_servers import servers
from .doctor_state import absent, changed, places
from .doctor_tools import tools
from .findings import FAILS, OK, WARNING, Finding
from .self_test import problem_of, self_tests

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def examine(config: Path | None, *, calls: bool) -> list[Finding]:
    """Every finding, the nearest to the cause first."""
    findings: list[Finding] = []
    record = manager.running()
    loaded = _config(config or _of(record), record, findings)
    findings += places(record)
    argo = None if loaded is None else _argo(loaded, record)
    findings += _gateway(record, loaded)
    if argo is not None:
        findings.append(argo)
    if loaded is not None:
        findings += servers(loaded.settings)
    findings += _proxies()
    findings += tools(record)
    if calls and record is not None:
        if argo is not None and argo.state == FAILS:
            findings.append(Finding("self-test", WARNING, "not tried, since ARGO is out of reach"))
        else:
            findings += _calls(record)
    return findings


def _of(record: status.Record | None) -> Path | None:
    return Path(record.config) if record is not None and record.config is not None else None


def _config(path: Path | None, record: status.Record | None, findings: list[Finding]) -> Loaded | None:
    flags = record.flags if record is not None else {}
    try:
        loaded = load(path, overrides=flags)
    except NoConfig:
        found = f"there is none: not {', not '.join(map(str, where.places()))}"
        findings.append(
            Finding("configuration", FAILS, found, "argo-proxy config init; without ARGO: argo-proxy start --demo")
        )
        return None
    except SettingsError as error:
        used = path or where.config_path(named=os.environ.get("ARGO_PROXY_CONFIG"))
        remedy = f"argo-proxy config edit{f' {path}' if path else ''}"
        if used is None or not (used.is_file() and os.access(used, os.R_OK)):
            remedy = "it is to be a file that you can read; or name another one"
        findings.append(Finding("configuration", FAILS, str(error), remedy))
        return None
    for warning in loaded.warnings:
        findings.append(Finding("configuration", WARNING, warning, "argo-proxy config edit"))
    findings.append(Finding("configuration", OK, str(loaded.path or "none, the demo needs none")))
    return loaded


def _gateway(record: status.Record | None, loaded: Loaded | None) -> Iterator[Finding]:
    found = discovery.find()
    if record is None or found is None:
        yield from absent(loaded)
        return
    told = found.answer
    if told is None:
        yield Finding("gateway", FAILS, f"pid {record.pid} does not answer at {record.url}", "argo-proxy restart")
        return
    yield Finding(
        "gateway", OK, f"{record.url}, pid {record.pid}, {told.get('requests')} calls, {told.get('errors')} failed"
    )
    yield from changed(found, told, loaded)
    models = told.get("models")
    if isinstance(models, dict) and models.get("source") != "upstream":
        why = "the built-in list is in use, since ARGO's could not be read"
        yield Finding(
            "models", WARNING, why, "see ARGO below; it is read anew once ARGO answers, or by argo-proxy doctor"
        )
    elif isinstance(models, dict):
        yield Finding("models", OK, f"{models.get('count')}, read from ARGO")
    yield _access(record)


def _access(record: status.Record) -> Finding:
    if (note := keys.advice(record.auth, record.host, record.user)) is not None:
        found, _, remedy = note.partition("; ")
        return Finding("access", WARNING, f"it listens on {record.host}: {found}", remedy)
    if record.auth == "open" and not record.url.startswith(health.UNIX) and (others := neighbours()):
        found = f"others use this machine ({', '.join(others)}), and can use ARGO as {record.user} through 127.0.0.1"
        return Finding("access", WARNING, found, "client_auth: token in the configuration asks for a secret")
    return Finding("access", OK, f"it listens on {record.host}; key: {keys.wanted(record.auth)}")


def _argo(loaded: Loaded, record: status.Record | None) -> Finding:
    """Whether ARGO answers: the gateway where one runs, which has its own proxies, else this process."""
    settings = loaded.settings
    if settings.argo_base_url == DEMO:
        return Finding("ARGO", OK, "the built-in simulator")
    began = time.perf_counter()
    told = None if record is None else _by_gateway(record, settings.connection_test_timeout)
    if told is not None:
        problem, remedy, count = told
    else:
        try:
            problem, remedy, count = None, "", len(models_of(settings))
        except Unreachable as error:
            problem, remedy, count = error.found, error.remedy, 0
    if problem is not None:
        return Finding("ARGO", FAILS, problem.removesuffix(remedy).strip(), remedy)
    took = (time.perf_counter() - began) * 1000
    return Finding("ARGO", OK, f"{settings.argo_base_url} answers in {took:.0f} ms, with {count} models")


def _by_gateway(record: status.Record, seconds: float) -> tuple[str | None, str, int] | None:
    """What the gateway finds when it reads ARGO's list anew: problem, remedy, models; None where it does not answer."""
    try:
        with _client(record, seconds + 5) as client:
            client.post("/refresh")
    except httpx.HTTPError:
        return None
    told = health.of(record) or {}
    argo, models = told.get("argo"), told.get("models")
    if not isinstance(argo, dict) or not isinstance(models, dict):
        return None
    problem, remedy = argo.get("problem"), argo.get("remedy")
    return None if problem is None else str(problem), str(remedy or ""), int(models.get("count") or 0)


def _proxies() -> Iterator[Finding]:
    set_here = [name for word in _PROXIES for name in (word, word.upper()) if os.environ.get(name)]
    if not set_here:
        yield Finding("proxies", OK, "none in this shell")
        return
    spared = (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").replace(" ", "").split(",")
    if "*" in spared or {"localhost", "127.0.0.1"} <= set(spared):
        yield Finding("proxies", OK, f"{', '.join(set_here)}, and this machine is spared")
    else:
        found = f"{', '.join(set_here)} is set, and tools would go there to reach this machine (pitfall of many tools)"
        yield Finding("proxies", FAILS, found, "export NO_PROXY=localhost,127.0.0.1,::1 (argo-proxy env TOOL does it)")


def _client(record: status.Record, seconds: float) -> httpx.Client:
    """A client of the gateway, with its key, past every proxy."""
    path = record.url.removeprefix(health.UNIX)
    way = httpx.HTTPTransport(uds=path) if path != record.url else None
    url = record.url if way is None else "http://localhost"
    headers = {"authorization": f"Bearer {keys.key_of(record)}"}
    return httpx.Client(base_url=url, timeout=seconds, trust_env=False, headers=headers, transport=way)


def _calls(record: status.Record) -> Iterator[Finding]:
    try:
        listed = health.ask(record, "/v1/models") or {}
        rows = listed.get("data")
        names = [str(row["id"]) for row in rows] if isinstance(rows, list) else []
    except (KeyError, TypeError):
        names = []
    with _client(record, 60) as client:
        problems: dict[str, list[str]] = {}
        tests = self_tests(names)
        for test in tests:
            began = time.perf_counter()
            try:
                answer = client.post(test.path, json=test.body)
                problem = problem_of(test, answer.status_code, answer.text)
            except httpx.HTTPError as error:
                problem = f"{type(error).__name__}: {error}"
            took = f"{(time.perf_counter() - began) * 1000:.0f} ms"
            if problem is None:
                yield Finding("self-test", OK, f"{test.title}: {took}")
            else:
                problems.setdefault(problem, []).append(test.title)
    for problem, titles in problems.items():
        which = f"all {len(tests)} calls" if len(titles) == len(tests) > 1 else "; ".join(titles)
        yield Finding("self-test", FAILS, f"{which}: {problem}", _call_remedy(problem))


def _call_remedy(problem: str) -> str:
    if "not registered" in problem:
        return "`user` in the configuration is to be your ANL username; ask for access to ARGO"
    return "argo-proxy logs has the call; argo-proxy logs collect packs what a report needs"
