"""`argo-proxy stop`: the end of the gateway."""

from __future__ import annotations

import math

import click

from daemon import discovery, manager

from ..named import named
from ..progress import progress
from ..terminal import fail, say


@click.command(
    epilog="Examples: `argo-proxy stop`, `argo-proxy stop --timeout 0`, which cuts running answers off. "
    "Exit codes: 0 it does not run any more, 1 it cannot be stopped."
)
@click.option("--timeout", type=click.FloatRange(0, 3600), default=30.0, show_default=True, metavar="SECONDS",
              help="How long running answers may take to end.")  # fmt: skip
@named
def command(timeout: float) -> None:
    """Stop the gateway: no more calls are taken, running answers end first.

    Answers that have not ended in time get an error in their client's own format.
    """
    if math.isnan(timeout):  # it is in every range, and never over
        raise click.BadParameter("nan is no number of seconds.", param_hint="'--timeout'")
    found = discovery.find()
    if found is None:
        if _service_ended():
            return
        say("argo-proxy does not run.")
        if (other := discovery.other()) is not None:
            say(f"There is {other}.")
        if (stranger := discovery.stranger()) is not None:
            say(f"{stranger}.")
        return
    record = found.record
    if record.mode == "service":
        say("It runs as a service: it starts again with your next session, unless `argo-proxy service uninstall`.")
    try:
        what, waits = _awaited(found)
        with progress(what, timeout if waits else None):
            in_order = manager.stop(record, timeout)
    except manager.StartError as error:
        fail(str(error), error.code)
    say("argo-proxy stopped." if in_order else "argo-proxy did not stop by itself, and was killed.")
    if (again := discovery.find()) is not None:
        fail(f"another one runs since then, pid {again.record.pid}: something has started it anew.")


def _service_ended() -> bool:
    """Ends a service that is about to be started anew, since it has failed; False where there is none."""
    from daemon import service  # only here: who stops one that runs does not wait for it

    try:
        if not service.comes_back():
            return False
        service.stop()
    except service.ServiceError as error:
        fail(str(error))
    say("argo-proxy had ended by a fault, and its service was about to start it anew: the service is stopped.")
    return True


def _awaited(found: discovery.Found) -> tuple[str, bool]:
    """What the end waits for, and whether that may take all of its time."""
    if found.answer is None:
        return f"waiting for pid {found.record.pid}, which does not answer", True
    active, streams = found.answer.get("active_requests"), found.answer.get("active_streams")
    if not active:
        return "stopping", False
    kinds = f", {streams} of them streamed" if streams else ""
    return f"waiting for running answers: {active}{kinds}", True
