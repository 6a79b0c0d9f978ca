"""The name of a tool on a command line: one that is not known is told with the closest, and where all of them are."""

from __future__ import annotations

import difflib

import click


class ToolName(click.Choice):  # type: ignore[type-arg] # click 8.1 has none
    """One of the tools that we know; `argo-proxy env` lists them."""

    name = "tool"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """TOOL, since thirty names are no usage line."""
        return "[TOOL]" if not param.required else "TOOL"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself. Raises BadParameter, with what was perhaps meant, for others."""
        if value in self.choices:
            return value
        close = difflib.get_close_matches(value.lower(), self.choices, n=5, cutoff=0.6)
        close = ([name for name in close if name[:1] == value[:1].lower()] or close)[:2]  # slips keep the first letter
        meant = f" Did you mean {' or '.join(close)}?" if close else ""
        others = " `generic` sets up what is not among them." if "generic" in self.choices else ""
        self.fail(f"{value!r} is not known here.{meant} `argo-proxy env` lists the tools.{others}", param, ctx)
