"""The page at `/` as HTML, whole and in the sections that change. Whatever comes from outside is escaped here.

Nothing is fetched from anywhere: style and script are in the page, and its policy lets no others run (CSP, level 3).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

import msgspec

from ..local_endpoints import UpstreamContact
from ..messages import Reply
from .set_up import lines_for
from .snapshot import EndedRow, ModelRow, Snapshot, SumRow, local_time

_HERE = Path(__file__).parent
_AUTH = {
    "open": "whoever calls from this machine; no key is asked for",
    "username": "whoever names the username as the key",
    "token": "whoever has the token (argo-proxy token shows it)",
}
_FAR = "whoever can reach this machine; no key is asked for"


def event(changed: dict[str, str]) -> bytes:
    """An event that gives the page these sections anew."""
    return b"data: " + msgspec.json.encode(changed) + b"\n\n"


def page(shown: Snapshot) -> Reply:
    """The whole page."""
    parts = sections(shown)
    body = _document(
        "argo-proxy",
        f"""<header><h1>argo-proxy <small>{escape(shown.version)}</small></h1>
<p id="live" role="status">as it was when the page was loaded</p></header>
<main id="main" tabindex="-1">
<section aria-labelledby="h-state"><h2 id="h-state">State</h2><div id="state">{parts["state"]}</div></section>
<section aria-labelledby="h-running"><h2 id="h-running">Calls under way</h2>
<div id="running">{parts["running"]}</div></section>
<section aria-labelledby="h-ended"><h2 id="h-ended">Last calls</h2><div id="ended">{parts["ended"]}</div></section>
<section aria-labelledby="h-sums"><h2 id="h-sums">Sums</h2><div id="sums">{parts["sums"]}</div></section>
<section aria-labelledby="h-models"><h2 id="h-models">Models</h2>
<p class="search"><label for="search">Search</label> <input id="search" type="search" autocomplete="off"
 aria-describedby="found"> <span id="found" role="status"></span></p>
<div id="models">{parts["models"]}</div></section>
<section aria-labelledby="h-tools"><h2 id="h-tools">Set up a tool</h2>{_tools(shown.base)}</section>
</main>
<footer><p>No word of what is said in calls is on this page. <code>argo-proxy doctor</code> looks for what is wrong,
<code>argo-proxy web</code> shows recorded calls.</p></footer>""",
        _asset("page.js"),
    )
    return Reply(200, body, _headers(script=True))


def door(reply: Reply, *, asks_token: bool) -> Reply:
    """What a browser sees that may not see the page: why, and where to type the token."""
    if asks_token:
        told = """<p>This page is for whoever has the token. <code>argo-proxy token</code> shows it to the user whose
gateway this is.</p>
<form method="get" action="./"><label for="key">Token</label> <input id="key" name="key" type="password" required
 autocomplete="current-password" autofocus> <button>Open</button></form>"""
    else:
        told = """<p>This page is shown on the machine of the gateway alone, at <code>localhost</code> or
<code>127.0.0.1</code>, or to whoever has the token: with <code>client_auth: token</code> in its configuration.</p>"""
    body = _document(
        "argo-proxy", f'<header><h1>argo-proxy</h1></header><main id="main" tabindex="-1">{told}</main>', ""
    )
    return Reply(reply.status, body, {**reply.headers, **_headers(script=False)})


def sections(shown: Snapshot) -> dict[str, str]:
    """What changes, by the id of the element that holds it."""
    return {
        "state": _state(shown),
        "running": _running(shown),
        "ended": _ended(shown),
        "sums": _sums(shown),
        "models": _models(shown.models),
    }


# The document


def _document(title: str, body: str, script: str) -> bytes:
    tail = f"<script>{script}</script>" if script else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>{_asset("page.css")}</style></head><body>
<a class="skip" href="#main">To the content</a>
{body}{tail}</body></html>
""".encode("utf-8", "replace")


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _headers(*, script: bool) -> dict[str, str]:
    scripts = f"script-src {_hash('page.js')}; connect-src 'self'; " if script else ""
    return {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": f"default-src 'none'; style-src {_hash('page.css')}; {scripts}img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "vary": "accept",
    }


def _hash(name: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()}'"


# Its sections


def _state(shown: Snapshot) -> str:
    far = shown.auth == "open" and not shown.base.startswith(("http://localhost", "http://127.", "http://[::1]"))
    who = _FAR if far else _AUTH.get(shown.auth, shown.auth)
    named = [f"called as {', '.join(shown.hosts)}"] if shown.hosts else []
    named += [f"pages of {', '.join(shown.origins)}"] if shown.origins else []
    source = shown.source
    read = f", read at {local_time(source.refreshed_at, day=True)}" if source.refreshed_at else ""
    facts = [
        ("runs since", escape(local_time(shown.started, day=True))),
        ("ARGO", _contact(shown.contact)),
        ("called at", ", ".join(escape(url) for url in dict.fromkeys(shown.upstreams.values()))),
        ("user", "whom each client names as its key" if shown.passthrough else escape(shown.user)),
        ("who may connect", escape("; ".join((who, *named)))),
        ("models", f"{source.count}, from the {escape(source.source)} list{escape(read)}{_problem(source.problem)}"),
        ("for embeddings", f"{sum(one.embeds for one in shown.models)}, which ARGO does not list"),
        ("recorded", _recorded(shown)),
    ]
    demo = '<p class="note">This is the demo: ARGO is the built-in simulator, whose answers are made up.</p>'
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return f"{demo if shown.demo else ''}<dl>{rows}</dl>"


def _contact(contact: UpstreamContact) -> str:
    if contact.answers is None or contact.at is None:
        return "has not been asked yet"
    at = local_time(contact.at, day=True)
    if contact.answers:
        return f'<strong class="good">answers</strong>, last at {at}'
    return f'<strong class="bad">does not answer</strong>, last tried at {at}{_problem(contact.problem)}'


def _problem(problem: str | None) -> str:
    return f'<br><span class="bad">{escape(problem)}</span>' if problem else ""


def _recorded(shown: Snapshot) -> str:
    state = shown.recording
    if state is None or not (state.all or state.failures):
        return "nothing"
    what = "every call, with what is said in it" if state.all else "calls that fail"
    missed = f'; <span class="bad">{state.missed} missed, the log says why</span>' if state.missed else ""
    return f"{what}; {state.written} since the start{missed}{_problem(state.problem)}"


def _running(shown: Snapshot) -> str:
    if not shown.running:
        return '<p class="none">None.</p>'
    rows = [
        (
            escape(one.tool),
            _model(one.asked, one.model),
            "stream" if one.streamed else "plain",
            _seconds(int(one.seconds)),
        )
        for one in shown.running
    ]
    return _table("Calls under way", ("tool", "model", "way", "for"), rows, numbers=(3,))


def _ended(shown: Snapshot) -> str:
    if not shown.ended:
        return '<p class="none">None since the start.</p>'
    heads = ("ended", "tool", "model", "status", "input", "cached", "output", "first byte", "whole")
    return _table("Last calls", heads, [_ended_row(one) for one in shown.ended], numbers=(4, 5, 6, 7, 8))


def _ended_row(one: EndedRow) -> tuple[str, ...]:
    call = one.call
    tokens = [call.tokens.get(name) for name in ("input_tokens", "cache_read", "output_tokens")]
    status = "left" if call.status is None else str(call.status)
    if one.problem or call.failed:
        command = f"argo-proxy flows show {one.number}" if one.number is not None else "argo-proxy flows list"
        key = f"more-{call.flow}"
        status = f'<strong class="bad">{status}</strong> <span class="why">{escape(one.problem)}</span>'
        status += _copied(command, key) if call.failed else ""
    return (
        f'<time datetime="{int(call.at)}">{local_time(call.at)}</time>' if call.at else "",
        escape(call.tool),
        _model(call.asked, call.model),
        status,
        *("" if count is None else f"{count:,}" for count in tokens),
        "" if call.first_byte is None else _seconds(call.first_byte),
        _seconds(call.seconds),
    )


def _sums(shown: Snapshot) -> str:
    span = "Today" if shown.sums_of_today else "Since the start"
    if not shown.sums:
        return f'<p class="none">{span}: no calls.</p>'
    rows = [_sum_row(one) for one in shown.sums]
    if len(rows) > 1:
        totals = [sum(getattr(one, name) for one in shown.sums) for name in SumRow.__struct_fields__[1:]]
        rows.append(_sum_row(SumRow("all", *totals)))
    heads = ("model", "calls", "failed", "input", "cached", "output", "time")
    return f"<p>{span}</p>" + _table(f"Sums: {span}", heads, rows, numbers=(1, 2, 3, 4, 5, 6))


def _sum_row(one: SumRow) -> tuple[str, ...]:
    counts = (one.calls, one.failed, one.input, one.cached, one.output)
    return (escape(one.model or "(none)"), *(f"{count:,}" for count in counts), _seconds(one.seconds))


def _models(models: tuple[ModelRow, ...]) -> str:
    rows = [
        (
            f"<code>{escape(one.names[0])}</code>",
            ", ".join(f"<code>{escape(name)}</code>" for name in one.names[1:]),
            f"<code>{escape(one.internal_id)}</code>",
            "embeds" if one.embeds else "" if one.context is None else f"{one.context:,}",
            "" if one.max_output is None else f"{one.max_output:,}",
        )
        for one in models
    ]
    heads = ("name", "also", "ARGO's id", "context, tokens", "longest answer, tokens")
    return _table("Models", heads, rows, numbers=(3, 4))


def _tools(base: str) -> str:
    rows = [(escape(title), _copied(line, f"tool-{place}")) for place, (title, line) in enumerate(lines_for(base))]
    return _table("Set-up lines", ("tool", "line"), rows)


# Pieces


def _model(asked: str, internal: str) -> str:
    if not internal:
        return escape(asked) or "(none)"
    note = f" <small>{escape(internal)}</small>" if asked and asked != internal else ""
    return f"{escape(asked or internal)}{note}"


def _copied(text: str, key: str) -> str:
    """A text in code, with a button that copies it."""
    shown = escape(text)
    return (
        f'<span class="line"><code>{shown}</code> <button type="button" data-key="{escape(key)}" data-copy="{shown}">'
        f'copy<span class="hidden"> {shown}</span></button></span>'
    )


def _seconds(seconds: float) -> str:
    if isinstance(seconds, int) or seconds >= 100:
        whole = int(seconds)
        return f"{whole} s" if whole < 120 else f"{whole // 60} min" if whole < 7200 else f"{whole / 3600:.1f} h"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], numbers: tuple[int, ...] = ()) -> str:
    kind = [' class="n"' if place in numbers else "" for place in range(len(heads))]
    head = "".join(f'<th scope="col"{kind[place]}>{escape(name)}</th>' for place, name in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{kind[place]}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>" for row in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{escape(caption)}"><table>'
        f'<caption class="hidden">{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
