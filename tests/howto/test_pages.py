"""Each block of commands in the tutorial and the how-tos, typed as it stands, by a wheel installed as pipx does it.

One gateway is there for all pages but those that are about starting and stopping it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest

from ..e2e.processes import ROOT, Simulator
from ..installed import installed
from .blocks import COMMANDS, Block, blocks_of
from .scenes import REAL, Person, fail_calls

HOWTO = ROOT / "docs" / "how-to"
PAGES = [ROOT / "docs" / "tutorial.md", *sorted(HOWTO.glob("*.md"))]
ELSEWHERE = {"group-server.md": "tests/deploy/test_how_to.py"}
"""Pages whose blocks another test types."""
NO_COMMANDS = ("yaml", "json")
"""Fences that hold what goes into a file."""
CONFIG = 'config_version: "3"\nuser: jdoe\nlog_format: json\n'
OLD = 'config_version: "2"\nuser: jdoe\nlog_to_file: true\nargo_base_url: https://apps.inside.anl.gov/argoapi\n'
FAILED = 13
"""Calls that fail before the pages about them are typed: they name number 12 and 13."""


def typed_of(name: str) -> list[str]:
    """What is typed of a page."""
    (page,) = (page for page in PAGES if page.name == name)
    return [line for block in blocks_of(page) if runs(block) for line in block.typed()]


def runs(block: Block) -> bool:
    return block.language in COMMANDS and block.reason is None


WITH_COMMANDS = {page.name for page in PAGES if any(runs(block) for block in blocks_of(page))}


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def argo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("argo"))
    yield simulator
    assert simulator.stop() == 0


@pytest.fixture(scope="module")
def served(command: Path, argo: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """A person whose gateway runs, after calls that went well and calls that failed."""
    person = Person(tmp_path_factory.mktemp("served"), command, argo)
    person.config(CONFIG)
    person.own("start")
    try:
        fail_calls(person.url, argo, FAILED)
        person.until_it_works("ledger")
        yield person
    finally:
        person.close()


@pytest.fixture
def alone(command: Path, argo: Simulator, tmp_path: Path) -> Iterator[Person]:
    """A person in an empty home, where nothing runs."""
    person = Person(tmp_path, command, argo)
    yield person
    person.close()


def said_to(lines: list[str], said: list[str], typed: str) -> str:
    """What was printed when a line that begins so was first typed."""
    return next(one for line, one in zip(lines, said, strict=True) if line.startswith(typed))


def test_the_tutorial(alone: Person) -> None:
    alone.env["ARGO_PROXY_PORT"] = str(alone.port)
    lines = typed_of("tutorial.md")
    said = alone.type(lines)
    assert "runs in the background" in said_to(lines, said, "argo-proxy status")
    answers = [one for line, one in zip(lines, said, strict=True) if line.startswith("curl")]
    assert [one.count("simulated") for one in answers] == [1, 1, 0]
    assert '"type":"message"' in answers[1]
    assert "Closest: argo:gpt-5.4" in answers[2]
    assert said_to(lines, said, "argo-proxy logs").count("gpt-5.4 (gpt54) plain: 200") == 2
    assert "gpt-5.44" in said_to(lines, said, "argo-proxy flows list")
    assert said_to(lines, said, "echo") == "http://127.0.0.1:44497/v1 http://127.0.0.1:44497\n"
    assert "jdoe" in said_to(lines, said, "argo-proxy config show")


TOOLS = {
    "aider.md": ("aider", 2),
    "claude-code.md": ("claude", 2),
    "codex.md": ("codex", 2),
    "gemini-cli.md": ("gemini", 2),
    "kilo.md": ("kilo", 1),
    "opencode.md": ("opencode", 2),
}
"""The program of each page, and how often the page has it started."""


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_is_led_to_the_gateway(name: str, served: Person, argo: Simulator) -> None:
    program, calls = TOOLS[name]
    served.with_real(program)
    argo.clear()
    said = served.type(typed_of(name))
    if REAL:
        assert sum("simulated" in one.lower() or "Results:" in one for one in said) == calls, said
        return
    starts = served.starts(program)
    assert len(starts) == calls
    profile = served.home / ".codex" / "argo.config.toml"
    for start in starts:
        text = start + (profile.read_text() if "--profile\nargo" in start else "")
        assert served.url in text.replace(f"127.0.0.1:{served.port}", served.url.partition("//")[2]), start


def test_doctor_finds_nothing(served: Person) -> None:
    (said,) = served.type(typed_of("doctor.md"))
    assert "self-test" in said


def test_failures_are_found_shown_and_sent_again(served: Person) -> None:
    lines = typed_of("recordings.md")
    said = served.type(lines)
    assert "gpt54" in said_to(lines, said, "argo-proxy flows list")
    assert "What is the weather in" in said_to(lines, said, "argo-proxy flows show 12")
    assert "codex" in said_to(lines, said, "argo-proxy flows list --tool codex")
    assert "gpt54" in said_to(lines, said, "argo-proxy replay 12 --model gpt-5.4")


def test_recordings_are_shown_in_a_browser(served: Person) -> None:
    assert all("?token=" in one for one in served.type(typed_of("web.md")))


def test_a_gateway_is_watched(served: Person) -> None:
    lines = typed_of("monitoring.md")
    said = served.type(lines)
    logs, ledger = said_to(lines, said, "argo-proxy logs"), said_to(lines, said, "argo-proxy ledger --by user --since")
    assert logs == "", "those of 500 and more, of which there are none"
    assert "jdoe" in ledger
    assert "jdoe" in (served.home / "usage.csv").read_text()


def test_stock_mitmproxy_serves_with_the_addon(alone: Person) -> None:
    alone.config(CONFIG)
    (said,) = alone.type(typed_of("mitmproxy.md"))
    assert "error" not in said.lower()


def test_the_extra_for_images_is_there(alone: Person) -> None:
    (line,) = typed_of("images.md")
    alone.type([line])
    assert alone.starts("pip")[0].startswith("\ninstall\nargo-proxy[images]\n")
    assert any("pillow" in one and "images" in one for one in requires("argo-proxy") or ())


def test_a_daemon_lives_through_its_commands(alone: Person) -> None:
    (alone.home / "prod.yaml").write_text('config_version: "3"\nuser: jdoe\nhost: 127.0.0.1\n')
    lines = typed_of("daemon.md")
    said = alone.type(lines)
    assert "answers" in said_to(lines, said, "argo-proxy status")
    assert [line.split()[0] for line in said[-1].splitlines()] == ["play", "prod"], "the first one was stopped"
    assert said_to(lines, said, "argo-proxy logs") != ""


def test_who_comes_from_3_gets_there_and_back(alone: Person) -> None:
    alone.config(OLD)
    lines = typed_of("from-argo-proxy-3.md")
    said = alone.type(lines)
    assert "log_to_file" in said_to(lines, said, "argo-proxy config migrate --dry-run")
    assert "fails" not in said_to(lines, said, "argo-proxy doctor")
    assert "log_to_file: true" in (alone.home / ".config" / "argoproxy" / "config.yaml").read_text(), "as it was before"
    assert alone.noted("pipx").count("install\n--force\n") == 2


TESTED: dict[str, Callable[..., None]] = {
    "tutorial.md": test_the_tutorial,
    **dict.fromkeys(TOOLS, test_a_tool_is_led_to_the_gateway),
    "doctor.md": test_doctor_finds_nothing,
    "recordings.md": test_failures_are_found_shown_and_sent_again,
    "web.md": test_recordings_are_shown_in_a_browser,
    "monitoring.md": test_a_gateway_is_watched,
    "mitmproxy.md": test_stock_mitmproxy_serves_with_the_addon,
    "images.md": test_the_extra_for_images_is_there,
    "daemon.md": test_a_daemon_lives_through_its_commands,
    "from-argo-proxy-3.md": test_who_comes_from_3_gets_there_and_back,
}


def test_a_block_that_cannot_be_run_says_why_in_the_source(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("x\n\n<!-- not run: it needs a Mac -->\n```console\n$ a\n```\n\n```console\n$ b 'c\nd'\n```\n")
    first, second = blocks_of(page)
    assert (first.reason, second.reason) == ("it needs a Mac", None)
    assert (runs(first), runs(second), second.typed()) == (False, True, ["b 'c\nd'"])


def test_no_page_is_left_out() -> None:
    assert TESTED.keys() | ELSEWHERE.keys() == WITH_COMMANDS
    assert all((ROOT / path).exists() for path in ELSEWHERE.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_command_is_hidden_from_these_tests(page: Path) -> None:
    """In a fence of another language, in one that is indented, in one that is not closed, or behind another prompt."""
    found = blocks_of(page)
    assert {block.language for block in found} <= {*COMMANDS, *NO_COMMANDS}
    assert len(re.findall(r"^\s*(```|~~~)", page.read_text("utf-8"), re.MULTILINE)) == 2 * len(found)
    for block in found:
        if block.language == "console":
            assert block.text.startswith("$ ")
            assert len(block.typed()) == len(re.findall(r"^\$ ", block.text, re.MULTILINE))
            assert not re.search(r"^[>%#] ", block.text, re.MULTILINE)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md", ROOT / "examples" / "README.md"], ids=str)
def test_commands_can_be_pasted_into_zsh(page: Path) -> None:
    """Where one types, it takes what stands behind a # for words, a quote there for a quote, and refuses idle globs."""
    typed = [line for block in blocks_of(page) if block.language == "console" for line in block.typed()]
    bare = [re.sub(r"""'[^']*'|"[^"]*\"""", "", line) for line in typed]
    assert [line for line in bare if re.search(r"\s#|[*?\[]", line)] == []
