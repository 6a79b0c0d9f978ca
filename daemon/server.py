"""The process that serves: the simulator if asked for, the master with the addon, signals, and the lines it prints.

It knows settings and processes, and nothing of requests or of the command line.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import argo_addon.proxy  # noqa: F401 - the first to load mitmproxy, for it says what is left out  # isort: split
from argo_addon import __version__
from argo_addon.access.tokens import TokenProblem
from argo_addon.addon import ArgoAddon
from argo_addon.gateway.fallbacks import problems, unknown
from argo_addon.gateway.gateway import Gateway
from argo_addon.proxy import freed_memory, inherited
from argo_addon.proxy.crowd import raise_limit
from argo_addon.proxy.master import GatewayMaster
from argo_addon.rate_limits.base import Limiter
from argo_addon.rate_limits.opening import LimiterProblem, open_limiter
from argo_addon.recording.ledger import Ledger
from argo_addon.recording.ledger_books import BookProblem
from argo_addon.recording.recorder import Recorder
from argo_addon.sealing import NoKey, Sealer
from argo_addon.settings.model import DEMO, Settings
from argo_addon.store.base import StoreProblem
from argo_addon.store.worker import StoreWorker
from argo_addon.telemetry.opening import TelemetryProblem, open_telemetry

from . import address, recording, store_and_sealer
from .health import UNIX
from .keys import ANY_USERNAME, advice, wanted
from .paths import flows_dir, usage_ledger
from .registration import Place
from .upstream import reachable
from .version_news import UpdateNews

if TYPE_CHECKING:
    from argo_addon.telemetry.otel import Telemetry

logger = logging.getLogger(__name__)


class ServeError(Exception):
    """The server cannot start. Its text is meant for a terminal."""


class ServerObserver(Protocol):
    """Who is told of the server's life."""

    def say(self, line: str) -> None:
        """A line for the user."""

    def step(self, what: str) -> None:
        """What happens just now, for whoever waits."""

    async def listening(self, descriptors: list[int]) -> None:
        """The server listens on the sockets of these descriptors."""

    def ready(self, place: Place) -> None:
        """The server listens there, and is the one that others find."""

    def keep(self) -> None:
        """Called every few seconds, from a thread, while the server listens."""

    def stopping(self) -> None:
        """No more calls are taken; those that run still end."""


async def serve(
    settings: Settings, observer: ServerObserver, sockets: Sequence[socket.socket] = (), *, follows: bool = False
) -> None:
    """Serves until SIGINT or SIGTERM, then lets the running calls end; on these sockets, if there are any.

    Where it follows a process that still serves, its Unix socket takes the place of that process's. Raises ServeError
    where it cannot listen.
    """
    raise_limit()
    try:
        if sockets:
            inherited.install(sockets)
        elif settings.port is not None:  # mitmproxy would only log that it cannot listen, and go on
            address.check(settings.host, settings.port)
    except address.CannotListen as problem:
        raise ServeError(str(problem)) from problem
    async with reachable(settings) as there:
        await _run(there, observer, demo=settings.argo_base_url == DEMO, follows=follows)


async def _run(settings: Settings, observer: ServerObserver, *, demo: bool, follows: bool) -> None:
    recorder = Recorder(
        Path(flows_dir()),
        everything=settings.dump_requests,
        failures=settings.record_failures,
        dump=Path(settings.dump_dir) if settings.dump_dir else None,
    )
    limiter = await _limiter(settings)
    try:
        addon = ArgoAddon(
            settings,
            news=UpdateNews().today,
            recorder=recorder,
            sealer=_sealer(settings),
            store=_store(settings),
            limiter=limiter,
        )
    except TokenProblem as problem:
        raise ServeError(f"clients need the token (client_auth), but {problem}.") from problem
    addon.gateway.demo = demo
    ledger = _ledger(settings) if settings.usage_ledger and not demo else None
    if ledger is not None:
        addon.gateway.ledger, addon.gateway.usage = ledger.add, ledger.today
    telemetry = _telemetry(settings)
    if telemetry is not None:
        addon.gateway.telemetry = telemetry.add
    master = GatewayMaster(
        addon,
        addon.calls,
        settings.native_openai_base_url,
        settings.host,
        settings.port,
        settings.socket,
        follows=follows,
    )
    say = observer.say
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in _ends():
        loop.add_signal_handler(number, told.set)
    if not settings.skip_url_validation:
        observer.step("asking ARGO for its models")
    if not settings.skip_url_validation and not await _unless(told, addon.upkeep.refresh()):
        say("argo-proxy stopped before it had started.")
        return
    _check_fallbacks(addon.gateway, settings)
    announcer = asyncio.create_task(_announce(master, addon, settings, observer, told))
    keeper = asyncio.create_task(_keep_ledger(ledger)) if ledger is not None else None
    try:
        await master.run()
    finally:
        announcer.cancel()
        if ledger is not None and keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            ledger.close()
        if telemetry is not None:
            telemetry.close()
    if master.failure is not None:
        raise ServeError(_cannot_listen(settings, master.failure))
    say("argo-proxy stopped.")


async def _keep_ledger(ledger: Ledger) -> None:
    """Has what calls add up to written every few seconds."""
    while True:
        await asyncio.sleep(_KEPT)
        if (sums := ledger.take()) or ledger.owes:
            writing = asyncio.ensure_future(asyncio.to_thread(ledger.write, sums))
            try:
                ledger.give_back(await asyncio.shield(writing))
            except asyncio.CancelledError:
                ledger.give_back(await writing)  # the process ends: what is being written is not to be lost
                raise


async def _unless(told: asyncio.Event, work: Coroutine[object, object, object]) -> bool:
    """Does the work unless told to stop; returns whether it was done."""
    doing, waiting = asyncio.ensure_future(work), asyncio.ensure_future(told.wait())
    await asyncio.wait((doing, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if doing.done():
        return True
    doing.cancel()
    return False


async def _announce(
    master: GatewayMaster, addon: ArgoAddon, settings: Settings, observer: ServerObserver, told: asyncio.Event
) -> None:
    """Says where the server is once it is there, and lets it hear signals; ends it where it cannot be."""
    while not master.listens:
        if master.failure is not None:
            master.shutdown()
            return
        await asyncio.sleep(0.002)

    for number, on in ((recording.ON, True), (recording.OFF, False)):
        asyncio.get_running_loop().add_signal_handler(number, addon.recorder.switch, on)

    def stop() -> None:
        observer.stopping()
        master.stop()

    for number in _ends():
        asyncio.get_running_loop().add_signal_handler(number, stop)
    if told.is_set():
        stop()
        return
    await observer.listening(master.descriptors)
    place = _place(master, addon, settings)
    _say_all(place, addon, settings, observer.say)
    observer.ready(place)
    freed_memory.settle()
    while True:
        await asyncio.sleep(_KEPT)
        await asyncio.to_thread(observer.keep)


_KEPT = 2.0
"""Seconds after which it is seen to that others find this process."""


def _place(master: GatewayMaster, addon: ArgoAddon, settings: Settings) -> Place:
    if master.address is None:  # a socket alone, whose users the file system knows
        return Place("localhost", 0, f"{UNIX}{settings.socket}", "open", settings.user)
    asks = addon.access.auth
    auth = ANY_USERNAME if asks == "username" and settings.username_passthrough else asks
    return Place(*master.address, address.url_of(*master.address), auth, settings.user)


def _say_all(place: Place, addon: ArgoAddon, settings: Settings, say: Callable[[str], None]) -> None:
    """What whoever starts it wants to know."""
    models = addon.gateway.models
    say(f"argo-proxy {__version__} listens on {place.url}")
    if settings.socket and place.port:
        say(f"  socket: {settings.socket}, which only you can use")
    if addon.gateway.demo:
        say("  note:   this is the demo: ARGO is the built-in simulator, whose answers are made up")
    say(f"  ARGO:   {', '.join(f'{url} ({_NAMES[name]})' for name, url in settings.upstreams().items())}")
    say(f"  user:   {'whom each client names as its key' if settings.username_passthrough else settings.user}")
    say(f"  key:    {wanted(place.auth)}")
    if settings.otlp_endpoint:
        say(f"  note:   traces and metrics of calls go to {settings.otlp_endpoint}")
    if note := advice(place.auth, place.host, place.user):
        say(f"  note:   {note}")
    why = f"\n  note:   {models.problem}" if models.problem else ""
    say(f"  models: {models.count}, from the {models.source} list{why}")
    if settings.dump_requests:
        say(f"  note:   every exchange is recorded, with what is said in it, in {settings.dump_dir or flows_dir()}")


def _sealer(settings: Settings) -> Sealer:
    """With the keys of the file that the settings name, or of our own; raises ServeError where that named cannot be."""
    try:
        return store_and_sealer.sealer_of(settings)
    except NoKey as problem:
        if settings.responses_key_file:
            raise ServeError(f"{problem}. `responses_key_file` in the config names it.") from problem
        logger.warning("%s: compactions of this run cannot be read after it.", problem)
        return Sealer()


def _store(settings: Settings) -> StoreWorker | None:
    """Where responses are kept; raises ServeError where a place that the settings name cannot be used."""
    try:
        store = store_and_sealer.store_of(settings)
        return None if store is None else StoreWorker(store)
    except StoreProblem as problem:
        if settings.responses_store:
            raise ServeError(f"{problem}.") from problem
        logger.warning("%s. No responses are kept in this run.", problem)
        return None


def _check_fallbacks(gateway: Gateway, settings: Settings) -> None:
    """Raises ServeError where models are named that cannot be; ARGO may have some that the built-in list does not."""
    named, known = settings.fallback_models, gateway.models.source == "upstream"
    missing = list(unknown(named, gateway.registry))
    if found := [*problems(named, gateway.registry), *(missing if known else [])]:
        raise ServeError(f"`fallback_models`: {' '.join(found)}")
    for told in missing:
        logger.warning("`fallback_models`: %s It may be known once ARGO's list is read", told)


def _ledger(settings: Settings) -> Ledger:
    """Who keeps what calls add up to; raises ServeError where that can never be. That a server is away is none."""
    where = settings.usage_ledger
    try:
        return Ledger(where if isinstance(where, str) else Path(usage_ledger()))
    except BookProblem as problem:
        raise ServeError(f"{problem}.") from problem


def _telemetry(settings: Settings) -> Telemetry | None:
    """What tells a collector of calls; raises ServeError where it cannot be had. That the collector is away is none."""
    try:
        return open_telemetry(settings.otlp_endpoint)
    except TelemetryProblem as problem:
        raise ServeError(f"{problem}.") from problem


async def _limiter(settings: Settings) -> Limiter | None:
    """What counts by the limits of users; raises ServeError where it cannot be had. That Redis is away is none."""
    try:
        limiter = open_limiter(settings.limits, settings.limits_store)
    except LimiterProblem as problem:
        raise ServeError(f"{problem}.") from problem
    if limiter is not None and (why := await limiter.check()):
        await limiter.close()
        raise ServeError(f"`limits_store` cannot be used: {why}.")
    return limiter


def _ends() -> list[signal.Signals]:
    """The signals that end it: also that of a terminal that is closed, unless nohup, or the daemon, ignores it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def _cannot_listen(settings: Settings, error: Exception) -> str:
    if settings.socket and getattr(error, "filename", None) == settings.socket:
        return f"cannot listen on the socket {settings.socket}: {getattr(error, 'strerror', None) or error}."
    return address.cannot_listen(settings.host, settings.port or 0, error)


_NAMES = {"openai": "OpenAI", "anthropic": "Anthropic", "legacy": "legacy gateway"}
