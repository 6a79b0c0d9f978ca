"""`argo-proxy env`, `run`, `doctor`: each tool's values, the way back; the tools themselves are in tests/e2e."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from shell.tools import TOOLS, Model, Where, newest, setup_of

from ..running import Upstream, json_answer
from .person import COMMAND, Person

MODELS = (
    Model("claude-opus-4.6", "claudeopus46", 200_000, 128_000),
    Model("claude-opus-4.10", "claudeopus410", 200_000, 128_000),
    Model("claude-sonnet-5", "claudesonnet5", 200_000, 128_000),
    Model("gpt-5.5", "gpt55", 400_000, 128_000),
    Model("gpt-5.4-mini", "gpt54mini", 400_000, 128_000),
    Model("gemini-2.5-pro", "gemini25pro", 1_048_576, 65_535),
)
BASH = shutil.which("bash") or ""


def where(tmp_path: Path, model: str | None = None, **environ: str) -> Where:
    return Where("http://127.0.0.1:1", "jdoe", MODELS, model, environ, str(tmp_path))


def test_9_17_claude_gets_the_newest_of_each_tier(tmp_path: Path) -> None:
    setup = setup_of("claude", where(tmp_path))
    assert setup.variables["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:1"
    assert setup.variables["ANTHROPIC_DEFAULT_OPUS_MODEL"] == "claude-opus-4-10"
    assert setup.variables["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == "claude-sonnet-5", "there is no haiku"
    assert "ANTHROPIC_API_KEY" in setup.unset
    assert "ANTHROPIC_MODEL" not in setup.variables
    gpt = setup_of("claude", where(tmp_path, "gpt-5.5")).variables
    assert (gpt["ANTHROPIC_MODEL"], gpt["CLAUDE_CODE_MAX_CONTEXT_TOKENS"]) == ("gpt-5.5", "400000")
    for asked in ("claude-opus-4.6", "claude-opus-4-6[1m]"):
        own = setup_of("claude", where(tmp_path, asked)).variables
        assert own["ANTHROPIC_MODEL"] == asked.replace(".", "-"), "a dotted one is an unknown, old model to it (11.4)"


@pytest.mark.parametrize("tool", ["opencode", "kilo"])
def test_1_13_a_model_takes_images_and_pdfs(tmp_path: Path, tool: str) -> None:
    """Where they are not declared, OpenCode sends an error's text in a document's place."""
    (configuration,) = setup_of(tool, where(tmp_path)).variables.values()
    models = json.loads(configuration)["provider"]["argo"]["models"]
    assert len(models) == len(MODELS)
    for model in models.values():
        assert {"image", "pdf"} <= set(model["modalities"]["input"])


def test_9_16_codex_gets_a_profile_with_the_responses_api_and_a_context_window(tmp_path: Path) -> None:
    setup = setup_of("codex", where(tmp_path))
    ((path, text),) = setup.files
    assert path == str(tmp_path / ".codex" / "argo.config.toml")
    for line in (
        'model = "gpt-5.5"',
        "model_context_window = 400000",
        "[model_providers.argo]",
        'wire_api = "responses"',
    ):
        assert line in text.splitlines()
    assert f'env_key = "{next(iter(setup.variables))}"' in text
    ((elsewhere, _),) = setup_of("codex", where(tmp_path, CODEX_HOME="/elsewhere")).files
    assert elsewhere == "/elsewhere/argo.config.toml"
    assert "knows gpt-5.5" in setup_of("codex", where(tmp_path, "claude-sonnet-5")).notes[0]


@pytest.mark.parametrize(("chosen", "is_told"), [("oauth-personal", True), ("vertex-ai", False), (None, False)])
def test_9_15_gemini_is_told_of_a_choice_that_beats_the_environment(
    tmp_path: Path, chosen: str | None, is_told: bool
) -> None:
    (tmp_path / ".gemini").mkdir()
    (tmp_path / ".gemini" / "settings.json").write_text(json.dumps({"security": {"auth": {"selectedType": chosen}}}))
    notes = setup_of("gemini", where(tmp_path)).notes
    assert bool(notes) is is_told or chosen is None
    if is_told:
        assert "Vertex AI" in notes[0]


def test_every_tool_of_the_table_can_be_set_up_with_any_list(tmp_path: Path) -> None:
    for tool in TOOLS:
        for models in (MODELS, ()):
            made = setup_of(tool, Where("http://h:1", "k", models, None, {}, str(tmp_path)))
            assert made.variables or made.options or made.settings or made.notes
            told = [*made.variables.values(), *made.notes, *(text for _, text in (*made.files, *made.settings))]
            assert "http://h:1" in "\n".join(told), "it comes here"


def test_the_newest_is_by_version_and_not_by_letters() -> None:
    found = newest(MODELS, "claudeopus")
    assert found is not None
    assert found.internal_id == "claudeopus410"


def shelled(person: Person, script: str, **variables: str) -> dict[str, str]:
    """The variables that a shell has after a script."""
    path = f"{Path(COMMAND).parent}:{person.env['PATH']}"
    done = subprocess.run(
        [BASH, "-c", f"{script}\nenv -0"], env={**person.env, "PATH": path, **variables}, cwd=person.home,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if "=" in entry)


@pytest.mark.skipif(not BASH, reason="bash is not here")
@pytest.mark.parametrize("tool", TOOLS)
def test_the_way_back_leaves_nothing_and_puts_back_what_was_there(at_demo: Person, tool: str) -> None:
    mine = {
        "ANTHROPIC_API_KEY": "my own", "ANTHROPIC_BASE_URL": "https://mine.example", "OPENAI_BASE_URL": "https://a b*",
        "GOOGLE_API_KEY": "g", "GEMINI_API_KEY": "x",
        "HTTPS_PROXY": "http://proxy.example:1",
        "NO_PROXY": "example.org",
        "OPENCODE_CONFIG_CONTENT": "{}", "ANTHROPIC_MODEL": "opus[1m]",
    }  # fmt: skip
    before = shelled(at_demo, "true", **mine)
    made = shelled(at_demo, f"eval $(argo-proxy env {tool})", **mine)
    assert made["NO_PROXY"] == "example.org,localhost,127.0.0.1,::1"
    assert made != before
    for script in (
        f"eval $(argo-proxy env {tool}); eval $(argo-proxy env {tool} --unset)",
        f'eval "$(argo-proxy env {tool})"; eval $(argo-proxy env {tool}); eval "$(argo-proxy env {tool} --unset)"',
        f"eval $(argo-proxy env {tool} --model gpt-5.4); eval $(argo-proxy env {tool} --unset)",
        f"eval $(argo-proxy env {tool} --unset)",
    ):
        assert shelled(at_demo, script, **mine) == before


@pytest.mark.skipif(not BASH, reason="bash is not here")
def test_what_is_taken_away_is_said_and_no_file_is_made_but_ours(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    said = person.run("env", "claude", "--shell", "bash", ANTHROPIC_API_KEY="k")
    assert "ANTHROPIC_API_KEY would win" in said
    files = {str(path.relative_to(person.home)) for path in person.home.rglob("*") if path.is_file()}
    person.run("env", "codex", "--shell", "bash")
    after = {str(path.relative_to(person.home)) for path in person.home.rglob("*") if path.is_file()}
    assert after - files == {".codex/argo.config.toml"}
    assert not any(name.startswith((".claude", ".gemini", ".config/opencode")) for name in after)


@pytest.mark.parametrize("tool", ["zed", "vscode"])
def test_settings_are_told_and_written_into_a_place_of_ours_if_asked(person: Person, tool: str) -> None:
    person.run("start", "--demo", "--port", "0")
    url = person.status["url"]
    assert url in person.run("env", tool, "--shell", "bash")
    files = {str(path.relative_to(person.home)) for path in person.home.rglob("*") if path.is_file()}
    said = person.run("env", tool, "--write", "--shell", "bash")
    after = {str(path.relative_to(person.home)) for path in person.home.rglob("*") if path.is_file()}
    (made,) = after - files
    assert made.startswith(".local/state/argoproxy/")
    assert made in said
    assert url in json.dumps(json.loads((person.home / made).read_text()))
    (told,) = person.data("env", tool, "--json")["settings"].values()
    assert url in told


@pytest.mark.parametrize(
    ("program", "variable"),
    [("claude", "ANTHROPIC_BASE_URL"), ("qwen", "OPENAI_BASE_URL"), ("goose", "OPENAI_HOST")],
)
def test_doctor_tells_of_a_tool_that_goes_elsewhere(person: Person, program: str, variable: str) -> None:
    person.run("start", "--demo", "--port", "0")
    path = person.home / "bin" / program
    path.parent.mkdir()
    path.write_text("#!/bin/sh\necho 99.2.3\n")
    path.chmod(0o755)
    path_of = f"{path.parent}:{os.environ['PATH']}"

    def found(**set_here: str) -> list[dict[str, str]]:
        variables = {"PATH": path_of, **set_here}
        said = person.run("doctor", "--no-calls", "--json", cwd=None, code=None, **variables)
        rows, _ = json.JSONDecoder().raw_decode(said)  # what it says as it looks comes behind
        return [dict(row) for row in rows if row["check"] == program]

    assert [row["state"] for row in found()] == ["ok"]
    (away,) = found(**{variable: "https://mine.example"})
    assert (away["state"], variable in away["found"]) == ("warning", True)
    assert away["remedy"] == f"eval $(argo-proxy env {program})"
    ours = json.loads(person.run("env", program, "--json"))["variables"]
    (there,) = found(**ours)
    assert "set up in this shell" in there["found"]
    assert there["state"] == "ok"


def test_a_profile_that_is_not_ours_stays(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    mine = person.home / ".codex" / "argo.config.toml"
    mine.parent.mkdir()
    mine.write_text("model = 'mine'\n")
    assert "not ours" in person.run("env", "codex", code=1)
    assert mine.read_text() == "model = 'mine'\n"


def test_without_a_gateway_it_says_so_and_stops_the_shell(person: Person) -> None:
    done = subprocess.run([COMMAND, "env", "claude"], env=person.env, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (3, "false;\n")
    assert "argo-proxy start" in done.stderr


def test_slips_are_explained(person: Person) -> None:
    assert "claude" in person.run("env", "clode", code=2)
    assert "powershell" in person.run("env", "claude", "--shell", "nosuchshell", code=2)
    assert "needs a tool" in person.run("env", "--unset", code=2)


def test_the_list_and_the_bare_values_are_data(at_demo: Person) -> None:
    assert set(at_demo.data("env", "--json")) == set(TOOLS)
    told = at_demo.data("env", "claude", "--json")
    assert told["variables"]["ANTHROPIC_BASE_URL"] == at_demo.status["url"]


def test_run_starts_the_gateway_and_becomes_the_tool(person: Person) -> None:
    person.config(argo_base_url="demo")
    program = person.home / "bin" / "codex"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$ARGO_PROXY_KEY|$*"\nexit 7\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    said = person.run("run", "codex", "--", "exec", "--json", "say hi", code=7, PATH=path)
    assert "jdoe|--profile argo exec --json say hi" in said
    assert person.status["running"]
    said = person.run("run", "aider", code=127, PATH="/nonexistent")
    assert "not installed" in said
    assert "Install it: pipx install" in said
    program.write_text("#!/no/such/interpreter\n")
    assert "cannot be run" in person.run("run", "codex", code=126, PATH=path)


def test_doctor_finds_nothing_where_all_is_well(person: Person) -> None:
    person.run("start", "--demo", "--port", "0")
    findings = person.data("doctor", "--json")
    assert [row for row in findings if row["state"] == "fails"] == []
    assert sum(row["check"] == "self-test" for row in findings) == 15


def test_doctor_works_when_nothing_works(person: Person) -> None:
    path = person.config(argo_base_url="http://127.0.0.1:9", port="x")
    said = person.run("doctor", code=1)
    assert str(path) in said
    assert "argo-proxy start" in said
    person.config(argo_base_url="http://127.0.0.1:9")
    findings = json.loads(
        subprocess.run([COMMAND, "doctor", "--json"], env={**person.env, "HTTP_PROXY": "http://p:1"},
                       capture_output=True, text=True, timeout=60).stdout
    )  # fmt: skip
    fails = {row["check"]: row for row in findings if row["state"] == "fails"}
    assert set(fails) == {"gateway", "ARGO", "proxies"}
    assert all(row["remedy"] for row in fails.values())


def test_10_2_doctor_tells_of_a_user_that_argo_does_not_know(person: Person, argo: Upstream) -> None:
    notice = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "AUTHENTICATION NOTICE FROM ARGO: no"}}]
    }
    listed = {"data": [{"id": "GPT-9", "internal_id": "gpt9"}]}
    argo.answer = lambda seen: [json_answer(json.dumps(notice if seen.line.startswith("POST") else listed).encode())]
    person.config(argo_base_url=argo.url, user="stranger")
    person.run("start")
    fails = [row for row in person.data("doctor", "--json", code=1) if row["state"] == "fails"]
    assert {row["check"] for row in fails} == {"self-test"}
    assert len(fails) == 1
    assert fails[0]["found"].startswith("all 15 calls: ")
    assert "not registered" in fails[0]["found"]
    assert "ANL username" in fails[0]["remedy"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "dash", "ksh", "tcsh"])
@pytest.mark.parametrize("words", ["claude", "nosuchtool", "claude --nosuchoption", "claude --shell nosuchshell"])
def test_what_stands_behind_a_failed_set_up_is_not_done(person: Person, shell: str, words: str) -> None:
    """Else the tool would run all the same, and ask its maker by the user's own account."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not here")
    substitution = evaluated(shell, f"{COMMAND} env {words}")
    done = subprocess.run(
        [program, *(["-f"] if shell == "tcsh" else []), "-c", f"eval {substitution} && echo went-on"],
        capture_output=True,
        text=True,
        env=person.env,
        timeout=60,
    )
    assert "went-on" not in done.stdout
    assert done.returncode != 0
    assert "argo-proxy" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "ksh"])
def test_a_variable_that_cannot_be_set_ends_the_set_up(at_demo: Person, shell: str) -> None:
    """Else the tool would go where the variable leads."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not here")
    for tool, name in (("claude", "ANTHROPIC_BASE_URL"), ("opencode", "OPENCODE_CONFIG_CONTENT")):
        for eval_ in (f"eval $({COMMAND} env {tool})", f'eval "$({COMMAND} env {tool})"'):
            line = f"readonly {name}=https://mine; {eval_} && echo went-on"
            done = subprocess.run([program, "-c", line], capture_output=True, text=True, env=at_demo.env, timeout=60)
            assert "went-on" not in done.stdout, line
            assert done.returncode != 0
            assert name in done.stderr


def evaluated(shell: str, words: str) -> str:
    return {"fish": f"({words})", "tcsh": f"`{words}`"}.get(shell, f"$({words})")


# --- names of models, as each tool knows them


SPELLED = {
    "claude": ("ANTHROPIC_MODEL", "claude-opus-4-6"),
    "gemini": ("GEMINI_MODEL", "claude-opus-4.6"),
    "aider": ("AIDER_MODEL", "openai/claude-opus-4.6"),
    "opencode": ("OPENCODE_CONFIG_CONTENT", '"model":"argo/claude-opus-4.6"'),
    "kilo": ("KILO_CONFIG_CONTENT", '"model":"argo/claude-opus-4.6"'),
}
ANY_FORM = (
    "claude-opus-4.6", "argo:claude-opus-4.6", "claude-opus-4-6", "claudeopus46", "Claude Opus 4.6", "claude-4.6-opus",
    "anthropic/claude-opus-4.6", "claude-opus-4-6-20260101",
)  # fmt: skip


def test_each_tool_gets_the_name_that_it_knows_whatever_was_typed(at_demo: Person) -> None:
    for tool, (variable, spelled) in SPELLED.items():
        for name in ANY_FORM:
            told = at_demo.data("env", tool, "--json", "--model", name)
            assert spelled in told["variables"][variable], (tool, name)
            assert "claude-opus-4.6" in " ".join(told["notes"]) or not told["notes"], (tool, name)
    assert (
        'model = "claude-opus-4.6"'
        in at_demo.data("env", "codex", "--json", "--model", ANY_FORM[1])["files"].popitem()[1]
    )
    told = at_demo.data("env", "claude", "--json", "--model", "argo:claude-opus-4.6[1m]")
    assert told["variables"]["ANTHROPIC_MODEL"] == "claude-opus-4-6[1m]"
    assert not told["notes"]


@pytest.mark.parametrize("tool", ["claude", "codex", "gemini", "aider", "opencode", "openai"])
@pytest.mark.parametrize(("name", "close"), [("claude-9", "argo:claude-opus-4.8"), ("foo", "")])
def test_a_model_that_no_list_has_is_told(at_demo: Person, tool: str, name: str, close: str) -> None:
    said = at_demo.run("env", tool, "--shell", "bash", "--model", name)
    assert f"{name} is not known here" in said
    assert close in said
    assert ("Closest" in said) is bool(close)


def test_the_sdks_are_told_that_they_take_no_model_from_the_environment(at_demo: Person) -> None:
    said = at_demo.run("env", "openai", "--shell", "bash", "--model", "argo:gpt-5.4")
    assert 'model="gpt-5.4"' in said


# --- starting, other shells


def test_start_starts_a_gateway_and_sets_up(person: Person) -> None:
    person.config(argo_base_url="demo")
    for shell in ("bash", "tcsh"):
        if shutil.which(shell) is None:
            continue
        script = f"eval {evaluated(shell, f'{COMMAND} env claude --start')} && printenv ANTHROPIC_BASE_URL"
        done = subprocess.run(
            [shell, *(["-f"] if shell == "tcsh" else []), "-c", script],
            env=person.env, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.stdout.strip() == person.status["url"], done.stderr
        assert ("was started" in done.stderr) is (shell == "bash")


def test_a_start_that_fails_stops_the_shell(person: Person) -> None:
    person.config(port="x")
    done = subprocess.run(
        ["sh", "-c", f"eval $({COMMAND} env claude --start) && echo went-on"],
        env=person.env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "port" in done.stderr


@pytest.mark.skipif(shutil.which("tcsh") is None, reason="tcsh is not here")
@pytest.mark.parametrize("tool", TOOLS)
def test_tcsh_sets_up_and_puts_back(at_demo: Person, tool: str) -> None:
    mine = {"ANTHROPIC_API_KEY": "my own *", "GOOGLE_API_KEY": 'it\'s "mine" !x $HOME', "NO_PROXY": ""}
    script = at_demo.home / "script"
    words = [f"eval `{COMMAND} env {tool}`", "env -0 >between", f"eval `{COMMAND} env {tool} --unset`", "env -0 >after"]
    script.write_text("\n".join(["env -0 >before", *words, "alias codex", ""]))
    done = subprocess.run(
        ["tcsh", "-f", "script"],
        env={**at_demo.env, **mine},
        cwd=at_demo.home,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    before, between, after = (_variables(at_demo.home / name) for name in ("before", "between", "after"))
    assert before == after
    expected = at_demo.data("env", tool, "--json")["variables"]
    assert {name: between.get(name) for name in expected} == expected
    assert done.stdout == ""


def _variables(path: Path) -> dict[str, str]:
    entries = (entry.partition("=") for entry in path.read_text().split("\0"))
    return {name: value for name, equals, value in entries if equals and name != "_"}


def test_a_shell_that_is_not_known_is_refused_and_told_what_does(at_demo: Person) -> None:
    """nu, elvish and xonsh would take code of another shell's for their own, or for nothing."""
    program = at_demo.home / "nu"
    shutil.copy("/bin/sh", program)
    done = subprocess.run(
        [program, "-c", f"{COMMAND} env claude; true"], env=at_demo.env, capture_output=True, text=True, timeout=60
    )
    assert "argo-proxy run claude" in done.stderr
    assert "ANTHROPIC" not in done.stdout
    done = subprocess.run(
        [program, "-c", f"{COMMAND} env claude --json; true"],
        env=at_demo.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "ANTHROPIC_BASE_URL" in json.loads(done.stdout)["variables"]
