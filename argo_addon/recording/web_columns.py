"""What mitmweb's list shows of a call: its time, then number, tool, model, outcome, tokens, then status and duration.

mitmweb has no columns of ours, so that they stand in the one that shows a flow's comment: each in its width, in
letters of one width, under a heading likewise. mitmweb's style leaves it 150 pixels; ours is added to its page.
"""

from __future__ import annotations

from mitmproxy import flow
from tornado import httputil, web

from .metadata import KEY

COLUMNS = ["timestamp", "comment", "status", "time"]
"""mitmweb's own, in their order."""
_GAP = "\u00a0"
"""A blank that a browser does not join with the next."""
_WIDTHS = {"N": 7, "tool": 14, "model": 18, "outcome": 50, "tokens": 16}


def _in_columns(*texts: str) -> str:
    placed = zip(texts, _WIDTHS.values(), strict=True)
    cells = ((text if len(text) < width else f"{text[: width - 2]}…").ljust(width) for text, width in placed)
    return "".join(cells).replace(" ", _GAP)


def comment_in_columns(of: flow.Flow) -> str:
    """A flow's comment with its columns first; others' flows keep theirs."""
    about = of.metadata.get(KEY)
    if not isinstance(about, dict):
        return of.comment
    used = [about.get(name) for name in ("input_tokens", "output_tokens")]
    tokens = "/".join("?" if one is None else str(one) for one in used) if any(one is not None for one in used) else ""
    tool = str(about.get("tool") or "") if about.get("side") == "client" else "  to ARGO"
    model, outcome = about.get("model") or about.get("asked") or "", about.get("outcome") or ""
    cells = _in_columns(f"#{about.get('number')}", tool, str(model), " ".join(str(outcome).split()), tokens)
    return f"{cells}\n\n{of.comment}"


_HEADING = _in_columns(*_WIDTHS)
_STYLE = f"""<style>
.flow-table .col-timestamp {{ width: 190px; text-align: left; }}
.flow-table .col-status {{ width: 60px; }}
.flow-table .col-time {{ width: 75px; }}
.flow-table td.col-time {{ padding-right: 4px; }}
.flow-table .col-comment {{ width: auto; }}
.flow-table col.col-filler {{ width: 0; }}
.flow-table th.col-comment, .flow-table td.col-comment {{
  text-align: left; padding: 0 4px; font-family: monospace; font-size: 12.5px; }}
.flow-table th.col-comment {{ font-size: 0; overflow: hidden; }}
.flow-table th.col-comment .th-content {{ display: none; }}
.flow-table th.col-comment::before {{ content: "{_HEADING}"; font-size: 12.5px; white-space: nowrap; }}
</style>""".encode()
_END = b"</head>"


class AddsColumns(web.OutputTransform):
    """Adds the style to mitmweb's page."""

    def __init__(self, request: httputil.HTTPServerRequest) -> None:
        self._is_page = request.path == "/"

    def transform_first_chunk(
        self, status_code: int, headers: httputil.HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, httputil.HTTPHeaders, bytes]:
        if self._is_page and finishing and _END in chunk:
            chunk = chunk.replace(_END, _STYLE + _END, 1)
            if "Content-Length" in headers:
                headers["Content-Length"] = str(len(chunk))
        return status_code, headers, chunk
