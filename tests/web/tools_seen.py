"""Looks at a recording of real coding tools in `argo-proxy web`, with a real browser, as a person would.

    python -m tests.web.tools_seen RECORDING PICTURES TOOL...

TOOL is how the recorded user agents begin. For each, the call of a tool and the answer behind its result must be found
in the page, put together. It is run by tests/e2e/test_recordings.py, with the Python of each generation of mitmproxy.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from mitmproxy import http

from argo_addon.recording.explain import answered, asked
from argo_addon.recording.recorded_exchange import RecordedExchange, of_file

from .browser import page
from .command import shown
from .test_views import open_tab

GENERATION = metadata.version("mitmproxy").split(".")[0]
CALL = "▸ call "
ASKED = "alpha-42"
"""What the tools are asked about."""


async def look(
    url: str, tool: str, recorded: list[RecordedExchange], rows: list[str], places: tuple[Path, Path]
) -> None:
    """Finds a tool's call and its last answer in the page; `places` are for pictures and the browser's own files."""
    calling = next(one for one in recorded if CALL in answered(one.client))
    telling = next(one for one in reversed(recorded) if CALL not in answered(one.client))
    pictures, profile = places
    async with page(url, profile) as opened:

        async def lines_of(flow: http.HTTPFlow, tab: str) -> list[str]:
            words = asked(flow) if tab == "Request" else answered(flow)
            return await open_tab(opened, rows.index(flow.id), tab, words.splitlines()[0])

        lines = await lines_of(calling.client, "Response")
        called = next(line for line in lines if line.startswith(CALL))
        assert called in answered(calling.client).splitlines(), (tool, called)
        assert lines[lines.index(called) + 1].startswith("    "), (tool, "a call without its arguments", lines)
        await opened.picture(pictures / f"{tool}-call-{GENERATION}.png")
        lines = await lines_of(calling.upstream[-1], "Response")
        assert any(line.startswith(CALL) for line in lines), (tool, lines)
        assert any(ASKED in line for line in await lines_of(calling.client, "Request")), tool
        told = answered(telling.client).splitlines()[-1]
        assert told in await lines_of(telling.client, "Response"), (tool, told)


def main(recording: Path, pictures: Path, tools: list[str]) -> None:
    found = of_file(recording)
    flows = sorted((one for each in found for one in each.flows), key=lambda one: one.timestamp_created, reverse=True)
    rows = [flow.id for flow in flows]
    with tempfile.TemporaryDirectory() as home, shown(Path(home), str(recording)) as web:
        for tool in tools:
            recorded = [one for one in found if one.meta.tool.lower().startswith(tool) and one.meta.streamed]
            assert recorded, (tool, sorted({one.meta.tool for one in found}))
            asyncio.run(look(web.url, tool, recorded, rows, (pictures, Path(home) / f"profile-{tool}")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
