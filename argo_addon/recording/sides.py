"""Two bodies side by side, line by line: what the tool sent and what ARGO got, as a view of mitmweb's.

It is for one process, which knows both flows of an exchange, since a view is given one of them only.
"""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable, Iterator
from typing import cast

from mitmproxy import contentviews, flow, http

from ..transcript.parts import is_heading
from .explain import answered, asked
from .metadata import KEY
from .views import ContentviewOf12, Line, Metadata, ViewOf11

NAME = "Sides"
_WIDE = 72
"""Characters of a column."""


class Exchanges:
    """The flows that are shown, by what they belong to."""

    def __init__(self) -> None:
        self._flows: dict[str, dict[int, http.HTTPFlow]] = {}

    def add(self, flows: Iterable[flow.Flow]) -> None:
        """Notes flows, those of others excepted."""
        for one in flows:
            about = one.metadata.get(KEY)
            if isinstance(one, http.HTTPFlow) and isinstance(about, dict):
                self._flows.setdefault(str(about.get("exchange")), {})[int(about.get("try", 0))] = one

    def of(self, one: flow.Flow | None) -> tuple[http.HTTPFlow, http.HTTPFlow] | None:
        """The client's flow and ARGO's: the last, or the one that is looked at; None where there are not both."""
        about = None if one is None else one.metadata.get(KEY)
        flows = self._flows.get(str(about.get("exchange")), {}) if isinstance(about, dict) else {}
        if 0 not in flows or len(flows) < 2 or not isinstance(about, dict):
            return None
        number = int(about.get("try", 0)) or max(flows)
        return flows[0], flows.get(number, flows[max(flows)])

    def text(self, message: http.Message | None, one: flow.Flow | None) -> str:
        """Both sides of a request or an answer."""
        pair = self.of(one)
        if pair is None:
            return "There is one side only: it was answered without ARGO, or by somebody else."
        client, upstream = pair
        if isinstance(message, http.Request):
            return beside("what the tool sent", asked(client), "what ARGO got", asked(upstream))
        return beside("what the tool got", answered(client), "what ARGO answered", answered(upstream))


def beside(title: str, left: str, other: str, right: str) -> str:
    """Two texts in two columns; `<`, `>` and `|` mark lines that only one has, and such that differ."""
    rows = [(title, " ", other), ("-" * _WIDE, " ", "-" * _WIDE)]
    here, there = left.splitlines(), right.splitlines()
    for kind, start, end, begin, last in difflib.SequenceMatcher(None, here, there).get_opcodes():
        for number in range(max(end - start, last - begin)):
            one = here[start + number] if start + number < end else None
            two = there[begin + number] if begin + number < last else None
            mark = " " if kind == "equal" else "<" if two is None else ">" if one is None else "|"
            rows += _folded(one or "", mark, two or "")
    return "\n".join(f"{one:{_WIDE}} {mark} {two}".rstrip() for one, mark, two in rows)


def _folded(left: str, mark: str, right: str) -> Iterator[tuple[str, str, str]]:
    """A line of two columns, folded where it is longer than its column."""
    left, right = (text[:_WIDE] if is_heading(text) else text for text in (left, right))
    columns = [
        textwrap.wrap(text, _WIDE, drop_whitespace=False, replace_whitespace=False) or [""] for text in (left, right)
    ]
    for number in range(max(map(len, columns))):
        one, two = (column[number] if number < len(column) else "" for column in columns)
        yield one, mark, two


class _SidesOf12(ContentviewOf12):
    name = NAME

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    def prettify(self, data: bytes, metadata: Metadata) -> str:
        return self._exchanges.text(metadata.http_message, metadata.flow)

    def render_priority(self, data: bytes, metadata: Metadata) -> float:
        return 0.5 if self._exchanges.of(metadata.flow) is not None else -1.0


class _SidesOf11(ViewOf11):
    name = NAME

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    def __call__(
        self,
        data: bytes,
        *,
        content_type: str | None = None,
        flow: flow.Flow | None = None,
        http_message: http.Message | None = None,
        **unknown_metadata: object,
    ) -> tuple[str, Iterator[Line]]:
        lines = self._exchanges.text(http_message, flow).splitlines()
        return NAME, iter([[("text", line)] for line in lines])

    def render_priority(
        self,
        data: bytes,
        *,
        content_type: str | None = None,
        flow: flow.Flow | None = None,
        http_message: http.Message | None = None,
        **unknown_metadata: object,
    ) -> float:
        return 0.5 if self._exchanges.of(flow) is not None else -1.0


def register(exchanges: Exchanges) -> None:
    """Adds the view to this process's mitmproxy."""
    add = cast("object", contentviews.add)
    assert callable(add)
    add(_SidesOf12(exchanges) if hasattr(contentviews, "registry") else _SidesOf11(exchanges))
