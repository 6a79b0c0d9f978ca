"""`argo-proxy config …`: files made, changed in place, migrated; comments survive."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from argo_addon.settings.model import load

from ..ports import free_port
from ..running import Upstream, json_answer
from .person import COMMAND, Person

V1 = """\
# my old file
argo_url: "https://apps.inside.anl.gov/argoapi/api/v1/resource/chat/"  # production
argo_stream_url: https://apps.inside.anl.gov/argoapi/api/v1/resource/streamchat/
argo_embedding_url: https://apps.inside.anl.gov/argoapi/api/v1/resource/embed/

# who I am
user: 12345
port: "44500"   # mine alone
num_workers: 5
verbose: "true"
# the end
"""
V2 = """\
config_version: "2"
user: jdoe # me
argo_base_url: https://apps-dev.inside.anl.gov/argoapi
use_native_openai: true  # faster
use_native_anthropic: true
provider_tool_format: true
resolve_overrides:
  # the tunnel
  apps-dev.inside.anl.gov:443: 127.0.0.1
host: 127.0.0.1
"""


def test_init_without_a_terminal_works_by_options_alone(person: Person, argo: Upstream) -> None:
    assert "--user jdoe" in person.run("config", "init", code=2)
    said = person.run("config", "init", "--user", "jdoe", "--env", "test", "--port", "4455", "--host", "127.0.0.1")
    path = person.home / ".config/argoproxy/config.yaml"
    settings = load(path, environ={}).settings
    assert (settings.user, settings.port, settings.host) == ("jdoe", 4455, "127.0.0.1")
    assert settings.argo_base_url == "https://apps-test.inside.anl.gov/argoapi"
    assert "note: ARGO cannot be reached at https://apps-test" in said
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    assert "--force" in person.run("config", "init", "--user", "other", code=1)
    assert path.read_text() == before
    person.run("config", "init", "--user", "other", "--env", "demo", "--force")
    assert path.with_name("config.yaml.bak").read_text() == before
    assert load(path, environ={}).settings.user == "other"


@pytest.mark.parametrize("user", ["cels", "two words", ""])
def test_a_user_that_argo_would_not_take_is_refused(person: Person, user: str) -> None:
    person.run("config", "init", "--user", user, "--env", "demo", code=2)
    assert not (person.home / ".config").exists()


def typed(person: Person, words: list[str], answers: dict[str, str]) -> str:
    """What a command shows on a terminal where each question is answered; it is to end well."""
    parent, child = pty.openpty()
    with subprocess.Popen(
        [COMMAND, *words], stdin=child, stdout=child, stderr=child, env=person.env, cwd=person.home
    ) as running:
        os.close(child)
        said = answer(parent, answers)
        assert running.wait(40) == 0, said
    os.close(parent)
    return said


def test_the_first_run_on_a_terminal_asks_and_starts(person: Person) -> None:
    said = typed(person, ["start"], {"Which ARGO": "demo\n", "Who may": "\n", "Port": f"{free_port()}\n"})
    assert "there is no configuration yet" in said
    assert person.status["running"]
    assert load(person.home / ".config/argoproxy/config.yaml", environ={}).settings.host == "127.0.0.1"


def test_init_on_a_terminal_asks_until_the_answer_will_do(person: Person) -> None:
    answers = {"ANL username": "cels\njdoe\n", "Who may": "everyone\n", "Port": "70000\n1234\n"}
    said = typed(person, ["config", "init", "--env", "test"], answers)
    assert "no group name" in said
    settings = load(person.home / ".config/argoproxy/config.yaml", environ={}).settings
    assert (settings.user, settings.host, settings.port) == ("jdoe", "0.0.0.0", 1234)


def answer(terminal: int, answers: dict[str, str]) -> str:
    """Types each answer once its question is there; returns all that was shown."""
    said, left, deadline = "", dict(answers), time.monotonic() + 40
    while time.monotonic() < deadline and select.select([terminal], [], [], 20)[0]:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        said += data.decode(errors="replace")
        for question in [question for question in left if question in said]:
            os.write(terminal, left.pop(question).encode())
    return said


def test_show_tells_where_each_value_comes_from(person: Person) -> None:
    path = person.config(argo_base_url="demo")
    told = json.loads(person.run("config", "show", "--json", ARGO_PROXY_PORT="1234"))
    assert told["settings"]["port"] == {"value": 1234, "source": "the variable ARGO_PROXY_PORT"}
    assert told["settings"]["user"] == {"value": "jdoe", "source": f"{path}, line 1"}
    assert told["settings"]["image_timeout"]["source"] == "default"
    assert "the variable ARGO_PROXY_PORT" in person.run("config", "show", ARGO_PROXY_PORT="1234")


def test_list_says_which_file_is_used(person: Person) -> None:
    path = person.config()
    rows = json.loads(person.run("config", "list", "--json"))
    assert {"path": str(path), "state": "used"} in rows
    assert len(rows) == 3


def test_validate_asks_argo(person: Person, argo: Upstream) -> None:
    person.config(argo_base_url=argo.url)
    argo.answer = lambda seen: [json_answer(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')]
    assert "with 1 models" in person.run("config", "validate")
    person.config(argo_base_url="http://127.0.0.1:9")
    assert "cannot be reached" in person.run("config", "validate", code=1)
    assert "is good" in person.run("config", "validate", "--offline")
    person.config(port="x")
    assert "port" in person.run("config", "validate", "--offline", code=2)


def test_models_that_are_to_answer_for_others_must_be_there(person: Person, argo: Upstream) -> None:
    argo.answer = lambda seen: [json_answer(b'{"data":[{"id":"GPT-9","internal_id":"gpt9"}]}')]
    person.config(argo_base_url=argo.url, fallback_models={"gpt-9": ["gpt-5.4"]})
    assert "gpt-5.4 is not known here. Closest: argo:gpt-9" in person.run("config", "validate", code=2)
    (told,) = json.loads(person.run("config", "validate", "--json", code=2))["problems"]
    assert "gpt-5.4" in told
    assert "gpt-5.4" in person.run("serve", code=1)
    assert "is good" in person.run("config", "validate", "--offline")
    person.config(argo_base_url=argo.url, fallback_models={"gpt-5.4": ["argo:gpt-5.4"]})
    assert "asked again" in person.run("config", "validate", "--offline", code=2)


def test_line_ends_stay_as_they_are(person: Person) -> None:
    path = person.config()
    path.write_bytes(b'config_version: "3"\r\nuser: jdoe  # me\r\nargo_base_url: demo\r\n')
    person.run("config", "env", "prod")
    assert path.read_bytes() == (
        b'config_version: "3"\r\nuser: jdoe  # me\r\nargo_base_url: https://apps.inside.anl.gov/argoapi\r\n'
    )


def test_env_is_changed_in_place_and_comments_stay(person: Person) -> None:
    path = person.config()
    path.write_text(
        "# mine\nuser: jdoe # me\nargo_base_url: 'https://apps-dev.inside.anl.gov/argoapi'   # for now\n"
        "native_openai_base_url: https://apps-dev.inside.anl.gov/argoapi/v1  # old\n\n# end\n"
    )
    path.chmod(0o640)
    assert person.run("config", "env").startswith("dev:")
    assert "native_openai_base_url" in person.run("config", "env", "prod")
    text = path.read_text()
    assert "# mine\nuser: jdoe # me\nargo_base_url: https://apps.inside.anl.gov/argoapi   # for now\n" in text
    assert "# native_openai_base_url: https://apps-dev.inside.anl.gov/argoapi/v1  # old\n" in text
    assert text.endswith("\n# end\n")
    assert load(path, environ={}).settings.native_openai_base_url == "https://apps.inside.anl.gov/argoapi/v1"
    assert path.stat().st_mode & 0o777 == 0o640


def test_env_writes_through_a_link(person: Person) -> None:
    path = person.config()
    real = person.home / "dotfiles.yaml"
    real.write_text("user: jdoe\n")
    path.unlink()
    path.symlink_to(real)
    person.run("config", "env", "test")
    assert path.is_symlink()
    assert "apps-test" in real.read_text()


@pytest.mark.parametrize("text", [V1, V2], ids=["v1", "v2"])
def test_migrate_keeps_comments_and_a_copy_and_tells_each_change(person: Person, text: str) -> None:
    path = person.config()
    path.write_text(text)
    assert person.run("config", "migrate", "--dry-run").startswith(("config_version", "# my old"))
    assert path.read_text() == text
    said = person.run("config", "migrate")
    assert path.with_name("config.yaml.bak").read_text() == text
    settings = load(path, environ={}).settings
    new = path.read_text()
    for line in text.splitlines():
        if "#" in line:
            assert line[line.index("#") :] in new, line
    if text is V1:
        assert settings.argo_base_url == "https://apps.inside.anl.gov/argoapi"
        assert (settings.user, settings.port, settings.verbose) == ("12345", 44500, True)
        gone = ["argo_url", "argo_stream_url", "argo_embedding_url", "num_workers"]
    else:
        assert settings.resolve_overrides == {"apps-dev.inside.anl.gov:443": "127.0.0.1"}
        gone = ["use_native_openai", "use_native_anthropic", "provider_tool_format"]
    for key in [*gone, "config_version"]:
        assert f"  {key}: " in said
    assert load(path, environ={}).warnings == ()
    assert "already" in person.run("config", "migrate")


def test_migrate_tells_what_version_3_does_not_take(person: Person) -> None:
    path = person.config()
    path.write_text("argo_url: https://x.example/api/v1/resource/chat\nuser: cels\n")
    assert "bills to a person" in person.run("config", "migrate", code=2)
    assert path.with_name("config.yaml.bak").exists()


def test_a_file_that_is_no_yaml_is_left_alone(person: Person) -> None:
    path = person.config()
    path.write_text("user: [\n")
    for words in (["config", "migrate"], ["config", "env", "prod"]):
        assert "not YAML" in person.run(*words, code=2)
    assert path.read_text() == "user: [\n"
    assert list(path.parent.iterdir()) == [path]


def test_edit_opens_the_editor_and_checks(person: Person) -> None:
    path = person.config()
    editor = person.home / "editor"
    editor.write_text('#!/bin/sh\necho "port: nonsense" > "$1"\n')
    editor.chmod(0o755)
    assert "port" in person.run("config", "edit", code=2, EDITOR=str(editor))
    editor.write_text('#!/bin/sh\necho "user: edited" > "$1"\n')
    assert "is good" in person.run("config", "edit", EDITOR=str(editor))
    assert path.read_text() == "user: edited\n"


def test_commands_on_a_file_that_is_not_there_say_how_to_make_one(person: Person) -> None:
    for word in ("edit", "migrate", "env"):
        assert "argo-proxy config init" in person.run("config", word, code=2)
    missing = Path("/nonexistent/config.yaml")
    assert "does not exist" in person.run("config", "migrate", str(missing), code=2)
