"""The service's files, held against the service managers' own checks."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest

from daemon import service

ODD = "/home/j doe/100%/it's $HOME/argo-proxy"


VARIABLES = {"HTTPS_PROXY": 'http://j%20doe:p"w$d@proxy:3128', "no_proxy": "a, b", "ARGO_PROXY_USER": "jdoe"}


def made(*words: str, folder: str = "/var/x") -> service.Service:
    return service.Service(list(words), [folder], VARIABLES)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd's tools are not here")
@pytest.mark.parametrize("folder", ["/usr/bin", "/tmp/with blank/100% $x"])
def test_systemd_takes_the_unit(tmp_path: Path, folder: str) -> None:
    program = tmp_path / folder.strip("/") / "argo-proxy"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "argo-proxy.service"
    unit.write_text(
        service.unit(made(str(program), "serve", "--as-service", str(tmp_path / "a b.yaml"), folder=str(tmp_path)))
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(unit)], capture_output=True, text=True, timeout=60,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    about = [line for line in (done.stdout + done.stderr).splitlines() if "argo-proxy" in line]
    assert done.returncode == 0, done
    assert about == []


def test_what_systemd_expands_is_kept_from_it() -> None:
    unit = service.unit(made(ODD, "serve", "$HOME"))
    assert 'ExecStart="/home/j doe/100%%/it\'s $HOME/argo-proxy" serve "$$HOME"' in unit
    assert "Type=notify" in unit


def test_the_agent_is_a_property_list_with_the_command() -> None:
    agent = plistlib.loads(service.agent(made(ODD, "serve")))
    assert agent["ProgramArguments"] == [ODD, "serve"]
    assert agent["RunAtLoad"] is True
    assert agent["EnvironmentVariables"] == VARIABLES


def test_nobody_is_told_where_nobody_listens(tmp_path: Path) -> None:
    service.notify(None, "READY=1")
    with pytest.raises(service.ServiceError):
        service.notify(str(tmp_path / "nobody"), "READY=1")
