"""`python -m argo_addon.simulator`: the simulator as a process, until SIGINT or SIGTERM. Prints where it listens."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from argo_addon.simulator.server import Simulator


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m argo_addon.simulator", description="A stand-in for ARGO.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes any free one")
    parser.add_argument("--pace", type=float, default=0.01, help="seconds between two events of a stream")
    parser.add_argument("--users", default="", help="the users that it knows, with commas between; without: everyone")
    return parser.parse_args(argv)


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    users = [name.strip() for name in options.users.split(",") if name.strip()]
    simulator = Simulator(options.pace, users or None)
    base_url = await simulator.start(options.host, options.port)
    sys.stdout.write(f"simulator listening on {base_url}\n")
    sys.stdout.flush()
    await stopping.wait()
    await simulator.stop()


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code."""
    options = _arguments(argv)
    try:
        asyncio.run(_run(options))
    except OSError as error:
        sys.stderr.write(f"simulator: cannot listen on {options.host}:{options.port}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
