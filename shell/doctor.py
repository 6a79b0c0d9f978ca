"""What is wrong, and what to do about it. Each check stands alone: it finds something even where nothing works."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from argo_addon.models.fetch import Unreachable
from argo_addon.settings.model import DEMO, Loaded, SettingsError, load
from daemon import discovery, health, keys, manager, status
from daemon.neighbours import neighbours

from .asking import models_of
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
    findings += _gateway(record, loaded)
    if loaded is not None:
        findings.append(_argo(loaded))
    findings += _proxies()
    findings += tools(record)
    if calls and record is not None:
        findings += _calls(record)
    return findings


def _of(record: status.Record | None) -> Path | None:
    return Path(record.config) if record is not None and record.config is not None else None


def _config(path: Path | None, record: status.Record | None, findings: list[Finding]) -> Loaded | None:
    flags = record.flags if record is not None else {}
    try:
        loaded = load(path, overrides=flags)
    except SettingsError as error:
        findings.append(
            Finding("configuration", FAILS, str(error), "argo-proxy config edit, or argo-proxy config init")
        )
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
        why = f"the built-in list is in use: {models.get('problem') or 'not read yet'}"
        yield Finding("models", WARNING, why, "see ARGO below; then argo-proxy restart")
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


def _argo(loaded: Loaded) -> Finding:
    settings = loaded.settings
    if settings.argo_base_url == DEMO:
        return Finding("ARGO", OK, "the built-in simulator")
    began = time.perf_counter()
    try:
        models = models_of(settings)
    except Unreachable as error:
        return Finding("ARGO", FAILS, str(error), _remedy_of(str(error).lower()))
    took = (time.perf_counter() - began) * 1000
    return Finding("ARGO", OK, f"{settings.argo_base_url} answers in {took:.0f} ms, with {len(models)} models")


_REMEDIES = (
    (
        "expired",
        "is this machine's clock right (date)? Else ARGO's people, or your proxy's, are to renew it",
    ),
    ("another name", "is argo_base_url right? argo-proxy config env; or resolve_overrides, or a proxy in between?"),
    ("certificate", "name the laboratory's certificate authority: SSL_CERT_FILE, or ssl_ca_file in the configuration"),
    ("name or service", "you are not on the laboratory's network: connect its VPN"),
    ("temporary failure in name", "you are not on the laboratory's network: connect its VPN"),
    ("nodename nor servname", "you are not on the laboratory's network: connect its VPN"),
    ("no answer", "you may not be on the laboratory's network: connect its VPN, or see whether a proxy is needed"),
    ("refused", "is argo_base_url right? argo-proxy config env"),
    ("answered 4", "is argo_base_url right? argo-proxy config env"),
    ("answered 5", "ARGO itself has a fault; try again later, or argo-proxy config env test"),
)


def _remedy_of(problem: str) -> str:
    return next(
        (remedy for sign, remedy in _REMEDIES if sign in problem), "is argo_base_url right? argo-proxy config env"
    )


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


def _calls(record: status.Record) -> Iterator[Finding]:
    try:
        listed = health.ask(record, "/v1/models") or {}
        rows = listed.get("data")
        names = [str(row["id"]) for row in rows] if isinstance(rows, list) else []
    except (KeyError, TypeError):
        names = []
    headers = {"authorization": f"Bearer {keys.key_of(record)}"}
    path = record.url.removeprefix(health.UNIX)
    way = httpx.HTTPTransport(uds=path) if path != record.url else None
    url = record.url if way is None else "http://localhost"
    with httpx.Client(base_url=url, timeout=60, trust_env=False, headers=headers, transport=way) as client:
        for test in self_tests(names):
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
                yield Finding("self-test", FAILS, f"{test.title}: {problem}", _call_remedy(problem))


def _call_remedy(problem: str) -> str:
    if "not registered" in problem:
        return "`user` in the configuration is to be your ANL username; ask for access to ARGO"
    return "argo-proxy logs has the call; argo-proxy logs collect packs what a report needs"
