"""Lines completed by bash, zsh and fish themselves: tools, models, numbers of recorded exchanges."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from .person import COMMAND, Person

SHELLS = ("bash", "zsh", "fish")


def offered(person: Person, shell: str, line: str, *awaited: str) -> str:
    """What a shell offers where the line ends and Tab is pressed; zsh shows it when it likes, so it is waited for."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    env = {**person.env, "PATH": f"{Path(COMMAND).parent}:{person.env['PATH']}", "TERM": "dumb"}
    if shell == "fish":
        script = f"argo-proxy completion fish | source; complete -C {line!r}"
        return subprocess.run(
            ["fish", "-c", script], env=env, cwd=person.home, capture_output=True, text=True, timeout=60
        ).stdout
    if shell == "bash":
        words = line.split(" ")
        script = (
            'eval "$(argo-proxy completion bash)"; compopt() { :; }\n'
            f"COMP_WORDS=({' '.join(map(repr, words))}); COMP_CWORD={len(words) - 1}\n"
            '_argo_proxy_completion argo-proxy; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        return subprocess.run(
            ["bash", "-c", script], env=env, cwd=person.home, capture_output=True, text=True, timeout=60
        ).stdout
    return _by_zsh(line, env, person.home, awaited)


def _by_zsh(line: str, env: dict[str, str], home: Path, awaited: tuple[str, ...]) -> str:
    (home / ".zshrc").write_text(
        'autoload -U compinit; compinit -u; eval "$(argo-proxy completion zsh)"\nPS1="READY> "\n'
    )
    parent, child = pty.openpty()
    with subprocess.Popen(
        ["zsh", "-i"], stdin=child, stdout=child, stderr=child, env={**env, "COLUMNS": "200"}, cwd=home
    ) as running:
        os.close(child)
        _read(parent, ("READY> ",))
        os.write(parent, f"{line}\t".encode())
        said = _read(parent, awaited)
        running.kill()
    os.close(parent)
    return said


def _read(terminal: int, awaited: tuple[str, ...], seconds: float = 40) -> str:
    said, deadline = "", time.monotonic() + seconds
    while (
        not all(words in said for words in awaited)
        and select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]
    ):
        try:
            said += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
    return said


@pytest.mark.parametrize("shell", SHELLS)
def test_models_of_the_built_in_list_are_offered_without_a_gateway(person: Person, shell: str) -> None:
    said = offered(person, shell, "argo-proxy env claude --model claude-opus-4.", "claude-opus-4.6", "claude-opus-4.8")
    assert "claude-opus-4.6" in said
    assert "claude-opus-4.8" in said
    assert "sonnet" not in said


@pytest.mark.parametrize("shell", SHELLS)
def test_tools_and_numbers_are_offered(person: Person, shell: str) -> None:
    assert "opencode" in offered(person, shell, "argo-proxy env open", "opencode")
    person.run("start", "--demo", "--port", "0")
    for name in ("nope", "no such"):
        httpx.post(f"{person.status['url']}/v1/chat/completions", json={"model": name}, trust_env=False)
    for words in ("flows show", "flows export", "replay"):
        numbers = ("1\n", "2\n") if shell == "bash" else ("1", "2", "404")
        said = offered(person, shell, f"argo-proxy {words} ", *numbers)
        assert all(number in said for number in numbers)


def test_models_are_those_of_the_gateway_that_runs(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    said = offered(person, "bash", "argo-proxy run --model gpt-5").split()
    assert "gpt-5.4" in said
    assert all(name.startswith("gpt-5") for name in said)
    assert "text-embedding-3-small" not in offered(person, "bash", "argo-proxy run --model text")


def test_nothing_is_offered_and_nothing_is_said_where_all_is_broken(person: Person) -> None:
    person.config(port="x")
    state = person.home / ".local" / "state" / "argoproxy"
    state.mkdir(parents=True)
    (state / "1.flow").write_bytes(b"\0garbage")
    done = subprocess.run(
        [COMMAND],
        env={**person.env, "COMP_WORDS": "argo-proxy flows show ", "COMP_CWORD": "3",
             "_ARGO_PROXY_COMPLETE": "bash_complete"},
        cwd=person.home, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
