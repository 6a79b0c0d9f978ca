"""docs/how-to/group-server.md, typed as it stands: what belongs to a whole machine is a stand-in for it in a folder."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .. import servers
from ..dialects.asking import chat_body
from ..ports import free_port
from ..running import Upstream, json_answer, upstream
from ..shell.test_serve import COMMAND
from .conftest import DEPLOY, needed

PAGE = DEPLOY.parent / "docs" / "how-to" / "group-server.md"
SYSTEMCTL = """\
import os, re, signal, socket, subprocess, sys, time
root, (verb, *units) = os.environ["ROOT"], [one for one in sys.argv[1:] if not one.startswith("-")]
if verb == "reload" and units == ["nginx"]:
    subprocess.Popen(["{nginx}", "-e", "stderr", "-c", root + "/nginx.conf"], stdout=-3, stderr=-3)
for unit in units if verb in ("enable", "restart") else []:
    name, _, port = unit.partition("@")
    text = open(root + "/etc/systemd/system/" + name + "@.service").read()
    command = re.search("^ExecStart=(.*)$", text, re.M)[1].replace("%i", port)
    noted = root + "/" + unit + ".pid"
    if verb == "restart":
        old = int(open(noted).read())
        os.kill(old, signal.SIGTERM)
        while os.path.exists("/proc/%d" % old) and open("/proc/%d/stat" % old).read().split()[2] != "Z":
            time.sleep(0.05)
    there = root + "/" + unit + ".notify"
    if os.path.exists(there):
        os.unlink(there)
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ready.bind(there)
    ready.settimeout(30)
    settings = dict(os.environ, HOME=root + "/var/lib/argo-proxy", NOTIFY_SOCKET=there)
    started = subprocess.Popen(command.split(), stdout=-3, stderr=-3, env=settings, start_new_session=True)
    open(noted, "w").write(str(started.pid))
    assert ready.recv(100) == b"READY=1"
"""
MODELS = b'{"data":[{"id":"GPT-5.4","internal_id":"gpt54"}]}'
NOTHING = "import sys; print('for the test, nothing is done by', sys.argv)"


def program(folder: Path, name: str, code: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{code}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def machine(root: Path, stubs: Path) -> None:
    """A folder that stands for an empty machine, and one with the programs that would change the real one."""
    for folder in ("etc/systemd/system", "etc/nginx/conf.d", "var/lib/argo-proxy", "opt/argo-proxy/bin"):
        (root / folder).mkdir(parents=True)
    stubs.mkdir()
    nginx = subprocess.run(["sh", "-c", "command -v nginx"], capture_output=True, text=True).stdout.strip()
    for name in ("apt-get", "useradd", "python3"):
        program(stubs, name, NOTHING)
    program(root / "opt/argo-proxy/bin", "pip", NOTHING)
    (root / "opt/argo-proxy/bin/argo-proxy").symlink_to(COMMAND)
    program(stubs, "systemctl", SYSTEMCTL.replace("{nginx}", nginx))
    program(stubs, "nginx", f"import os; os.execv('{nginx}', ['nginx', '-t', '-c', '{root}/nginx.conf'])")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{one}_temp_path {root}/{one};" for one in kinds)
    (root / "nginx.conf").write_text(
        f"worker_processes 1; pid {root}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {temporary} include {root}/etc/nginx/conf.d/*.conf; }}\n"
    )


@pytest.fixture
def argo() -> Iterator[Upstream]:
    with upstream() as made:
        listed, told = json_answer(MODELS), json_answer(json.dumps(chat_body({"content": "Hello"})).encode())
        made.answer = lambda seen: [listed if seen.line.startswith("GET") else told]
        yield made


def test_the_page_leads_from_an_empty_machine_to_calls_that_are_summed_up(tmp_path: Path, argo: Upstream) -> None:
    needed("nginx", "redis-server", "curl")
    root, stubs = tmp_path / "root", tmp_path / "stubs"
    machine(root, stubs)
    ports = {"44497": free_port(), "44498": free_port(), "80": free_port()}
    with servers.redis_server(tmp_path) as (redis, _):

        def here(text: str) -> str:
            """A text with this folder, these ports and this Redis in the place of a whole machine's."""
            text = re.sub(r"(?<![\w.])/(etc|opt|var/lib)/", rf"{root}/\1/", text)
            text = text.replace("redis://127.0.0.1:6379/0", redis)
            text = text.replace("listen 80;", f"listen 127.0.0.1:{ports['80']};")
            for usual in ("44497", "44498"):
                text = text.replace(usual, str(ports[usual]))
            url = "http://argo.example.org"
            return text.replace(f"{url}/", f"http://127.0.0.1:{ports['80']}/").replace(
                "curl ", "curl --noproxy '*' -H 'Host: argo.example.org' "
            )

        for file in ("config.yaml", "nginx/argo-proxy.conf", "systemd/argo-proxy@.service"):
            copy = tmp_path / "deploy" / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(here((DEPLOY / file).read_text()))
        blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
        env = {**os.environ, "PATH": f"{stubs}:{os.environ['PATH']}", "ROOT": str(root), "HOME": str(tmp_path)}
        env |= {"ARGO_PROXY_ARGO_BASE_URL": argo.url, "ARGO_PROXY_SKIP_URL_VALIDATION": "true"}
        said = []
        try:
            for block in blocks:
                script = "set -e\n" + here(block)
                end = time.monotonic() + 20
                while True:
                    done = subprocess.run(
                        ["sh", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
                    )
                    if "ledger" not in block or done.returncode == 0 or time.monotonic() > end:
                        break  # usage is there within seconds
                assert done.returncode == 0, (script, done.stdout, done.stderr)
                said.append(done.stdout)
        finally:
            for noted in root.glob("*.pid"):
                subprocess.run(["kill", noted.read_text().strip()], capture_output=True)
    assert len(blocks) == 6
    assert '"choices"' in said[3]
    assert "jdoe" in said[4]
    assert len(argo.seen) == 1
