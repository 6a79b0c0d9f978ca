"""The gateways that `make bench` compares, each as a user would run it: its command, its files, what it can do.

A peer that is not set up (`make .cache/peers/ready`) is left out.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import psutil

from .load import CHAT, CLAUDE, GPT, Outcome, Work, do, request_of

OURS, REFERENCE = "this gateway", "argo-proxy 3.3.3"
INSTALLED = Path(".cache/peers")
_LONGEST_START = 120
"""Seconds."""


class Place(msgspec.Struct, frozen=True):
    """Where a peer runs: a folder of its own, its port, and the upstream."""

    folder: Path
    port: int
    upstream: str

    def file(self, name: str, content: str) -> str:
        """Writes a file into the folder; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return str(path)


Headers = Sequence[tuple[str, str]]


def _none(work: Work, place: Place) -> Headers:
    return ()


class Kind(msgspec.Struct, frozen=True):
    """A gateway to compare: how it is run, which works it can do, what it calls the models, which headers it wants."""

    name: str
    command: Callable[[Place], list[str]]
    works: frozenset[str] | None = None
    """All where there are none."""
    models: dict[str, str] = {}
    headers: Callable[[Work, Place], Headers] = _none
    memory: bool = True
    """Whether what lasts for long is done with it too."""

    def does(self, work: Work) -> bool:
        """Whether it can do a work."""
        return self.works is None or work.name in self.works


class Peer:
    """A gateway that runs, and its processes."""

    def __init__(self, kind: Kind, place: Place, process: subprocess.Popen[bytes], started: float) -> None:
        self.kind = kind
        self.place = place
        self.process = psutil.Process(process.pid)
        self.started = started
        """Seconds from the start to the first answer."""

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used."""
        return sum(sum(process.cpu_times()[:2]) for process in self._processes())

    def memory(self) -> float:
        """Megabytes that its processes hold."""
        return sum(process.memory_info().rss for process in self._processes()) / 1e6

    async def do(self, work: Work) -> Outcome:
        """Gives it a work's requests."""
        model = self.kind.models.get(work.model, work.model)
        port = self.place.port
        request = request_of(work, port, model, self.kind.headers(work, self.place))
        before = self.cpu()
        outcome = await do(work, port, request)
        outcome.cpu = self.cpu() - before
        return outcome


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
        return True
    return False


@contextlib.contextmanager
def process_of(
    command: list[str], port: int, environment: dict[str, str], log: Path, folder: Path | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A process that serves on a port, and in how many seconds it did; it is ended afterwards.

    Raises RuntimeError where it does not come up.
    """
    start = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment, cwd=folder
        )
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - start > _LONGEST_START:
                    raise RuntimeError(f"{command[0]} does not come up: {log.read_text(errors='replace')[-2000:]}")
                time.sleep(0.005)
            yield process, time.perf_counter() - start
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def running(kind: Kind, place: Place, trusted: Path | None = None) -> Iterator[Peer]:
    """A gateway that runs; `trusted` is the certificate of its upstream. Raises RuntimeError as above."""
    home = str(place.folder)
    environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    if trusted is not None:
        environment |= {"SSL_CERT_FILE": str(trusted), "NODE_EXTRA_CA_CERTS": str(trusted)}
    with process_of(kind.command(place), place.port, environment, place.folder / "log", place.folder) as (
        process,
        started,
    ):
        yield Peer(kind, place, process, started)


def argo_config(folder: Path, upstream: str, port: int) -> Path:
    """A configuration that both argo-proxies read."""
    path = folder / f"config-{port}.yaml"
    path.write_text(
        f'config_version: "3"\nuser: bench\nhost: 127.0.0.1\nport: {port}\nverbose: false\n'
        f"argo_base_url: {upstream}\nskip_url_validation: true\n"
    )
    return path


def _argo_proxy(command: Path) -> Callable[[Place], list[str]]:
    return lambda place: [str(command), "serve", str(argo_config(place.folder, place.upstream, place.port))]


def of_checkout(name: str, python: str) -> Kind:
    """The gateway of a checkout, by its Python."""
    return Kind(name, _argo_proxy(Path(os.path.abspath(python)).parent / "argo-proxy"))


def _portkey(place: Place) -> list[str]:
    script = INSTALLED.absolute() / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
    return ["node", str(script), f"--port={place.port}", "--headless"]


def _portkeys_headers(work: Work, place: Place) -> Headers:
    provider = "anthropic" if work.model == CLAUDE else "openai"
    return ("x-portkey-provider", provider), ("x-portkey-custom-host", f"{place.upstream}/v1")


def _ccr(place: Place) -> list[str]:
    provider = {
        **{"name": "argo", "api_key": "bench", "models": ["gpt-4o"]},
        "api_base_url": f"{place.upstream}{CHAT}",
    }
    config = {"HOST": "127.0.0.1", "PORT": place.port, "LOG": False, "Providers": [provider]}
    config["Router"] = {"default": "argo,gpt-4o"}
    place.file(".claude-code-router/config.json", json.dumps(config))
    return [str(INSTALLED.absolute() / "ccr/node_modules/.bin/ccr"), "start"]


def _litellm(place: Place) -> list[str]:
    models = (
        (GPT, {"model": "openai/gpt-4o", "api_base": f"{place.upstream}/v1"}),
        (CLAUDE, {"model": "anthropic/claude-opus-4-6", "api_base": place.upstream}),
    )
    listed = [{"model_name": name, "litellm_params": {**about, "api_key": "bench"}} for name, about in models]
    config = place.file("litellm.json", json.dumps({"model_list": listed}))
    return [
        str(INSTALLED.absolute() / "litellm/bin/litellm"),
        "--config",
        config,
        "--host",
        "127.0.0.1",
        "--port",
        str(place.port),
    ]


def _mitmdump(place: Place) -> list[str]:
    options = ["--set", "stream_large_bodies=1", "--set", "connection_strategy=lazy", "--quiet"]
    program = str(Path(sys.executable).parent / "mitmdump")
    return [program, "--mode", f"reverse:{place.upstream}", "--listen-port", str(place.port), *options]


def _relay(place: Place) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("relay.py")), str(place.port), place.upstream]


def kinds() -> list[Kind]:
    """The gateways that are set up here, ours first."""
    plain = frozenset({"W1", "W1c", "W1c-TLS", "W4", "W5", "W5b", "W5t", "M1", "M4"})
    floors = plain - {"W1c-TLS", "W5t"}
    found = [
        (Path(sys.executable), of_checkout(OURS, sys.executable)),
        (INSTALLED / "bin/argo-proxy", Kind(REFERENCE, _argo_proxy(INSTALLED.absolute() / "bin/argo-proxy"))),
        (INSTALLED / "portkey/ready", Kind("Portkey 1.15.2", _portkey, plain | {"W2"}, {}, _portkeys_headers)),
        (
            INSTALLED / "ccr/ready",
            Kind("ccr 2.0.0", _ccr, frozenset({"W3", "W6"}), {GPT: "argo,gpt-4o"}, memory=False),
        ),
        (INSTALLED / "litellm/ready", Kind("litellm 1.100.0", _litellm, memory=False)),
        (Path(sys.executable), Kind("mitmdump", _mitmdump, floors, memory=False)),
        (Path(sys.executable), Kind("bytes relayed", _relay, floors, memory=False)),
    ]
    return [kind for sign, kind in found if sign.exists()]
