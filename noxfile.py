"""The tests on each other Python that is on this machine, so that mitmproxy 11 and 12 are both tried.

`make pythons` runs it. A Python that is not here is named and left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
JOBS = os.environ.get("JOBS", "2")
"""How many judges run at a time; of the tests, one more, since many wait for processes."""
JUDGES = Path(".cache/judges/bin").absolute()

nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


def runs(interpreter: str) -> bool:
    """Whether this is a Python that starts; the shims of pyenv may not."""
    try:
        return subprocess.run([interpreter, "-c", ""], capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False


def interpreter_of(version: str) -> str | None:
    """Where Python of this version is: on the path, or among pyenv's."""
    name = f"python{version}"
    if runs(name):
        return name
    if shutil.which("pyenv") is None:
        return None
    found = subprocess.run(["pyenv", "whence", name], capture_output=True, text=True).stdout.split()
    root = subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip()
    paths = [str(Path(root, "versions", installed, "bin", name)) for installed in reversed(found)]
    return next((path for path in paths if runs(path)), None)


OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = {version: interpreter_of(version) for version in VERSIONS if version != OWN}


@nox.session(python=False)
def pythons(session: nox.Session) -> None:
    """The other Pythons that are here: the oldest and one with another mitmproxy, or all in the long form."""
    for version, interpreter in OTHERS.items():
        if not LONG and version not in (VERSIONS[0], *WITH_ANOTHER_MITMPROXY):
            session.log(f"Python {version} is tried by the long form (make pythons-all)")
        elif interpreter is None:
            session.warn(f"Python {version} is not on this machine: not tried")
        else:
            session.notify(f"one-{version}")


ABOUT_MITMPROXY = (
    *(
        "tests/proxy",
        "tests/gateway/retry",
        "tests/images/test_images.py",
        "tests/gateway/legacy",
        "tests/web",
        "tests/daemon",
        "tests/recording",
    ),
    *("tests/shell/test_flows.py", "tests/shell/test_serve.py"),
)
"""What runs on mitmproxy: tried with its other generation, and not on Pythons that bring the same one."""
ABOUT_NEITHER = (
    *("tests/laws", "tests/transcript", "tests/dialects/test_odd_requests.py", "tests/test_any_input.py"),
    *("tests/shell/test_config_commands.py", "tests/shell/test_env.py", "tests/shell/test_other_commands.py"),
)
"""What takes its time and is about neither Python nor mitmproxy: tried once."""
ABOUT_NO_SYNTAX = (
    "tests/shell",
    "tests/simulator",
    "tests/store",
    "tests/soak",
    "tests/fuzz",
    "tests/howto",
    "tests/public_collections",
)
"""What is tried on each Python by the long form only (`make pythons-all`): processes, servers, public collections."""
CASES = "2"
"""How many cases of each test's table another Python is given by the short form (tests/conftest.py)."""
LONG = os.environ.get("ARGO_PROXY_PYTHONS") == "all"
WITH_ANOTHER_MITMPROXY = ("3.12",) if OWN in ("3.10", "3.11") else ("3.11",)
"""Python 3.10 and 3.11 get mitmproxy 11, newer ones 12."""

for _version, _interpreter in OTHERS.items():
    if _interpreter is not None:

        @nox.session(name=f"one-{_version}", python=_interpreter, default=False)
        def one(session: nox.Session, version: str = _version) -> None:
            """The tests, then the SDKs against the gateway as this Python runs it."""
            session.install("--quiet", "--upgrade", "pip>=25.1")
            session.install("--quiet", "--editable", ".", "--group", "test")
            besides = () if LONG else ABOUT_NO_SYNTAX
            ignored = [f"--ignore={path}" for path in ("tests/e2e", *ABOUT_NEITHER, *ABOUT_MITMPROXY, *besides)]
            another = version in WITH_ANOTHER_MITMPROXY
            tried = ABOUT_MITMPROXY if another else ignored
            cases = () if LONG else ("--cases", CASES)
            session.run("pytest", "--quiet", "-n", str(int(JOBS) + 1), "--dist", "worksteal", *cases, *tried)
            if (another or LONG) and (JUDGES / "pytest").exists():
                command = Path(session.bin, "argo-proxy")
                env = {**os.environ, "ARGO_PROXY_COMMAND": str(command)}
                sdks = [str(path) for path in sorted(Path("tests/e2e").glob("test_sdks*.py"))]
                session.run(
                    str(JUDGES / "pytest"), "--quiet", "-n", JOBS, "--dist", "worksteal", *sdks, external=True, env=env
                )
