"""docs/tutorial.md, typed line by line into one shell in an empty home."""

from __future__ import annotations

from pathlib import Path

from tests import terminal

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.md"


def test_its_commands_do_what_it_says() -> None:
    typed = terminal.commands_of(TUTORIAL.read_text("utf-8"))
    assert len(typed) > 10
    shown = terminal.typed(typed)
    assert "runs in the background" in shown["argo-proxy status"]
    answers = [said for command, said in shown.items() if command.startswith("curl")]
    assert [said.count("simulated") for said in answers] == [1, 1, 0]
    assert '"type":"message"' in answers[1]
    assert "Closest: argo:gpt-5.4" in answers[2]
    assert shown["argo-proxy logs | tail -n 4"].count("gpt-5.4 (gpt54) plain: 200") == 2
    assert "gpt-5.44" in shown["argo-proxy flows list"]
    assert shown['echo "$OPENAI_BASE_URL $ANTHROPIC_BASE_URL"'] == "http://127.0.0.1:44497/v1 http://127.0.0.1:44497\n"
    assert "jdoe" in shown["argo-proxy config show"]
