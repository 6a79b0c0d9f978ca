"""`make bench`: what the gateway costs beside its peers, in one interleaved run, as a table.

All run before one upstream (fake_upstream.py) on the loopback interface; each round gives each of them the same work
in turn, and what counts is the CPU of its own processes, read from /proc. Whoever gave a wrong or incomplete answer is
disqualified for that row. Figures are printed, never asserted.

    python -m tests.benchmarks.compare [--rounds N] [--only W1,M4] [--peers ccr,litellm] [--share 0.1]
        [--beside NAME=PYTHON]

`W7` is the start. Ours and the reference are always among the peers. `--share` is how many of each work's requests
are sent.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..ports import free_port
from ..proxy.test_tls import certificate
from .load import Outcome, Work, lasting, works
from .peers import OURS, REFERENCE, Kind, Peer, Place, kinds, of_checkout, process_of, running

_WRONG = "wrong or lost output"
_SETTLED = 6.0
"""Seconds after work until its memory is read: by then what it took has been given back."""


class Ground:
    """Where it takes place: the upstream, plain and with TLS, and folders for whoever runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pem = certificate(folder, "127.0.0.1")
        self._ports = free_port(), free_port()

    @contextlib.contextmanager
    def upstreams(self) -> Iterator[None]:
        """Both upstreams."""
        with contextlib.ExitStack() as stack:
            for port, more in zip(self._ports, ([], [str(self._pem)]), strict=True):
                command = [sys.executable, "-m", "tests.benchmarks.fake_upstream", str(port), *more]
                stack.enter_context(process_of(command, port, dict(os.environ), self._folder / f"upstream-{port}.log"))
            yield

    @contextlib.contextmanager
    def running(self, wanted: list[Kind], *, tls: bool = False) -> Iterator[list[Peer]]:
        """These gateways, before one of the upstreams; those that do not come up are told of and left out."""
        upstream = f"{'https' if tls else 'http'}://127.0.0.1:{self._ports[tls]}"
        with contextlib.ExitStack() as stack:
            peers = []
            for kind in wanted:
                port = free_port()
                place = Place(self._folder / str(port), port, upstream)
                place.folder.mkdir()
                try:
                    peers.append(stack.enter_context(running(kind, place, self._pem if tls else None)))
                except (RuntimeError, OSError) as problem:
                    print(f"{kind.name} is left out: {problem}", file=sys.stderr)
            time.sleep(1)
            yield peers


def _table(names: list[str], rows: list[list[str]]) -> None:
    print("\n| work | " + " | ".join(names) + " |")
    print("| --- " * (len(names) + 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


async def _measured(work: Work, peers: list[Peer], rounds: int) -> dict[str, list[Outcome]]:
    """What each round gave, after one that warms up; one row after the other is told of as it is done."""
    found: dict[str, list[Outcome]] = {peer.kind.name: [] for peer in peers if peer.kind.does(work)}
    for number in range(rounds + 1):
        for peer in peers:
            if not peer.kind.does(work) or not all(outcome.right for outcome in found[peer.kind.name]):
                continue
            print(f"{work.name} {peer.kind.name} ...", file=sys.stderr, flush=True)
            outcome = await peer.do(work)
            if number or not outcome.right:
                found[peer.kind.name].append(outcome)
    return found


def _cells(work: Work, names: list[str], found: dict[str, list[Outcome]]) -> list[str]:
    unit, scale = ("us/event", 1e6) if work.per == "event" else ("ms", 1e3)
    right = {name: got for name, got in found.items() if got and all(outcome.right for outcome in got)}
    costs = {name: statistics.median(one.cpu for one in got) / work.divisor * scale for name, got in right.items()}
    cells = [f"{work.name} {work.told}"]
    for name in names:
        if name not in found:
            cells.append("-")
        elif name not in costs:
            cells.append(_WRONG)
        else:
            ratio = f", {costs[name] / costs[REFERENCE]:.2f}" if costs.get(REFERENCE) else ""
            cells.append(f"{costs[name]:.3g} {unit}{ratio}{_times(right[name])}")
    return cells


def _times(outcomes: list[Outcome]) -> str:
    """First bytes, and of paced streams how late the words came."""
    first = statistics.median(first for outcome in outcomes for first in outcome.firsts) * 1e3
    late = sorted(one for outcome in outcomes for one in outcome.late)
    if not late:
        return f" (first byte {first:.1f} ms)"
    p99 = late[int(len(late) * 0.99)] * 1e3
    middle, most = late[len(late) // 2] * 1e3, late[-1] * 1e3
    return f" (first byte {first:.1f} ms; late p50 {middle:.1f}, p99 {p99:.0f}, most {most:.0f} ms)"


def _idle_row(ground: Ground, wanted: list[Kind], rounds: int, names: list[str]) -> list[str]:
    """How long a start takes and what memory is in use then: medians, each alone, after one start that warms up."""
    found: dict[str, list[tuple[float, float]]] = {}
    for number in range(rounds + 1):
        for kind in wanted:
            with ground.running([kind]) as peers:
                found.setdefault(kind.name, []).extend((peer.started, peer.memory()) for peer in peers if number)
    medians = {
        name: [statistics.median(column) for column in zip(*got, strict=True)] for name, got in found.items() if got
    }
    told = {name: f"{start:.2f} s, {held:.0f} MB" for name, (start, held) in medians.items()}
    return ["W7 start, idle memory", *(told.get(name, "-") for name in names)]


async def _rows(
    ground: Ground, wanted: list[Kind], chosen: list[Work], rounds: int, names: list[str]
) -> list[list[str]]:
    rows: list[list[str]] = []
    for tls in (False, True):
        of_these = [work for work in chosen if work.tls is tls]
        if not of_these:
            continue
        those = [kind for kind in wanted if any(kind.does(work) for work in of_these)] if tls else wanted
        with ground.running(those, tls=tls) as peers:
            for work in of_these:
                rows.append(_cells(work, names, await _measured(work, peers, rounds)))
    return rows


async def _memory_rows(ground: Ground, wanted: list[Kind], chosen: list[Work], names: list[str]) -> list[list[str]]:
    """Memory before, and after each quarter of, much work, in a process that is fresh for it."""
    rows: list[list[str]] = []
    those = [kind for kind in wanted if kind.memory]
    for work in chosen:
        told = {}
        for kind in those:
            print(f"{work.name} {kind.name} ...", file=sys.stderr, flush=True)
            with ground.running([kind]) as peers:
                for peer in peers:
                    held, right = [peer.memory()], True
                    for _ in range(4):
                        right = right and (await peer.do(work.part(0.25))).right
                        await asyncio.sleep(_SETTLED)
                        held.append(peer.memory())
                    before, *after = (f"{one:.0f}" for one in held)
                    told[kind.name] = f"{before} -> {', '.join(after)} MB" if right else _WRONG
        rows.append([f"{work.name} {work.told} ({work.requests} requests)", *(told.get(name, "-") for name in names)])
    return rows


async def _run(args: argparse.Namespace) -> None:
    begun = time.perf_counter()
    picked = [part.lower() for part in args.peers.split(",") if part]
    wanted = [
        kind
        for kind in kinds()
        if kind.name in (OURS, REFERENCE) or not picked or any(part in kind.name.lower() for part in picked)
    ]
    wanted += [of_checkout(*extra.split("=", 1)) for extra in args.beside]
    only = [part for part in args.only.split(",") if part]
    chosen, long = (
        [work.part(args.share) for work in found if not only or work.name in only] for found in (works(), lasting())
    )
    names = [kind.name for kind in wanted]
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    ground = Ground(folder)
    with ground.upstreams():
        rows = [_idle_row(ground, wanted, args.rounds, names)] if not only or "W7" in only else []
        rows += await _rows(ground, wanted, chosen, args.rounds, names)
        rows += await _memory_rows(ground, wanted, long, names)
    _table(names, rows)
    print(f"\n{args.rounds} rounds in {(time.perf_counter() - begun) / 60:.0f} minutes.")


def main() -> None:
    """Reads the arguments and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="names of works, with commas; all if none")
    parser.add_argument("--peers", default="", help="parts of names of peers, with commas; all if none")
    parser.add_argument("--share", type=float, default=1.0, help="of the requests of each work")
    parser.add_argument(
        "--beside", action="append", default=[], metavar="NAME=PYTHON", help="another checkout's Python"
    )
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
