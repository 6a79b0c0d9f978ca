"""`argo-proxy service` under a real systemd of a user, in a mount namespace and a control group of its own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ..ports import free_port
from .person import COMMAND, Person

SYSTEMD = next((path for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd") if os.path.exists(path)), None)
WORLD = """
mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/user && chmod 700 /run/user || exit 77
for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
  test -e $tree/cgroup.procs || continue
  mkdir -p $tree/$group && echo $$ > $tree/$group/cgroup.procs || exit 77
done
export XDG_RUNTIME_DIR=/run/user
%s --user --log-target=console > "$HOME/systemd.log" 2>&1 &
manager=$!
for i in $(seq 100); do systemctl --user is-system-running > /dev/null 2>&1 && break; sleep 0.2; done
systemctl --user list-units > /dev/null 2>&1 || exit 77
cd "$HOME"
"""
END = """
$argo service uninstall > /dev/null 2>&1
kill -TERM $manager; wait $manager
"""


def under_systemd(person: Person, script: str, **variables: str) -> list[str]:
    """Runs a shell script that has a user's systemd, which does not have the variables; the lines that it printed."""
    if SYSTEMD is None or os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs systemd, root and mount namespaces")
    group = f"argo-proxy-test-{os.getpid()}"
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    text = f"argo={COMMAND}\ngroup={group}\n{WORLD % SYSTEMD}{exports}{script}{END}"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", text], env=person.env, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    for tree in ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
        for folder in sorted(Path(tree).glob(f"{group}/**/"), key=lambda path: -len(path.parts)):
            if os.path.isdir(folder):
                subprocess.run(["rmdir", str(folder)], capture_output=True)
    if done.returncode == 77:
        pytest.skip(f"systemd does not run here: {done.stderr[-300:]}")
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return said.splitlines()


def test_it_is_installed_runs_with_what_made_start_work_and_is_removed(person: Person, tmp_path: Path) -> None:
    dumps = person.home / "all dumps"
    port = free_port()
    person.config(argo_base_url="demo", dump_requests=True, dump_dir=str(dumps), port=port)
    variables = {
        "HTTPS_PROXY": "http://j%20doe:p\"w$d'@proxy.nowhere:3128",
        "NO_PROXY": "localhost, 127.0.0.1,::1",
        "SSL_CERT_DIR": "/etc/ssl/certs",
        "ARGO_PROXY_VERBOSE": "false",
        "XDG_STATE_HOME": str(tmp_path / "elsewhere %n"),
        "ARGO_PROXY_SET": "claude:X",
        "OTHER": "1",
    }
    url = f"http://127.0.0.1:{port}"
    script = f"""
$argo service install; echo "install: $?"
$argo service status; echo "status: $?"
stat -c "mode: %a" "$HOME/.config/systemd/user/argo-proxy.service"
pid=$($argo status --json | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p'); echo "environ:"; tr '\\0' '\\n' < /proc/$pid/environ; echo "end"
curl -s --noproxy '*' -o /dev/null -w "call: %{{http_code}}\\n" -H content-type:application/json -d '{json.dumps({"model": "gpt-5.4", "messages": [{"role": "user", "content": "x"}]})}' {url}/v1/chat/completions
sleep 2; $argo flows list
$argo restart; echo "restart: $?"
$argo service install; echo "again: $?"
$argo stop; echo "stop: $?"
$argo service uninstall; echo "uninstall: $?"
$argo service status; echo "gone: $?"
"""  # noqa: E501
    lines = under_systemd(person, script, **variables)
    said = "\n".join(lines)
    for line in ("install: 0", "status: 0", "mode: 600", "call: 200", "restart: 0", "again: 0", "stop: 0"):
        assert line in lines, said
    assert "uninstall: 0" in lines, said
    assert "gone: 3" in lines, said
    assert any(url in line and "Installed as" in line for line in lines), said
    assert any(line.startswith(f"active, answers at {url}") for line in lines), said
    there = dict(line.partition("=")[::2] for line in lines[lines.index("environ:") : lines.index("end")])
    kept = {name: value for name, value in variables.items() if name not in ("ARGO_PROXY_SET", "OTHER")}
    assert {name: there.get(name) for name in kept} == kept
    assert "ARGO_PROXY_SET" not in there
    assert any("curl" in line and "gpt54" in line for line in lines), said
    assert list(dumps.rglob("*.flow")), "it may not write where the configuration has recordings"


def test_one_that_cannot_start_is_told_and_does_not_count_as_installed(person: Person) -> None:
    port = free_port()
    person.config(argo_base_url="demo", port=port)
    script = f"""
python3 -m http.server {port} --bind 127.0.0.1 > /dev/null 2>&1 & holder=$!
sleep 2; $argo service install; echo "install: $?"; kill $holder
$argo start; $argo service install; echo "beside: $?"; $argo stop
"""
    lines = under_systemd(person, script)
    said = "\n".join(lines)
    assert "install: 1" in lines, said
    assert str(port) in said
    assert "beside: 1" in lines, said
    assert "Stop it first" in said


def test_two_services_by_name(person: Person) -> None:
    person.config(argo_base_url="demo", port=free_port())
    script = """
$argo service install; echo "one: $?"; $argo service install --name work; echo "two: $?"
$argo status --all; ls "$HOME/.config/systemd/user"; $argo service uninstall --name work; $argo status --all
"""
    lines = under_systemd(person, script)
    said = "\n".join(lines)
    assert "one: 0" in lines, said
    assert "two: 0" in lines, said
    assert "argo-proxy-work.service" in lines, said
    assert sum(line.startswith("work ") for line in lines) == 1, said
    assert sum(line.startswith("(no name)") for line in lines) == 2, said


def test_one_that_is_about_to_be_started_anew_is_told_as_that_and_stopped(person: Person) -> None:
    """Behind a fault systemd waits for seconds: nothing runs then, and yet it comes back."""
    person.config(argo_base_url="demo", port=free_port())
    script = """
$argo service install > /dev/null; echo "install: $?"
kill -9 $(systemctl --user show -p MainPID --value argo-proxy)
until systemctl --user is-active argo-proxy | grep -q activating; do sleep 0.05; done
$argo status; $argo start; echo "start: $?"; $argo stop; echo "stop: $?"
sleep 6; $argo status; echo "status: $?"; $argo start; echo "again: $?"; $argo stop
"""
    said = "\n".join(under_systemd(person, script))
    for line in ("install: 0", "starts it anew in a moment", "start: 1", "service is stopped", "stop: 0", "status: 3"):
        assert line in said, said
    assert "again: 0" in said, said
