"""What a user is told about a configuration file that is none, or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from argo_addon.settings.model import Settings, SettingsError, load

from .asking import DEV, Write, refusal


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("user: jdoe\n\tport: 3\n", 2, 1, "a tab"),
        ("user:\tjdoe\n", 1, 6, "a tab"),
        ("user: jdoe\nport 44497\nhost: x\n", 2, 1, "a missing colon"),
        ("user: a: b\n", 1, 8, "a colon too many"),
        ("port 44497\nuser: jdoe\n", 2, 5, "none in the line above"),
        ('user: jdoe\nhost: "abc\nport: 3\n', 2, 7, "never closed"),
        ("user: @jdoe\n", 1, 7, "put it in quotes"),
        ("user: a\n- b\n", 2, 1, "does not fit"),
        ("--- a\n--- b\n", 2, 1, "a second document"),
        ("user: !me jdoe\n", 1, 7, "a tag"),
        ("user: jdoe\nhost: a\x01b\n", 2, 8, "U+0001"),
        ("user: *jdoe\n", 1, 7, "undefined alias"),
    ],
)
def test_broken_yaml_is_told_with_line_column_and_plain_words(
    write: Write, text: str, line: int, column: int, words: str
) -> None:
    path = write(text)
    message = refusal(path)
    assert f"{path}, line {line}, column {column}: " in message
    assert words in message


def test_broken_yaml_is_shown_with_a_mark_below_it(write: Write) -> None:
    assert "\n    user: a: b\n           ^" in refusal(write("user: a: b\n"))


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file_is_told_with_what_to_write(write: Write, text: str) -> None:
    message = refusal(write(text))
    assert "is empty" in message
    assert "user: jdoe" in message


@pytest.mark.parametrize(("text", "found"), [("- user: jdoe\n", "a list"), ("user:jdoe\n", 'the text "user:jdoe"')])
def test_a_file_that_is_no_mapping_is_told(write: Write, text: str, found: str) -> None:
    path = write(text)
    message = refusal(path)
    assert f"{path}, line 1: found {found}" in message
    assert "`key: value`, with a blank after the colon" in message


def test_deep_nesting_is_told(write: Write) -> None:
    assert "nested too deeply" in refusal(write("user: " + "[" * 5000))


def test_a_file_that_is_not_there_a_folder_and_a_dangling_link(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.yaml")
    assert "is a folder" in refusal(tmp_path)
    place = tmp_path / ".argoproxy" / "config.yaml"
    place.parent.mkdir()
    place.symlink_to(tmp_path / "gone.yaml")
    with pytest.raises(SettingsError, match="does not exist"):
        load(cwd=tmp_path, home=tmp_path)
    place.rename(tmp_path / "config.yaml")  # and here it is perhaps another program's
    with pytest.raises(SettingsError, match="no file that can be read, and passed over"):
        load(cwd=tmp_path, home=tmp_path)


def test_a_file_that_cannot_be_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("user: jdoe\n")

    def refuse(self: Path, mode: str) -> None:  # root reads what has mode 000, so the mode alone shows nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    message = refusal(path)
    assert f"{path} cannot be read: Permission denied" in message
    assert f"ls -l {path}" in message


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"user: jdoe\n# caf\xe9\n")
    message = refusal(path)
    assert f"{path}, line 2: " in message
    assert "0xe9" in message
    assert "UTF-8" in message


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbfuser: jdoe\r\nport: 1\r\n")
    assert load(path).settings == Settings(
        user="jdoe", port=1, native_openai_base_url=f"{DEV}/v1", native_anthropic_base_url=DEV
    )


def test_a_file_far_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"#" * 2_000_000)
    assert "not a configuration" in refusal(path)
