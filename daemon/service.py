"""The gateway as a service of the user's session: a systemd user unit on Linux, a launchd agent on macOS.

It knows the service managers' files and commands, and nothing of the gateway but how it is called.
"""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

NAME = "argo-proxy"
LABEL = "gov.anl.argo-proxy"
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
Restart=on-failure
RestartSec=5
TimeoutStartSec=120
TimeoutStopSec=75
# What a gateway does not need, it does not get.
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths={writable}
ProtectKernelTunables=yes
ProtectControlGroups=yes
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


def unit(command: list[str], folders: list[str]) -> str:
    """The systemd user unit that runs `command` and may write to `folders`."""
    program, *others = command
    words = [_quoted(program, variables=False), *map(_quoted, others)]  # in a program's name `$` is only a letter
    return _UNIT.format(command=" ".join(words), writable=" ".join(map(_quoted, folders)))


def _quoted(word: str, *, variables: bool = True) -> str:
    """A word of a unit file (systemd.syntax, systemd.service): in quotes, with what systemd expands doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if variables:
        escaped = escaped.replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[^\w./:@+=-]", word) else word


def agent(command: list[str]) -> bytes:
    """The launchd agent that runs `command`."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": command,
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Interactive",
            "ExitTimeOut": 75,
        }
    )


def path(platform: str = sys.platform) -> Path:
    """Where the service's file is, or would be."""
    if platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    config = os.path.expandvars("$XDG_CONFIG_HOME")
    folder = Path(config) if os.path.isabs(config) else Path.home() / ".config"
    return folder / "systemd" / "user" / f"{NAME}.service"


def install(command: list[str], folders: list[str]) -> Path:
    """Writes the service's file, has it run now and with each session. Raises ServiceError, OSError."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "darwin":
        file.write_bytes(agent(command))
        _launchctl("bootout", f"gui/{os.getuid()}/{LABEL}", needed=False)
        _launchctl("bootstrap", f"gui/{os.getuid()}", str(file))
    else:
        for folder in folders:  # systemd refuses to start a unit that may write where nothing is
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(unit(command, folders))
        _systemctl("daemon-reload")
        _systemctl("enable", "--now", NAME)
    return file


def uninstall() -> bool:
    """Ends the service and removes its file; False where there is none. Raises ServiceError."""
    file = path()
    if not file.exists():
        return False
    if sys.platform == "darwin":
        _launchctl("bootout", f"gui/{os.getuid()}/{LABEL}", needed=False)
        file.unlink()
    else:
        _systemctl("disable", "--now", NAME, needed=False)
        file.unlink()
        _systemctl("daemon-reload", needed=False)
    return True


def restart() -> None:
    """Has the service manager start it anew. Raises ServiceError."""
    if sys.platform == "darwin":
        _launchctl("kickstart", "-k", f"gui/{os.getuid()}/{LABEL}")
    else:
        _systemctl("restart", NAME)


def state() -> str:
    """What the service manager says of it, in a word or a sentence."""
    if not path().exists():
        return "not installed"
    try:
        if sys.platform == "darwin":
            said = _launchctl("print", f"gui/{os.getuid()}/{LABEL}", needed=False)
            return next((line.split("=")[1].strip() for line in said.splitlines() if "state =" in line), "not loaded")
        return _systemctl("is-active", NAME, needed=False).strip() or "unknown"
    except ServiceError as error:
        return f"installed, but {error}"


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
