"""`python -m argo_addon.simulator`: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from .server import Simulator


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m argo_addon.simulator", description="A stand-in for ARGO.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--pace", type=float, default=0.01, help="seconds between two events")
    parser.add_argument("--users", default="", help="the usernames that it knows, with commas; none: all of them")
    return parser.parse_args()


async def _main(options: argparse.Namespace) -> None:
    users = frozenset(filter(None, options.users.split(",")))
    simulator = Simulator(pace=options.pace, users=users or None)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    url = await simulator.start(options.host, options.port)
    sys.stdout.write(f"simulator listening on {url}\n")
    sys.stdout.flush()
    await stop.wait()
    await simulator.stop()


asyncio.run(_main(_arguments()))
