"""What a tool reads besides its environment: settings that win are said, facts that it lacks are given."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from shell import env, render, way_back
from shell.tools import TOOLS, Model, Setup, Where, setup_of

from ..drawing import spread

MODELS = (
    Model("claude-opus-4.6", "claudeopus46", 200_000, 128_000),
    Model("gpt-4o", "gpt4o", 128_000, 16_384),
    Model("gpt-5.2", "gpt52", 400_000, 128_000),
    Model("gpt-5.5", "gpt55", 400_000, 128_000),
    Model("gpt-5.4-mini", "gpt54mini", 400_000, 128_000),
    Model("gemini-2.5-pro", "gemini25pro", 1_048_576, 65_535),
)
HERE = ("localhost", "127.0.0.1", "::1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, and a folder in it where the person is."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def made(tool: str, home: Path, model: str | None = None, **environ: str) -> Setup:
    return setup_of(tool, Where("http://127.0.0.1:1", "jdoe", MODELS, model, environ, str(home)))


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# --- Claude Code


@pytest.mark.parametrize(
    ("file", "environ"),
    [
        (".claude/settings.json", {}),
        ("work/.claude/settings.json", {}),
        ("work/.claude/settings.local.json", {}),
        ("elsewhere/settings.json", {"CLAUDE_CONFIG_DIR": "../elsewhere"}),
    ],
)
def test_claude_is_told_of_settings_that_beat_the_environment(home: Path, file: str, environ: dict[str, str]) -> None:
    put(home / file, '{"env": {"ANTHROPIC_BASE_URL": "https://mine", "CLAUDE_CODE_USE_BEDROCK": "1", "FOO": "1"}}')
    (note,) = made("claude", home, **environ).notes
    assert "ANTHROPIC_BASE_URL, CLAUDE_CODE_USE_BEDROCK in its" in note
    assert "FOO" not in note
    assert Path(note.split(" has ")[0]).resolve() == home / file


@pytest.mark.parametrize("text", ["", "{", "[]", '{"env": null}', '{"env": {"FOO": "1"}}', '{"model": "opus"}'])
def test_claude_is_told_nothing_of_other_settings(home: Path, text: str) -> None:
    put(home / ".claude" / "settings.json", text)
    assert made("claude", home).notes == ()


@pytest.mark.parametrize(
    ("model", "spelled"),
    [
        ("claude-opus-4.6", "claude-opus-4-6"),
        ("claude-opus-4.6[1m]", "claude-opus-4-6[1m]"),
        ("claudeopus46", "claude-opus-4-6"),
        ("claude-opus-5.1[1m]", "claude-opus-5-1[1m]"),
        ("opus", "opus"),
        ("opus[1m]", "opus[1m]"),
        ("opusplan", "opusplan"),
        ("gpt-5.5", "gpt-5.5"),
        ("gemini-2.5-pro", "gemini-2.5-pro"),
    ],
)
def test_11_4_claude_gets_names_as_it_knows_them(home: Path, model: str, spelled: str) -> None:
    """A dotted name is an unknown, old model to it: 32k tokens of answer and a thinking budget."""
    variables = made("claude", home, model).variables
    assert variables["ANTHROPIC_MODEL"] == spelled
    assert all("." not in value for name, value in variables.items() if name.startswith("ANTHROPIC_DEFAULT"))


# --- Gemini CLI


def settings_with(chosen: str) -> str:
    return json.dumps({"security": {"auth": {"selectedType": chosen}}})


def test_9_15_gemini_gets_the_variables_of_the_way_that_is_chosen(home: Path) -> None:
    vertex = made("gemini", home)
    assert vertex.variables["GOOGLE_VERTEX_BASE_URL"] == "http://127.0.0.1:1"
    assert {"GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_CLOUD_PROJECT"} <= set(vertex.unset)
    put(home / ".gemini" / "settings.json", settings_with("gemini-api-key"))
    by_key = made("gemini", home)
    assert by_key.variables["GOOGLE_GEMINI_BASE_URL"] == "http://127.0.0.1:1"
    assert by_key.variables["GEMINI_API_KEY"] == "jdoe"
    assert {"GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"} <= set(by_key.unset)
    assert by_key.notes == ()
    put(home / "work" / ".gemini" / "settings.json", settings_with("oauth-personal"))
    assert "'oauth-personal'" in made("gemini", home).notes[0]


@pytest.mark.parametrize(
    "text", ['{ // mine\n "security": {"auth": {"selectedType": "oauth-personal"}}}', settings_with("oauth-personal")]
)
def test_gemini_settings_may_have_comments(home: Path, text: str) -> None:
    put(home / ".gemini" / "settings.json", text)
    assert "'oauth-personal'" in made("gemini", home).notes[0]


# --- Aider


def test_aider_gets_facts_about_the_models_that_it_does_not_know(home: Path) -> None:
    setup = made("aider", home)
    files = dict(setup.files)
    facts = json.loads(files[setup.variables["AIDER_MODEL_METADATA_FILE"]])
    assert facts["openai/gpt-5.5"]["max_input_tokens"] == 400_000
    rows = {row["name"]: row for row in json.loads(files[setup.variables["AIDER_MODEL_SETTINGS_FILE"]])}
    assert set(rows) == {
        f"openai/{model}" for model in ("claude-opus-4.6", "gpt-5.5", "gpt-5.4-mini", "gemini-2.5-pro")
    }
    assert rows["openai/gpt-5.5"]["edit_format"] == "diff"
    assert all(Path(path).is_relative_to(home / ".local" / "state" / "argoproxy") for path in files)
    assert "openai/gpt-9" in dict(made("aider", home, "gpt-9").files)[setup.variables["AIDER_MODEL_SETTINGS_FILE"]]


def test_aider_keeps_the_users_own_facts(home: Path) -> None:
    setup = made("aider", home, AIDER_MODEL_SETTINGS_FILE="mine.yml")
    assert "AIDER_MODEL_SETTINGS_FILE" not in setup.variables
    assert [Path(path).name for path, _ in setup.files] == ["aider.model.metadata.json"]


def test_aider_is_told_of_a_dotenv_that_beats_the_environment(home: Path) -> None:
    put(home / "work" / ".env", "# mine\nexport OPENAI_API_KEY=x\nOTHER=1\n")
    (note,) = made("aider", home).notes
    assert ".env has OPENAI_API_KEY, which" in note


# --- OpenCode, Kilo


def test_opencode_and_kilo_have_a_small_model_within_reach(home: Path) -> None:
    for tool, name in (("opencode", "OPENCODE_CONFIG_CONTENT"), ("kilo", "KILO_CONFIG_CONTENT")):
        told = json.loads(made(tool, home).variables[name])
        assert (told["model"], told["small_model"]) == ("argo/gpt-5.5", "argo/gpt-5.4-mini")
        assert told["provider"]["argo"]["models"]["gpt-5.5"]["limit"] == {"context": 400_000, "output": 128_000}


# --- the way back


def applied(code: list[str], environ: dict[str, str]) -> dict[str, str]:
    """The variables that dash has after these statements."""
    script = "\n".join([*code, "exec /usr/bin/env -0"])
    done = subprocess.run(["dash", "-c", script], env=environ, capture_output=True, timeout=20, check=True)
    entries = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return {
        name: value for name, equals, value in (entry.partition("=") for entry in entries) if equals and name != "PWD"
    }


def set_up(tool: str, home: Path, environ: dict[str, str]) -> dict[str, str]:
    where = Where("http://127.0.0.1:1", "jdoe", MODELS, None, way_back.former(environ), str(home))
    return applied(way_back.statements(tool, env.with_no_proxy(setup_of(tool, where), where), "sh", environ), environ)


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not here")
def test_what_another_tool_still_needs_stays(home: Path) -> None:
    before = {"HTTP_PROXY": "http://p:1", "no_proxy": "mine"}
    both = set_up("aider", home, set_up("claude", home, before))
    assert both["no_proxy"] == ",".join(("mine", *HERE))
    only = applied(way_back.back("claude", "sh", both), both)
    assert "ANTHROPIC_BASE_URL" not in only
    assert only["no_proxy"] == only["NO_PROXY"] == ",".join(("mine", *HERE))
    assert applied(way_back.back("aider", "sh", only), only) == before


NAMES = list(TOOLS)
PAIRS = [(one, other) for number, one in enumerate(NAMES) for other in spread(NAMES, number, 4) if one != other]
MINE = {
    "ANTHROPIC_API_KEY": "a", "ANTHROPIC_BASE_URL": "https://mine", "OPENAI_API_KEY": "o", "OPENAI_API_TYPE": "azure",
    "GOOGLE_API_KEY": "g", "GEMINI_API_KEY": "h", "GOOGLE_CLOUD_PROJECT": "p", "HTTPS_PROXY": "http://p:1",
    "NO_PROXY": "mine",
}  # fmt: skip


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not here")
@pytest.mark.parametrize("before", [{}, MINE], ids=["nothing before", "all before"])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_way_back_of_one_leaves_the_other_as_it_was_alone(
    home: Path, one: str, other: str, before: dict[str, str]
) -> None:
    alone = set_up(other, home, before)
    later = set_up(one, home, alone)
    assert applied(way_back.back(one, "sh", later), later) == alone
    earlier = set_up(other, home, set_up(one, home, before))
    left = applied(way_back.back(one, "sh", earlier), earlier)
    assert {name: left.get(name) for name in tool_variables(other, home)} == tool_variables(other, home)
    for both in (later, earlier):
        first = applied(way_back.back(other, "sh", both), both)
        assert applied(way_back.back(one, "sh", first), first) == before


def tool_variables(tool: str, home: Path) -> dict[str, str]:
    return made(tool, home).variables


def test_a_tool_is_told_of_another_that_will_not_come_here_any_more(home: Path) -> None:
    where = Where("http://127.0.0.1:1", "jdoe", MODELS, None, {}, str(home))
    genai, gemini = setup_of("genai", where), setup_of("gemini", where)
    assert way_back.at_odds(genai, gemini) == [
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        "GOOGLE_GEMINI_BASE_URL",
        "GOOGLE_GENAI_USE_VERTEXAI",
    ]
    for one, other in (("claude", "anthropic"), ("aider", "openai"), ("codex", "opencode")):
        assert way_back.at_odds(setup_of(one, where), setup_of(other, where)) == []


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not here")
def test_the_way_back_is_whole_after_settings_were_changed(home: Path) -> None:
    before = {"GOOGLE_API_KEY": "mine", "GEMINI_API_KEY": "mine too"}
    after = set_up("gemini", home, before)
    put(home / ".gemini" / "settings.json", settings_with("gemini-api-key"))
    assert applied(way_back.back("gemini", "sh", after), after) == before


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not here")
def test_a_value_that_is_not_utf_8_comes_back(home: Path) -> None:
    before = {"ANTHROPIC_API_KEY": "a\udcffb *\n"}
    after = set_up("claude", home, before)
    assert "ANTHROPIC_API_KEY" not in after
    assert applied(way_back.back("claude", "sh", after), after) == before


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not here")
def test_a_universal_variable_of_fish_is_made_empty_and_not_erased(home: Path) -> None:
    """`set -e` alone would take it out of the file in which fish keeps it for good."""
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    script = f"set -Ux MINE kept; {render.unset('fish', 'MINE')} env; echo; {render.assign('fish', 'MINE', 'kept')} env"
    done = subprocess.run(["fish", "-c", script], env=environ, capture_output=True, text=True, timeout=20, check=True)
    hidden, shown = done.stdout.split("\n\n")
    assert "MINE=" in hidden.splitlines()
    assert "MINE=kept" in shown.splitlines()
    assert "MINE:kept" in (home / ".config" / "fish" / "fish_variables").read_text()
