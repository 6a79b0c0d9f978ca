"""Changing a file in place: whatever it holds, only the one key changes."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as some

from shell.config_text import ConfigText
from tests.drawing import law

NAMES = some.sampled_from(["user", "port", "argo_base_url", "a", "zz"])
VALUES = some.one_of(
    some.text(some.characters(exclude_characters="#"), max_size=8),
    some.integers(-5, 99999),
    some.booleans(),
    some.none(),
    some.lists(some.integers(), max_size=2),
)
NEW = some.one_of(
    some.text(some.characters(exclude_characters="#"), max_size=12), some.integers(0, 65535), some.booleans()
)
COMMENTS = some.sampled_from(["", "# a comment\n", "\n", "\n# two\n# lines\n"])


@law(100)
@given(some.dictionaries(NAMES, VALUES, min_size=1), NAMES, NEW, COMMENTS)
def test_a_key_is_set_and_nothing_else_changes(
    values: dict[str, object], key: str, new: str | int | bool, comment: str
) -> None:
    text = comment + "".join(
        yaml.safe_dump({name: value}).rstrip("\n") + "  # about it\n" + comment
        if isinstance(value, int)
        else yaml.safe_dump({name: value}, allow_unicode=True) + comment
        for name, value in values.items()
    )
    if yaml.safe_load(text) != values:
        return  # the example is not what was meant
    config = ConfigText(text).set(key, new)
    assert yaml.safe_load(config.text) == {**values, key: new}
    assert config.text.count("#") == text.count("#")


@law(100)
@given(some.dictionaries(NAMES, VALUES, min_size=2), some.data())
def test_a_retired_key_is_gone_and_its_words_are_there(values: dict[str, object], data: some.DataObject) -> None:
    text = "".join(yaml.safe_dump({name: value}) + "# after\n" for name, value in values.items())
    key = data.draw(some.sampled_from(sorted(values)))
    config = ConfigText(text).retire(key, "why")
    left = {name: value for name, value in values.items() if name != key}
    assert (yaml.safe_load(config.text) or {}) == left
    assert f"# {key}:" in config.text
    assert "# why\n" in config.text


def test_an_empty_value_gets_one() -> None:
    assert ConfigText("a:\nb: 1\n").set("a", "x").text == "a: x\nb: 1\n"
    assert ConfigText("a: # none yet\nb: 1\n").set("a", 2).values == {"a": 2, "b": 1}


def test_a_file_in_braces_gets_lines() -> None:
    config = ConfigText('{"user": "jdoe", "port": 1}').set("argo_base_url", "demo").retire("port", "why")
    assert config.values == {"user": "jdoe", "argo_base_url": "demo"}
