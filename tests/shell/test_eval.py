"""What stands behind `eval $(argo-proxy env …) &&` is done where all is set up, and only there, in each shell."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from .person import COMMAND, Person

SHELLS = [shell for shell in ("bash", "zsh", "fish", "dash", "ksh", "tcsh") if shutil.which(shell)]


def evaluated(person: Person, shell: str, words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    code = {"fish": f"({COMMAND} {words})", "tcsh": f"`{COMMAND} {words}`"}.get(shell, f"$({COMMAND} {words})")
    return subprocess.run(
        [shell, *(["-f"] if shell == "tcsh" else []), "-c", f"eval {code} && echo went-on"],
        capture_output=True,
        text=True,
        env={**person.env, **variables},
        timeout=60,
    )


def test_it_goes_on_where_all_is_set_up_whatever_was_set_before(person: Person) -> None:
    """fish's `set` keeps the status of what was before it, as that a variable is not there."""
    person.run("start", "--demo", "--port", "0")
    for shell in SHELLS:
        for words in ("env claude", "env claude --unset"):
            done = evaluated(person, shell, words, ANTHROPIC_API_KEY="mine")
            assert (done.returncode, done.stdout) == (0, "went-on\n"), (shell, words, done.stderr)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_name_that_is_none_stops_it(person: Person, shell: str) -> None:
    done = evaluated(person, shell, "env claude", ARGO_PROXY_NAME="no name")
    assert "went-on" not in done.stdout
    assert "ARGO_PROXY_NAME" in done.stderr


def test_what_is_broken_stops_it_too(person: Person) -> None:
    broken = person.home / "site"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text("import sys; sys.modules['daemon.discovery'] = None\n")
    done = evaluated(person, "sh", "env claude", PYTHONPATH=str(broken))
    assert "went-on" not in done.stdout
    assert "Error" in done.stderr
