"""Whether there is a newer argo-proxy: asked of the installer that installed this one.

So the user's own settings (an index, a mirror, a proxy) hold, and no index is named here. It knows installers and
nothing of the gateway.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from typing import Literal, NamedTuple

from argo_addon import __version__

from .paths import state_dir

Installer = Literal["pip", "pipx", "uv", "uv tool", "folder"]

NAME = "argo-proxy"
DAY = 86400.0
_PATIENCE = 60.0
_BY_UV = re.compile(r"^ ([+-]) ([\w.-]+)==(\S+)", re.MULTILINE)  # what uv says that it would install, and remove
_NO_WAY = re.compile(
    r"Failed to establish|ConnectTimeout|ProxyError|NameResolutionError|ConnectionError|Could not (connect|fetch)"
    r"|Failed to fetch|error sending request|dns error|Network is unreachable|Connection refused",
    re.IGNORECASE,
)
"""What pip and uv say where they reach no index."""


class News(NamedTuple):
    """What was found out, when (seconds since 1970), or why nothing was."""

    latest: str | None
    checked_at: int
    problem: str | None = None

    @property
    def newer(self) -> bool:
        """Whether the latest is newer than this one."""
        return self.latest is not None and _order(self.latest) > _order(__version__)


class Change(NamedTuple):
    """A package that comes along: its version here (None: it is not there) and the one that it would have."""

    name: str
    here: str | None
    there: str


def _order(version: str) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
    """What versions are sorted by: their numbers, then dev, alpha, beta, candidate, the final one (PEP 440)."""
    numbers = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    release = tuple(map(int, numbers[0].split("."))) if numbers else ()
    rest = version[numbers.end() :] if numbers else version
    rank = next((rank for word, rank in _BEFORE if word in rest), 0)
    return release, rank, tuple(map(int, re.findall(r"[0-9]+", rest)))


_BEFORE = (("dev", -4), ("a", -3), ("b", -2), ("rc", -1), ("post", 1))


def installer() -> Installer:
    """Who installed this argo-proxy."""
    from importlib import metadata  # not at the top: it takes long to load, and a gateway asks once a day

    try:
        distribution = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:
        return "folder"
    origin = distribution.read_text("direct_url.json")
    if origin is not None and '"dir_info"' in origin:
        return "folder"
    if os.path.exists(os.path.join(sys.prefix, "uv-receipt.toml")):
        return "uv tool"
    if os.path.exists(os.path.join(sys.prefix, "pipx_metadata.json")):
        return "pipx"
    return "uv" if (distribution.read_text("INSTALLER") or "").strip() == "uv" else "pip"


def upgrade_command(by: Installer, *, pre: bool) -> list[str] | None:
    """What installs the newest version; None where that is not for an installer to do."""
    pip = [sys.executable, "-m", "pip", "install", "--upgrade"]
    commands: dict[Installer, list[str]] = {
        "pip": [*pip, *(["--pre"] if pre else []), NAME],
        "pipx": ["pipx", "upgrade", *(["--pip-args=--pre"] if pre else []), NAME],
        "uv": ["uv", "pip", "install", "--upgrade", "--python", sys.executable, *_allow(pre), NAME],
        "uv tool": ["uv", "tool", "upgrade", *_allow(pre), NAME],
    }
    return commands.get(by)


def _allow(pre: bool) -> list[str]:
    return ["--prerelease", "allow"] if pre else []


def check(*, pre: bool) -> News:
    """Asks the installer, which may take long. Problems are told in a sentence, not raised."""
    by, now = installer(), int(time.time())
    if by == "folder":
        return News(None, now, "it runs from a folder, which nothing but you updates (git pull)")
    try:
        # Without --ignore-installed pip is content with what is there, also where it reaches no index.
        found = _asked(by, ["--no-deps"], ["--ignore-installed", NAME], pre=pre)
    except _NotToldError as problem:
        return News(None, now, str(problem))
    return News(found.get(NAME, __version__), now)


def changes(version: str, *, pre: bool) -> list[Change] | str:
    """What else a version would bring or change, by name; a sentence where that cannot be found out."""
    by = installer()
    try:
        found = _asked(by, [], ["--upgrade", f"{NAME}=={version}"], pre=pre)
    except _NotToldError as problem:
        return str(problem)
    return [Change(name, _version_here(name), there) for name, there in sorted(found.items()) if name != NAME]


def _version_here(name: str) -> str | None:
    from importlib import metadata  # as above

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


class _NotToldError(Exception):
    """An installer did not tell; why, in a sentence."""


def _asked(by: Installer, words: list[str], of_pip: list[str], *, pre: bool) -> dict[str, str]:
    """What an installer would install, by name. It takes `words`, and pip `of_pip` as well. Raises _NotToldError."""
    if by in ("uv", "uv tool"):
        command = ["uv", "pip", "install", "--dry-run", *words, "--upgrade", "--python", sys.executable]
        command += [*_allow(pre), NAME]
    else:
        asking = ["pipx", "runpip", NAME] if by == "pipx" and shutil.which("pipx") else [sys.executable, "-m", "pip"]
        command = [*asking, "install", "--dry-run", "--quiet", *words, *(["--pre"] if pre else []), "--report", "-"]
        command += of_pip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, stdin=subprocess.DEVNULL, env=_environment()
        )
    except FileNotFoundError as error:
        raise _NotToldError(f"{command[0]}, which installed it, is not found") from error
    except subprocess.TimeoutExpired as error:
        raise _NotToldError(f"{by} had no answer within {_PATIENCE:g} s: is there a network?") from error
    if done.returncode:
        raise _NotToldError(_why(by, done.stderr))
    try:
        return _by_uv(done.stdout + done.stderr) if command[0] == "uv" else _by_pip(done.stdout)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise _NotToldError(f"{by} answered something that is not understood here") from error


def _why(by: Installer, said: str) -> str:
    """Why an installer failed, by what it said."""
    if _NO_WAY.search(said):
        return f"{by} reaches no package index: connect to a network, or tell it of your proxy (HTTPS_PROXY) or mirror"
    lines = [line for line in said.strip().splitlines() if line.strip()] or ["no reason given"]
    return f"{by} could not find out (is there a network?): {lines[-1].strip()[:300]}"


def _environment() -> dict[str, str]:
    """Has uv trust the system's certificates, as pip does by itself, and pip not ask five times over."""
    return {"UV_NATIVE_TLS": "true", "PIP_RETRIES": "1", **os.environ}


def _by_uv(said: str) -> dict[str, str]:
    return {name: version for sign, name, version in _BY_UV.findall(said) if sign == "+"}


def _by_pip(said: str) -> dict[str, str]:
    """By pip's report (pip's "Installation Report Format")."""
    rows = [row["metadata"] for row in json.loads(said)["install"]]
    return {_name(str(row["name"])): str(row["version"]) for row in rows}


def _name(name: str) -> str:
    """A package's name in its one form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _file() -> str:
    return os.path.join(state_dir(), "update.json")


def remember(news: News) -> None:
    """Keeps what was found out for whoever asks next, if it can be kept."""
    draft = f"{_file()}.{os.getpid()}"
    try:
        os.makedirs(state_dir(), mode=0o700, exist_ok=True)
        with open(draft, "w") as file:
            json.dump(news._asdict(), file)
        os.replace(draft, _file())
    except OSError:
        return  # then it is asked again


def remembered() -> News | None:
    """What was found out last, if that is not longer ago than a day."""
    try:
        with open(_file(), "rb") as file:
            news = News(**json.load(file))
        return news if time.time() - news.checked_at < DAY else None
    except (OSError, ValueError, TypeError):
        return None


if __name__ == "__main__":  # asked by the daemon, in a process of its own
    remember(check(pre=False))
