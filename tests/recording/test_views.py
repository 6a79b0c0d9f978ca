"""The views as this Python's mitmproxy shows them: chosen by themselves for calls of models, and for nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import pytest
from mitmproxy import contentviews, ctx, http
from mitmproxy.options import Options
from mitmproxy.test import tflow, tutils

from argo_addon.recording import views

from ..transcript.bodies import WAYS, answer_for, stream_for, written

EVERY = pytest.mark.parametrize("name", WAYS)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctx, "options", Options(), raising=False)  # 12 looks for one
    views.register()
    views.register()


def flow_of(path: str, asked: bytes, answered: bytes, kind: str, status: int = 200) -> http.HTTPFlow:
    headers = http.Headers(content_type="application/json")
    request = tutils.treq(method=b"POST", path=path.encode(), content=asked, headers=headers)
    response = tutils.tresp(status_code=status, content=answered, headers=http.Headers(content_type=kind))
    return tflow.tflow(req=request, resp=response)


def shown(flow: http.HTTPFlow, message: http.Message | None) -> tuple[str, str]:
    """The name of the view that mitmproxy chooses, or a title that has it, and the text, as mitmweb gets them."""
    assert message is not None
    if hasattr(contentviews, "prettify_message"):  # mitmproxy 12
        result = contentviews.prettify_message(message, flow)
        assert "failed" not in result.description
        return str(result.view_name), str(result.text)
    title, lines, error = contentviews.get_message_content_view("auto", message, flow)
    assert error is None
    parts: Iterable[list[tuple[str, str]]] = lines
    return title, "\n".join("".join(text for _, text in line) for line in parts)


@EVERY
def test_the_view_is_chosen_by_itself(name: str) -> None:
    way = WAYS[name]
    flow = flow_of(way.path, written(way.body), stream_for(name), way.type)
    for message, title in ((flow.request, "request"), (flow.response, "stream")):
        view, text = shown(flow, message)
        assert view == views.NAME
        assert text.startswith(f"{way.title} {title}")
        assert '    path: "a.txt"' in text.splitlines()
    plain = flow_of(way.path, written(way.body), answer_for(name), "application/json")
    view, text = shown(plain, plain.response)
    assert (view, text.splitlines()[0].split(" · ")[0]) == (views.NAME, f"{way.title} answer")


@pytest.mark.parametrize(
    "path",
    [
        "/argoapi/v1/messages",
        "/v1/messages?beta=true",
        "/openai/deployments/gpt-5.4/chat/completions?api-version=1",
        "/backend-api/codex/responses",
        "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    ],
)
def test_an_error_is_shown_by_the_view_wherever_a_model_is_called(path: str) -> None:
    flow = flow_of(path, b"{}", b'{"error": {"message": "no"}}', "application/json", 400)
    view, text = shown(flow, flow.response)
    assert (view, "error: no (status 400)" in text) == (views.NAME, True)


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/v1/models", b'{"data": []}', "application/json"),
        ("/v1/messages", b"<html>Bad gateway</html>", "text/html"),
        ("/", b"plain", "text/plain"),
        ("/v1/messages", b"", "application/json"),
    ],
)
def test_what_is_no_call_of_a_model_is_shown_as_ever(path: str, body: bytes, kind: str) -> None:
    flow = flow_of(path, b"", body, kind)
    assert shown(flow, flow.response)[0] != views.NAME
    assert shown(flow, flow.request)[0] != views.NAME


def test_what_cannot_be_unpacked_is_shown_all_the_same() -> None:
    flow = flow_of("/v1/messages", b"{\xff\x00", b"data: \xff\x00", "text/event-stream")
    assert flow.response is not None
    flow.response.headers["content-encoding"] = "gzip"
    assert shown(flow, flow.response)[0].endswith(views.NAME)
    assert shown(flow, flow.request)[0] == views.NAME


def test_a_mistake_of_ours_shows_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(body: object) -> str:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(views, "transcript", broken)
    flow = flow_of("/v1/messages", b'{"messages": []}', b"{}", "application/json")
    text = shown(flow, flow.request)[1]
    assert "ZeroDivisionError" in text
    assert '{"messages": []}' in text


def test_the_script_is_all_that_stock_mitmproxy_needs() -> None:
    code = (
        "import runpy, sys; from argo_addon import script_views as s; from mitmproxy import contentviews as c;"
        "runpy.run_path(s.__file__); sys.exit(0 if c.get('LLM') or 'llm' in c.registry else 1)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
