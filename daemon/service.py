"""The gateway as a service of the user's session: a systemd user unit on Linux, a launchd agent on macOS.

It knows the service managers' files and commands, and nothing of the gateway but how it is called.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from .paths import gateway_name

_LABEL = "gov.anl.argo-proxy"
_LONGEST = 60.0  # seconds that a service manager's command may take

_UNIT = """\
[Unit]
Description=argo-proxy, the gateway between coding tools and ARGO
Documentation=https://github.com/Oaklight/argo-proxy
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
ExecStart={command}
{environment}Restart=on-failure
RestartSec=5
TimeoutStartSec=120
TimeoutStopSec=75
# What a gateway does not need, it does not get. What only root may do is not listed: it hinders a start in containers.
NoNewPrivileges=yes
PrivateTmp={private_tmp}
ProtectSystem=strict
ReadWritePaths={writable}
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictNamespaces=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
UMask=0077

[Install]
WantedBy=default.target
"""


class ServiceError(Exception):
    """The service manager is not there or refuses. The text is meant for a terminal."""


class Service(NamedTuple):
    """What is to run: the command, the folders that it writes to, and the variables that it needs."""

    command: list[str]
    folders: list[str]
    variables: dict[str, str]


def name() -> str:
    """What the service manager calls it; one for each gateway of a name."""
    return "-".join(filter(None, ("argo-proxy", gateway_name())))


def unit(service: Service) -> str:
    """The systemd user unit that runs it."""
    program, *others = service.command
    words = [_quoted(program, variables=False), *map(_quoted, others)]  # in a program's name `$` is only a letter
    environment = (
        f"Environment={_quoted(f'{key}={value}', variables=False)}\n" for key, value in service.variables.items()
    )
    used = [*service.folders, *(word for word in others if os.path.isabs(word)), *service.variables.values()]
    return _UNIT.format(
        command=" ".join(words),
        environment="".join(environment),
        private_tmp="no" if any(path.startswith(_TEMPORARY) for path in used) else "yes",
        writable=" ".join(_quoted(folder, variables=False) for folder in service.folders),
    )


_TEMPORARY = ("/tmp/", "/var/tmp/")
"""Folders of which a service gets its own, empty ones, unless it has something there."""


def _quoted(word: str, *, variables: bool = True) -> str:
    """A word of a unit file (systemd.syntax, systemd.service): in quotes, with what systemd expands doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    if variables:
        escaped = escaped.replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[^\w./:@+=-]", word) else word


def agent(service: Service) -> bytes:
    """The launchd agent that runs it."""
    import plistlib  # not at the top: every start would load it

    return plistlib.dumps(
        {
            "Label": _label(),
            "ProgramArguments": service.command,
            "EnvironmentVariables": service.variables,
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Interactive",
            "ExitTimeOut": 75,
        }
    )


def path(platform: str = sys.platform) -> Path:
    """Where the service's file is, or would be."""
    if platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents" / f"{_label()}.plist"
    config = os.path.expandvars("$XDG_CONFIG_HOME")
    folder = Path(config) if os.path.isabs(config) else Path.home() / ".config"
    return folder / "systemd" / "user" / f"{name()}.service"


def install(service: Service) -> Path:
    """Writes the service's file, which is its owner's alone, and has it run now and with each session.

    It comes back when the service manager says that it runs. Raises ServiceError, OSError.
    """
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "darwin":
        _write(file, agent(service))
        _launchctl("bootout", f"gui/{os.getuid()}/{_label()}", needed=False)
        _launchctl("bootstrap", f"gui/{os.getuid()}", str(file))
    else:
        for folder in service.folders:  # systemd refuses to start a unit that may write where nothing is
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, unit(service).encode())
        _systemctl("daemon-reload")
        _systemctl("enable", name())
        try:
            _systemctl("restart", name())  # also where an earlier one runs, with what was written before
        except ServiceError as error:
            raise ServiceError(f"{error}\n{_said()}".rstrip()) from error
    return file


def _write(file: Path, data: bytes) -> None:
    """A variable of a proxy may have a password in it."""
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(data)


def _said() -> str:
    """How it ended, and what it said last where there is a journal."""
    told = _systemctl("status", name(), "--no-pager", "--full", "--lines=8", needed=False).splitlines()
    return "\n".join(line for line in told if not line.lstrip().startswith(("Loaded:", "Docs:")))


def uninstall() -> bool:
    """Ends the service and removes its file; False where there is none. Raises ServiceError."""
    file = path()
    if not file.exists():
        return False
    if sys.platform == "darwin":
        _launchctl("bootout", f"gui/{os.getuid()}/{_label()}", needed=False)
        file.unlink()
    else:
        _systemctl("disable", "--now", name(), needed=False)
        file.unlink()
        _systemctl("daemon-reload", needed=False)
    return True


def restart() -> None:
    """Has the service manager start it anew. Raises ServiceError."""
    if sys.platform == "darwin":
        _launchctl("kickstart", "-k", f"gui/{os.getuid()}/{_label()}")
    else:
        _systemctl("restart", name())


def stop() -> None:
    """Has the service manager end it, or no longer start it anew. Raises ServiceError."""
    if sys.platform == "darwin":
        _launchctl("kill", "SIGTERM", f"gui/{os.getuid()}/{_label()}")
    else:
        _systemctl("stop", name())


def comes_back() -> bool:
    """Whether it has failed, and the service manager is about to start it anew."""
    return path().exists() and state() in ("activating", "spawn scheduled")


def state() -> str:
    """What the service manager says of it, in a word or a sentence."""
    if not path().exists():
        return "not installed"
    try:
        if sys.platform == "darwin":
            said = _launchctl("print", f"gui/{os.getuid()}/{_label()}", needed=False)
            return next((line.split("=")[1].strip() for line in said.splitlines() if "state =" in line), "not loaded")
        return _systemctl("is-active", name(), needed=False).strip() or "unknown"
    except ServiceError as error:
        return f"installed, but {error}"


def _label() -> str:
    return ".".join(filter(None, (_LABEL, gateway_name())))


def notify(address: str | None, text: str) -> None:
    """Tells systemd something (sd_notify(3)); without an address there is nobody to tell."""
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        try:
            there.sendto(text.encode(), target)
        except OSError as error:
            raise ServiceError(f"systemd cannot be told at {address}: {error}") from error


def _systemctl(*arguments: str, needed: bool = True) -> str:
    return _run(["systemctl", "--user", *arguments], needed)


def _launchctl(*arguments: str, needed: bool = True) -> str:
    return _run(["launchctl", *arguments], needed)


def _run(command: list[str], needed: bool) -> str:
    if shutil.which(command[0]) is None:
        raise ServiceError(f"{command[0]} is not on this machine: `argo-proxy start` does without it.")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST)
    except subprocess.TimeoutExpired as error:
        raise ServiceError(f"`{' '.join(command)}` did not end within {_LONGEST:g} s.") from error
    if needed and done.returncode:
        said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise ServiceError(f"`{' '.join(command)}` failed: {said}")
    return done.stdout
