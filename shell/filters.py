"""Which recorded exchanges are meant, by what is known of them: options that several commands have."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .terminal import fail

if TYPE_CHECKING:
    from argo_addon.recording.index import Found

BAD_ARGUMENTS = 2


class Chosen(NamedTuple):
    """What is looked for; what is empty is not."""

    failed: bool = False
    tool: str | None = None
    model: str | None = None
    session: str | None = None
    since: str | None = None
    until: str | None = None
    grep: str | None = None


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options, and with them `chosen`."""

    @functools.wraps(command)
    def chosen_of(**given: Any) -> None:
        chosen = Chosen(**{name: given.pop(name) for name in Chosen._fields})
        command(**given, chosen=chosen)

    for option in reversed(_OPTIONS):
        chosen_of = option(chosen_of)
    return chosen_of


_OPTIONS = (
    click.option("--failed", is_flag=True, help="Only those that failed."),
    click.option("--tool", help="Only of tools whose name holds this."),
    click.option("--model", help="Only of models whose name, as asked for or as ARGO's, holds this."),
    click.option("--session", help="Only of the conversation whose name begins like this; of exchange N: #N."),
    click.option("--since", metavar="TIME", help="Only since then: 90m, 2h, 3d, 2026-11-28 or 2026-11-28T14:00."),
    click.option("--until", metavar="TIME", help="Only until then."),
    click.option(
        "--grep", metavar="TEXT", help="Only where this was said, by either side; capitals count if it has any."
    ),
)


def chosen(found: Iterable[Found], by: Chosen, most: int | None = None, *, dropped: bool = False) -> Iterator[Found]:
    """Those that are meant, in their order; with `dropped` only those of which something was not sent on.

    After `most` of them only failures are looked at: others like them may be counted with one that is among the first.
    """
    everything = list(found)
    since, until = (moment(text) for text in (by.since, by.until))
    session = _session(everything, by.session)
    look = _grep(by.grep) if by.grep else None
    whole = 0
    for one in everything:
        meta = one.meta
        if not meta.failed and (by.failed or (most is not None and whole >= most)):
            continue
        fits = (
            (bool(meta.dropped) or not dropped)
            and _holds(by.tool, meta.tool)
            and _holds(by.model, f"{meta.asked}\n{meta.model}")
            and (session is None or meta.session.startswith(session))
            and (since is None or (one.entry.last or one.entry.started) >= since)
            and (until is None or one.entry.started <= until)
        )
        if fits and (look is None or look(one)):
            whole += not meta.failed
            yield one


def _holds(wanted: str | None, text: str) -> bool:
    return wanted is None or wanted.lower() in text.lower()


def moment(text: str | None) -> float | None:
    """A time as people write it, in seconds since 1970; ends the command where it is none."""
    from argo_addon.recording.index import since

    if text is None:
        return None
    if (moment := since(text)) is None:
        fail(f"{text} is no time: write 90m, 2h, 3d, 2026-11-28 or 2026-11-28T14:00.", BAD_ARGUMENTS)
    return moment


def _session(found: list[Found], text: str | None) -> str | None:
    """A session by its name, or by the number of an exchange in it."""
    if text is None or not text.startswith("#") or not text[1:].isdigit():
        return text
    session = next((one.meta.session for one in found if one.meta.number == int(text[1:])), "")
    if not session:
        fail(f"exchange {text[1:]} is not there (any more), or belongs to no conversation.")
    return session


def _grep(text: str) -> Callable[[Found], bool]:
    """Looks for a text in exchanges as they stand in their files, as it is and as JSON has it."""
    forms = dict.fromkeys([text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]])
    ignoring = text == text.lower()
    wanted = [(form.lower() if ignoring else form).encode("utf-8", "surrogateescape") for form in forms]
    opened: dict[str, int] = {}

    def look(found: Found) -> bool:
        path = str(found.path)
        try:
            if path not in opened:
                opened[path] = os.open(path, os.O_RDONLY)
            size = found.entry.size or os.fstat(opened[path]).st_size
            said = os.pread(opened[path], size, found.entry.start)
        except OSError:
            return False
        said = said.lower() if ignoring else said  # a pattern that leaves capitals out takes ten times as long
        return any(form in said for form in wanted)

    return look
