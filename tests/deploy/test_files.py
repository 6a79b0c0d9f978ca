"""Each file of deploy/ is right by whoever reads it: nginx, HAProxy, systemd, the gateway."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from argo_addon.proxy.calls import Limits
from argo_addon.proxy.master import GRACE
from argo_addon.settings.model import Loaded, load

from ..shell.test_serve import COMMAND
from .conftest import DEPLOY, haproxy_file, needed, nginx_files

USUAL = ["http://127.0.0.1:44497", "http://127.0.0.1:44498"]


def checked(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    needed("nginx")
    said = checked("nginx", "-t", "-e", "stderr", "-c", str(nginx_files(tmp_path, USUAL, 44480)))
    assert "[warn]" not in said


def test_haproxy_takes_its_file(tmp_path: Path) -> None:
    needed("haproxy")
    assert "WARNING" not in checked("haproxy", "-c", "-f", str(haproxy_file(tmp_path, USUAL, 44480)))


def test_nobody_on_the_way_is_less_patient_than_the_gateway() -> None:
    nginx, haproxy = (
        (DEPLOY / "nginx" / "argo-proxy.conf").read_text(),
        (DEPLOY / "haproxy" / "haproxy.cfg").read_text(),
    )
    waits = re.findall(r"(?:proxy_read_timeout|timeout (?:client|server)) +(\d+)s", nginx + haproxy)
    assert len(waits) == 3
    assert min(map(int, waits)) > Limits().silence


def test_systemd_takes_the_template(tmp_path: Path) -> None:
    needed("systemd-analyze")
    text = (DEPLOY / "systemd" / "argo-proxy@.service").read_text()
    assert text.count("/opt/argo-proxy/bin/argo-proxy ") == 1
    unit = tmp_path / "argo-proxy@44497.service"
    unit.write_text(text.replace("/opt/argo-proxy/bin/argo-proxy ", f"{COMMAND} "))
    said = checked("systemd-analyze", "verify", "--man=no", str(unit))
    assert unit.name not in said
    stop = re.search(r"TimeoutStopSec=(\d+)", text)
    assert stop is not None
    assert int(stop[1]) > GRACE
    command = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    arguments = shlex.split(command)[1:]
    assert arguments[:2] == ["serve", "/etc/argo-proxy/config.yaml"]
    assert "--name" in arguments
    assert "--port" in arguments


def _loaded(text: str, folder: Path) -> Loaded:
    """A config of deploy/, its files in a folder of the test."""
    path = folder / "config.yaml"
    path.write_text(re.sub(r"/(?:var/lib|etc)/argo-proxy/(?:keys/)?", f"{folder}/", text))
    return load(path, environ={})


def test_the_config_is_one(tmp_path: Path) -> None:
    found = _loaded((DEPLOY / "config.yaml").read_text(), tmp_path)
    assert found.warnings == ()
    settings = found.settings
    assert settings.username_passthrough
    assert settings.client_auth == "username"
    assert set(settings.limits) == {"requests_per_minute", "tokens_per_day", "streams_at_once"}
    assert settings.limits_store is not None


@pytest.fixture
def manifests() -> dict[str, Any]:
    found = yaml.safe_load_all((DEPLOY / "kubernetes" / "argo-proxy.yaml").read_text())
    return {one["kind"]: one for one in found}


def test_the_pods_are_probed_where_the_gateway_answers_and_are_given_their_time(
    manifests: dict[str, Any], tmp_path: Path
) -> None:
    found = _loaded(manifests["ConfigMap"]["data"]["config.yaml"], tmp_path)
    assert found.warnings == ()
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (port,) = container["ports"]
    assert port["containerPort"] == found.settings.port
    assert found.settings.host == "0.0.0.0"
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("liveness", "readiness", "startup")}
    assert {probe["port"] for probe in probes.values()} == {port["name"]}
    assert [probe["path"] for probe in probes.values()] == ["/health/live", "/health/ready", "/health/live"]
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pod["terminationGracePeriodSeconds"] > GRACE + pause
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for chosen in (manifests["Service"], manifests["PodDisruptionBudget"]):
        selector = chosen["spec"]["selector"]
        assert selector.get("matchLabels", selector) == labels
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted == {one["name"] for one in pod["volumes"]}


def test_the_container_runs_the_command_as_nobody_in_particular(manifests: dict[str, Any]) -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text()
    said = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)}
    assert json.loads(said["ENTRYPOINT"]) == ["argo-proxy", "serve"]
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    assert int(said["USER"]) == pod["securityContext"]["runAsUser"] != 0
    mounts = pod["containers"][0]["volumeMounts"]
    assert json.loads(said["CMD"])[0] in {one["mountPath"] for one in mounts}
    assert said["VOLUME"] in {one["mountPath"] for one in mounts}
    for copied in (line[1:] for line in (DEPLOY.parent / ".dockerignore").read_text().splitlines() if line[0] == "!"):
        assert (DEPLOY.parent / copied).exists()
