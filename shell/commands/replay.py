"""`argo-proxy replay`: a recorded request once more."""

from __future__ import annotations

import asyncio
import difflib
import json
import sys
from typing import TYPE_CHECKING

import click

from argo_addon.settings.checks import DEMO
from argo_addon.settings.model import NoConfig, SettingsError, load
from daemon import discovery

from .. import completing, recordings
from ..named import named
from ..options import loaded
from ..progress import progress
from ..terminal import fail, warn

if TYPE_CHECKING:
    from argo_addon.gateway.messages import ClientRequest
    from argo_addon.recording.recorded_exchange import RecordedExchange
    from argo_addon.settings.model import Settings


@click.command(
    epilog="Examples: `argo-proxy replay 12`, `argo-proxy replay 12 --dry-run`, "
    "`argo-proxy replay 12 --model gpt-5.4`, `argo-proxy replay 12 --set top_p=0.5`, "
    "`argo-proxy replay mitmdump.flow 3 --to demo`. "
    "Exit codes: 0 answered, 1 not answered or answered with an error, 2 bad configuration or arguments."
)
@click.argument("what", metavar="N|FILE", shell_complete=completing.exchanges)
@click.argument("number", metavar="[N]", required=False, type=int)
@click.option("--model", shell_complete=completing.models, help="Ask this model instead.")
@click.option(
    "--to", metavar="URL", help="Ask the ARGO at this base URL instead of the configuration's; demo: the simulator."
)
@click.option("--dry-run", is_flag=True, help="Send nothing: show what would go to ARGO, and how it differs from then.")
@click.option("--all", "everything", is_flag=True, help="Send all calls of FILE, without asking.")
@click.option(
    "--set",
    "members",
    metavar="MEMBER=VALUE",
    multiple=True,
    help="Set a member of its body, `messages[0].content` for one; MEMBER= takes it out. Again for more.",
)
@click.option("--edit", is_flag=True, help="Change its body in your editor (VISUAL, EDITOR) first.")
@click.option("--full", is_flag=True, help="Show the new exchange, or request, in full.")
@named
def command(
    what: str,
    number: int | None,
    model: str | None,
    to: str | None,
    dry_run: bool,
    everything: bool,
    members: tuple[str, ...],
    edit: bool,
    full: bool,
) -> None:
    """Send a recorded request again, through this version's code and the configuration as it is now.

    N behind FILE is one of its calls. FILE may be one of `argo-proxy flows export`, or a recording of stock mitmdump or
    mitmweb of a tool that talks to the real OpenAI, Anthropic or Google.
    """
    to = to or _demo()
    settings = loaded(None, {} if to is None else {"argo_base_url": to}).settings
    found = [recordings.one_of(what, number)] if edit else recordings.named(what, number)
    pairs = _requests(found, model, members, edit)
    if len(pairs) > 1 and not (dry_run or everything):
        _ask(what, pairs)
    for recorded, request in pairs if dry_run else ():
        _dry(recorded, request, settings, full)
    if not dry_run:
        sys.exit(0 if _sent(pairs, settings, full) else 1)


def _demo() -> str | None:
    """The simulator, where nobody has a configuration and what runs is a demo; else nothing."""
    try:
        load()
    except NoConfig:
        found = discovery.find()
        if found is not None and (found.answer or {}).get("demo"):
            warn(
                "note: there is no configuration, and what runs is a demo: the built-in simulator is asked (--to demo)."
            )
            return DEMO
    except SettingsError:
        pass  # it is told where it is used
    return None


def _ask(what: str, pairs: list[tuple[RecordedExchange, ClientRequest]]) -> None:
    """Asks before more than one call is sent, which ARGO counts."""
    numbers = ", ".join(str(recorded.meta.number) for recorded, _ in pairs[:20])
    if not sys.stdin.isatty():
        fail(
            f"{what} holds {len(pairs)} calls ({numbers}{', …' if len(pairs) > 20 else ''}): "
            "name one behind it, or say --all.",
            recordings.BAD_ARGUMENTS,
        )
    click.confirm(f"Send all {len(pairs)} calls of {what} again ({numbers})?", abort=True)


def _requests(
    found: list[RecordedExchange], model: str | None, members: tuple[str, ...], edit: bool
) -> list[tuple[RecordedExchange, ClientRequest]]:
    # Not at the top: mitmproxy takes half a second to load.
    from argo_addon.recording.replay import NotReplayable, request_of, with_members

    def change(body: bytes) -> bytes:
        made = with_members(body, members)
        return _edited(made) if edit else made

    pairs, problems = [], []
    for recorded in found:
        try:
            pairs.append((recorded, request_of(recorded.client, model, change)))
        except NotReplayable as problem:
            problems.append(str(problem))
    if not pairs:
        fail(problems[0])
    if problems:
        warn(f"{len(problems)} that are no calls of a model are left out, the first: {problems[0]}")
    return pairs


def _edited(body: bytes) -> bytes:
    """A body as it is after it was in an editor; what is no JSON then is told, and nothing is sent."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        text = body.decode("utf-8", "replace")
    try:
        given = click.edit(text + "\n", extension=".json")
    except click.ClickException as error:
        fail(f"it cannot be edited: {error.message}.")
    if given is None:
        fail("it was not changed; nothing is sent.")
    try:
        return json.dumps(json.loads(given), ensure_ascii=False).encode()
    except ValueError as error:
        fail(f"what was written is no JSON: {error}. Nothing is sent.")


def _dry(recorded: RecordedExchange, request: ClientRequest, settings: Settings, full: bool) -> None:
    from argo_addon.gateway.messages import UpstreamRequest
    from argo_addon.recording.differences import changed
    from argo_addon.recording.explain import cut
    from daemon.replaying import made_of

    made = made_of(request, settings)
    click.echo(f"#{recorded.meta.number} {request.method} {request.path}")
    if not isinstance(made, UpstreamRequest):
        click.echo(f"  {made}")
        return
    body = json.loads(made.body)
    shown = json.dumps(body, indent=2, ensure_ascii=False)
    click.echo(f"POST {made.url}\n{shown if full else cut(shown)}")
    if not recorded.upstream:
        return
    try:
        differences = list(changed(json.loads(recorded.upstream[-1].request.get_content(strict=False) or b""), body))
    except ValueError:
        differences = ["what went to ARGO then was no JSON"]
    click.echo("compared with then:")
    click.echo("\n".join(f"  {line}" for line in differences) or "  the same as then")


def _sent(pairs: list[tuple[RecordedExchange, ClientRequest]], settings: Settings, full: bool) -> bool:
    """Sends them and tells how it went; whether all were answered."""
    import httpx

    from argo_addon.recording import explain
    from argo_addon.recording.dialect_names import dialects_of
    from argo_addon.recording.replay import without_ids
    from daemon.replaying import send

    with progress("asking") as shown:

        def begun(number: int) -> None:
            shown.step(f"asking: {number} of {len(pairs)}, {pairs[number - 1][1].path}")

        try:
            answers = asyncio.run(send([request for _, request in pairs], settings, begun))
        except (OSError, ValueError, httpx.HTTPError) as error:
            fail(f"this cannot be replayed: {error}.")
    for (recorded, _), new in zip(pairs, answers, strict=True):
        then, now = (without_ids(explain.answered(one.client)) for one in (recorded, new))
        click.echo(f"#{recorded.meta.number} {dialects_of(new.meta)}, {new.meta.model or new.meta.asked}: "
                   f"{new.meta.status} {new.meta.outcome}, {new.meta.total_ms} ms")  # fmt: skip
        if full:
            click.echo(explain.explanation(new, full=True))
        elif then == now:
            click.echo("  the answer is the same as then")
        else:
            lines = difflib.unified_diff(then.splitlines(), now.splitlines(), "then", "now", lineterm="", n=1)
            click.echo("\n".join(f"  {line}" for line in lines))
    return not any(new.meta.failed for new in answers)
