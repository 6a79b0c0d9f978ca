"""What `argo-proxy status` tells. It loads little and needs no click: it is to answer at once."""

from __future__ import annotations

import json
import os
import sys
import time

from argo_addon.printable import printable
from daemon import discovery, status
from daemon.keys import advice, is_here, wanted
from daemon.paths import NAME, gateway_name, gateway_names

from .wording import addressed

RUNS, SILENT, DOES_NOT_RUN = 0, 1, 3
_LOOKS = "/health?upstream=1"


def tell(*, as_json: bool) -> int:
    """Prints how the gateway is; returns the exit code."""
    found = discovery.find(_LOOKS)
    told = None if found is None else found.answer
    if as_json:
        runs = found is not None and bool(found.record.url)
        facts: dict[str, object] = {"name": gateway_name(), "running": runs, "answers": told is not None}
        if found is not None:
            facts |= {
                **found.record.facts(),
                **(told or {}),
                "starting": not runs,
                "record_problem": found.flaw or None,
            }
        elif (other := discovery.other()) is not None:
            facts["other"] = {"pid": other.pid, "url": other.url, "user": other.user}
        lines = [json.dumps(facts, indent=2)]
    elif found is None:
        lines = _absent()
    elif told is None:
        where = f"runs, but does not answer at {found.record.url}" if found.record.url else "is just starting"
        lines = [f"argo-proxy (pid {found.record.pid or 'unknown'}) {where}. {_log(found.record)}"]
    else:
        lines = _report(found.record, told)
        if found.flaw:
            lines.insert(1, f"  note:     {found.flaw}; it was found all the same")
    told_all = "\n".join(lines) + "\n"
    sys.stdout.write(told_all if as_json else printable(addressed(told_all)))
    return RUNS if told is not None else SILENT if found is not None else DOES_NOT_RUN


def tell_all(*, as_json: bool) -> int:
    """Prints each gateway of this machine, whatever its name, in a line; returns the exit code."""
    rows = []
    former = gateway_name()
    for called in gateway_names():
        os.environ[NAME] = called
        found, record = discovery.find(), status.read()
        if found is not None or record is not None:
            rows.append(_row(called, found, record))
    os.environ[NAME] = former
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    elif rows:
        wide = max(len(_shown(str(row["name"]))) for row in rows)
        sys.stdout.write("".join(f"{_shown(str(row['name'])):{wide}}  {_in_words(row)}\n" for row in rows))
    else:
        sys.stdout.write("No argo-proxy runs. Start one: argo-proxy start\n")
    return RUNS if any(row["answers"] for row in rows) else DOES_NOT_RUN


def _row(called: str, found: discovery.Found | None, record: status.Record | None) -> dict[str, object]:
    there = found.record if found is not None else record
    assert there is not None
    answer = (found.answer if found is not None else None) or {}
    return {
        **{"name": called, "running": found is not None, "answers": bool(answer), "pid": there.pid, "url": there.url},
        **{"mode": there.mode, "user": answer.get("user"), "demo": answer.get("demo"), "config": there.config},
    }


def _shown(called: str) -> str:
    return called or "(no name)"


def _in_words(row: dict[str, object]) -> str:
    if not row["running"]:
        return f"ended without a word, pid {row['pid']}"
    how = f"user {row['user']}" if row["answers"] else "does not answer"
    return f"{row['url']}  pid {row['pid']}, {how}{', demo' if row['demo'] else ''}"


def _absent() -> list[str]:
    from daemon import service  # only here: who looks at one that runs does not wait for it

    lines = ["argo-proxy does not run. Start it: argo-proxy start"]
    if (record := status.read()) is not None:
        lines.append(f"  It ended without a word (pid {record.pid}, started {_moment(record.started)}): {_log(record)}")
    if service.comes_back():
        lines.append("  Its service starts it anew in a moment; `argo-proxy stop` has it not do so.")
    if (other := discovery.other()) is not None:
        lines.append(f"  There is {other}.")
    if (stranger := discovery.stranger()) is not None:
        lines.append(f"  It cannot be started: {stranger}.")
    return lines


def _report(record: status.Record, told: dict[str, object]) -> list[str]:
    models, argo = _part(told, "models"), _part(told, "argo")
    upstream = ", ".join(str(url) for url in dict.fromkeys(_part(told, "upstream").values()))
    rows = {
        "address": record.url + ("" if is_here(record.host) else f" (listens on {record.host})"),
        "since": f"{_moment(record.started)} ({_span(time.time() - record.started)})" if record.started else "unknown",
        "ARGO": f"{'the built-in simulator (demo), at ' if told.get('demo') else ''}{upstream} {_contact(argo)}",
        "user": told.get("user"),
        "key": wanted(record.auth),
        **({"note": note} if (note := advice(record.auth, record.host, record.user)) else {}),
        "models": f"{models.get('count')}, {_source(models)}",
        "calls": f"{told.get('requests')}, of which {told.get('errors')} failed; {_running(told)}",
        "records": _recording(_part(told, "recording")),
        "memory": _memory(told.get("memory_bytes")),
        "config": record.config or "none",
        "options": " ".join(options_of(record.flags)) or "none",
        "log": record.log or "in its terminal",
    }
    modes = {"daemon": "in the background", "foreground": "in a terminal", "service": "as a service"}
    called = f" ({gateway_name()})" if gateway_name() else ""
    first = f"argo-proxy {record.version}{called} runs {modes[record.mode]}, pid {record.pid}"
    return [first, *(f"  {name + ':':9} {value}" for name, value in rows.items())]


def options_of(flags: dict[str, object]) -> list[str]:
    """The options of the command line that give these settings."""
    told = []
    for key, value in flags.items():
        name = "--" + {"use_legacy_argo": "legacy_argo"}.get(key, key).replace("_", "-")
        if key == "argo_base_url" and value == "demo":
            told.append("--demo")
        elif key == "verbose":
            told.append("--verbose" if value else "--quiet")
        elif key == "dump_requests":
            folder = flags.get("dump_dir")
            told.append(f"{name}={folder}" if value and folder else name if value else "--no-dump-requests")
        elif isinstance(value, bool):
            told.append(name if value else f"--no-{name[2:]}")
        elif key != "dump_dir":
            told.append(f"{name} {value}")
    return told


def _part(told: dict[str, object], name: str) -> dict[str, object]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _contact(argo: dict[str, object]) -> str:
    answers, at = argo.get("answers"), argo.get("at")
    if answers is None or not isinstance(at, int):
        return "has not answered yet"
    ago = _span(time.time() - at)
    return f"answers ({ago} ago)" if answers else f"does not answer ({ago} ago). {argo.get('problem')}"


def _source(models: dict[str, object]) -> str:
    if models.get("source") == "upstream" and isinstance(at := models.get("refreshed_at"), int):
        return f"read from ARGO {_span(time.time() - at)} ago"
    return "the built-in list, since ARGO's could not be read"


def _running(told: dict[str, object]) -> str:
    active, streams = told.get("active_requests"), told.get("active_streams")
    return f"{active} under way, {streams} of them streamed" if active else "none under way"


def _recording(recording: dict[str, object]) -> str:
    kinds = [name for key, name in (("all", "every exchange"), ("failures", "failures")) if recording.get(key)]
    told = f"{kinds[0]}, {recording.get('written')} so far" if kinds else "nothing"
    if missed := recording.get("missed"):
        told += f", {missed} missed (see argo-proxy logs)"
    return f"{told}; it cannot: {recording['problem']}" if recording.get("problem") else told


def _memory(size: object) -> str:
    return f"{size / 1e6:.0f} MB" if isinstance(size, int) else "unknown"


def _log(record: status.Record) -> str:
    return "argo-proxy logs tells why." if record.log else "Its terminal has its log."


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _span(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
