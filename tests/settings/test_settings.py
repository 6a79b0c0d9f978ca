"""What a user is told about a configuration: each rule with the parts of its message."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from argo_addon.settings.model import KEYS, Settings, SettingsError, load
from argo_addon.settings.places import NAMES, config_path

from .asking import DEV, Write, refusal


def test_the_smallest_file_gets_every_default(write: Write) -> None:
    loaded = load(write("user: jdoe\n"))
    assert loaded.warnings == ()
    assert msgspec.to_builtins(loaded.settings) == {
        "config_version": "3",
        "user": "jdoe",
        "host": "0.0.0.0",
        "port": 44497,
        "socket": None,
        "client_auth": None,
        "allowed_hosts": (),
        "allowed_origins": (),
        "verbose": True,
        "argo_base_url": DEV,
        "native_openai_base_url": f"{DEV}/v1",
        "native_anthropic_base_url": DEV,
        "username_passthrough": False,
        "anthropic_stream_mode": "force",
        "force_conversion": False,
        "use_legacy_argo": False,
        "skip_url_validation": False,
        "connection_test_timeout": 5.0,
        "resolve_overrides": {},
        "ssl_ca_file": None,
        "max_log_history": 3,
        "log_format": "text",
        "usage_ledger": True,
        "limits": {},
        "limits_store": None,
        "upstream_retries": 0,
        "fallback_models": {},
        "otlp_endpoint": None,
        "enable_payload_control": False,
        "max_payload_size": 20.0,
        "dump_requests": False,
        "dump_dir": None,
        "responses_key_file": None,
        "responses_store": None,
        "responses_store_days": 30.0,
        "responses_store_size": 1000.0,
        "record_failures": True,
        "max_body_size": 100.0,
        "max_decompressed_size": 100.0,
        "max_head_size": 1.0,
        "max_messages": 50_000,
        "max_tools": 10_000,
        "max_depth": 0,
        "image_timeout": 30.0,
        "concurrent_downloads": 10,
        "default_chat_model": None,
        "default_embed_model": None,
        "model_refresh_interval_hours": 24.0,
    }


def test_every_value_can_be_set(write: Write) -> None:
    text = """\
config_version: "3"
user: jdoe
host: ::1
port: 0
verbose: no
argo_base_url: https://apps.inside.anl.gov/argoapi/
native_openai_base_url: http://localhost:9000/openai/v1/
native_anthropic_base_url: http://localhost:9000/anthropic//
skip_url_validation: true
connection_test_timeout: 0.5
max_log_history: 0
max_payload_size: 1.5
image_timeout: 1
concurrent_downloads: 1
default_chat_model: Claude Opus 4.6
default_embed_model: text-embedding-3-small
model_refresh_interval_hours: 0
"""
    found = load(write(text)).settings
    assert (found.host, found.port, found.verbose) == ("::1", 0, False)
    assert found.argo_base_url == "https://apps.inside.anl.gov/argoapi"
    assert found.native_openai_base_url == "http://localhost:9000/openai/v1"
    assert found.native_anthropic_base_url == "http://localhost:9000/anthropic"
    assert (found.connection_test_timeout, found.max_payload_size, found.image_timeout) == (0.5, 1.5, 1.0)
    assert found.default_chat_model == "Claude Opus 4.6"
    assert found.model_refresh_interval_hours == 0


def test_the_native_urls_follow_the_base_url(write: Write) -> None:
    found = load(write("user: jdoe\nargo_base_url: http://127.0.0.1:8/argoapi/\n")).settings
    assert found.native_openai_base_url == "http://127.0.0.1:8/argoapi/v1"
    assert found.native_anthropic_base_url == "http://127.0.0.1:8/argoapi"


def test_null_means_unset_where_a_key_is_optional(write: Write) -> None:
    found = load(write("user: jdoe\nnative_openai_base_url:\ndefault_chat_model: null\n")).settings
    assert found.native_openai_base_url == f"{DEV}/v1"
    assert found.default_chat_model is None


# --- where the file is looked for


def test_the_three_places_are_searched_in_order(tmp_path: Path) -> None:
    cwd, home = tmp_path / "work", tmp_path / "home"
    places = [
        home / ".argoproxy" / "config.yaml",
        home / ".config" / "argoproxy" / "config.yaml",
        cwd / "config.yaml",
    ]
    for number, place in enumerate(places):
        place.parent.mkdir(parents=True)
        place.write_text(f"user: user{number}\n")
        loaded = load(cwd=cwd, home=home)
        assert (loaded.settings.user, loaded.path) == (f"user{number}", place)


def test_no_file_tells_where_it_looked_and_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(cwd=tmp_path / "work", home=tmp_path / "home")
    message = str(caught.value)
    for part in (
        str(tmp_path / "work" / "config.yaml"),
        str(tmp_path / "home" / ".config" / "argoproxy" / "config.yaml"),
        str(tmp_path / "home" / ".argoproxy" / "config.yaml"),
        "argo-proxy config init --user jdoe",
        "argo-proxy start --demo",
    ):
        assert part in message


def test_the_example_of_a_minimal_file_is_a_good_file(tmp_path: Path, write: Write) -> None:
    with pytest.raises(SettingsError) as caught:
        load(write(""))
    lines = [line for line in str(caught.value).splitlines() if line.startswith(("    config_version", "    user"))]
    assert load(write("\n".join(line[4:] for line in lines))).settings.user == "jdoe"


# --- the demo


def test_the_demo_needs_no_file_and_is_not_reachable_from_outside(tmp_path: Path) -> None:
    loaded = load(cwd=tmp_path, home=tmp_path, overrides={"argo_base_url": "demo"})
    assert loaded.path is None
    found = loaded.settings
    assert (found.user, found.host, found.argo_base_url) == ("demo", "127.0.0.1", "demo")
    assert (found.native_openai_base_url, found.native_anthropic_base_url) == ("", "")


def test_the_demos_host_can_be_chosen(tmp_path: Path) -> None:
    overrides = {"argo_base_url": "demo", "host": "0.0.0.0", "port": 0}
    found = load(cwd=tmp_path, home=tmp_path, overrides=overrides).settings
    assert (found.host, found.port) == ("0.0.0.0", 0)


def test_with_base_url_points_everything_at_the_simulator(tmp_path: Path) -> None:
    found = load(cwd=tmp_path, home=tmp_path, overrides={"argo_base_url": "demo"}).settings
    there = found.with_base_url("http://127.0.0.1:1234/argoapi/")
    assert there.argo_base_url == "http://127.0.0.1:1234/argoapi"
    assert there.native_openai_base_url == "http://127.0.0.1:1234/argoapi/v1"
    assert there.native_anthropic_base_url == "http://127.0.0.1:1234/argoapi"
    assert there.user == "demo"


def test_the_demo_never_talks_to_the_urls_of_the_file(write: Write) -> None:
    path = write("user: jdoe\nnative_openai_base_url: https://apps.inside.anl.gov/argoapi/v1\n")
    loaded = load(path, overrides={"argo_base_url": "demo"})
    assert loaded.settings.native_openai_base_url == ""
    (warning,) = loaded.warnings
    assert f"{path}, line 2" in warning
    assert "native_openai_base_url" in warning


# --- the command line


def test_the_command_line_beats_the_file(write: Write) -> None:
    path = write("user: jdoe\nport: 1000\nverbose: true\n")
    found = load(path, overrides={"port": 2000, "verbose": False, "host": None}).settings
    assert (found.port, found.verbose, found.host) == (2000, False, "0.0.0.0")


def test_a_wrong_value_on_the_command_line_is_named_as_such(write: Write) -> None:
    message = refusal(write("user: jdoe\n"), port=70000)
    assert "command line: --port" in message
    assert "the number 70000" in message
    assert "1..65535" in message


# --- wrong values


@pytest.mark.parametrize(
    ("line", "found", "expected", "remedy"),
    [
        ('port: "44497"', 'the text "44497"', "a whole number 1..65535", "remove the quotes: port: 44497"),
        ("port: 65536", "the number 65536", "a whole number 1..65535", "port: 44497"),
        ("port: -1", "the number -1", "a whole number 1..65535", ""),
        ("port: 80.5", "the number 80.5", "a whole number", ""),
        ("port: true", "true", "a whole number", ""),
        ("port: 12:30", "12:30, which YAML reads as the number 750", "a whole number", ""),
        ("port: 0600", "0600, which YAML reads as the number 384", "a whole number", ""),
        ("port:", "nothing", "a whole number", "port: 44497"),
        ("port: [1, 2]", "a list", "a whole number", ""),
        ("host: {a: b}", "a mapping", "the address to listen on", ""),
        ("host: 127.1", "the number 127.1", "the address", 'put it in quotes: host: "127.1"'),
        ("host: 127.0.0.1:8080", "more than an address", "the address", "host: 127.0.0.1"),
        ("host: http://x", "more than an address", "the address", ""),
        ("verbose: 1", "the number 1", "true or false", "verbose: true"),
        ('verbose: "true"', 'the text "true"', "true or false", "remove the quotes: verbose: true"),
        ("argo_base_url: apps.inside.anl.gov", "no http", "an http or https URL, or demo", DEV),
        ("argo_base_url: ftp://apps.inside.anl.gov", "no http", "an http or https URL", ""),
        ("argo_base_url: http://x:99999", "ort", "an http or https URL", ""),
        ("argo_base_url: http://x/?a=b", "no query", "an http or https URL", ""),
        ("argo_base_url: Demo", 'the text "Demo"', "or demo for the simulator", ""),
        ("native_openai_base_url: /v1", "no host", "an http or https URL", f"{DEV}/v1"),
        ("native_anthropic_base_url: 7", "the number 7", "an http or https URL", DEV),
        ("anthropic_stream_mode: fast", 'the text "fast"', "force, retry or passthrough", ""),
        ("force_conversion: maybe", 'the text "maybe"', "true or false", ""),
        ("use_legacy_argo: 0", "the number 0", "true or false", ""),
        ("skip_url_validation: 'no'", 'the text "no"', "true or false", "remove the quotes"),
        ("connection_test_timeout: 0", "the number 0", "seconds above 0", ""),
        ("connection_test_timeout: .inf", "the number inf", "seconds above 0", ""),
        ("connection_test_timeout: .nan", "the number nan", "seconds above 0", ""),
        ("connection_test_timeout: true", "true", "seconds above 0", ""),
        ('resolve_overrides: {"a:1": b}', "'b' is not an IP address", "host:port", ""),
        ("resolve_overrides: {a: 10.0.0.1}", "'a' is not host:port", "host:port", ""),
        ("resolve_overrides: a", 'the text "a"', "host:port", ""),
        ("max_log_history: -1", "the number -1", "a whole number, 0 or more", ""),
        ("enable_payload_control: on time", 'the text "on time"', "true or false", ""),
        ("max_payload_size: 0", "the number 0", "megabytes above 0", ""),
        ("image_timeout: 1e3", 'the text "1e3"', "seconds above 0", ""),
        ("concurrent_downloads: 0", "the number 0", "1 or more", ""),
        ("default_chat_model: ''", "empty", "the name of a model", ""),
        ("default_embed_model: 3", "the number 3", "embedding model", 'quotes: default_embed_model: "3"'),
        ("model_refresh_interval_hours: -0.1", "the number -0.1", "hours", ""),
        ("max_log_history: 2026-01-02", "the date 2026-01-02", "a whole number", ""),
    ],
)
def test_a_wrong_value_is_told_with_line_found_expected_and_remedy(
    write: Write, line: str, found: str, expected: str, remedy: str
) -> None:
    path = write(f"user: jdoe\n\n{line}\n")
    message = refusal(path)
    assert f"{path}, line 3: {line.split(':')[0]}\n" in message
    rows = dict(re.findall(r"^    (found|expected|remedy): +(.*)$", message, re.MULTILINE))
    assert found in rows["found"]
    assert expected in rows["expected"]
    assert remedy in rows["remedy"]
    assert rows["remedy"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("''", "empty"),
        ("'  '", "empty"),
        ("J Doe", "white space"),
        ("jdoé", "ASCII"),
        ('"j\\nx"', "cannot be printed"),
        ("cels", "no group name"),
        ("CELS", "no group name"),
        ("", "nothing"),
    ],
)
def test_a_user_is_one_plain_word_and_a_person(write: Write, value: str, found: str) -> None:
    path = write(f"user: {value}\n")
    message = refusal(path)
    assert f"{path}, line 1: user\n" in message
    assert found in message
    assert "your ANL username" in message


@pytest.mark.parametrize(("value", "taken"), [("12345", "the number 12345"), ("no", "no, which YAML reads as false")])
def test_a_user_that_yaml_takes_for_something_else_needs_quotes(write: Write, value: str, taken: str) -> None:
    message = refusal(write(f"user: {value}\n"))
    assert taken in message
    assert f'put it in quotes: user: "{value}"' in message
    assert load(write(f'user: "{value}"\n')).settings.user == value


def test_a_missing_user_is_told(write: Write) -> None:
    path = write("port: 1\n")
    message = refusal(path)
    assert f"{path}: user" in message
    assert "add a line: user: jdoe" in message
    assert load(path, overrides={"user": "jdoe"}).settings.user == "jdoe"
    assert load(path, overrides={"argo_base_url": "demo"}).settings.user == "demo"


def test_all_problems_are_told_at_once(write: Write) -> None:
    message = refusal(write("port: x\nhost: 1\nverbose: x\nport: 3\n"), max_log_history="x")
    assert "6 problems" in message
    for place in ("line 1: port", "line 2: host", "line 3: verbose", "line 4: port", "--max-log-history", ": user"):
        assert place in message


@pytest.mark.parametrize("value", ['"3"', "3"])
def test_config_version_three_is_read(write: Write, value: str) -> None:
    assert load(write(f"config_version: {value}\nuser: jdoe\n")).settings.config_version == "3"


@pytest.mark.parametrize("value", ['"1"', '"2"', "2"])
def test_old_config_versions_are_refused_with_what_to_do(write: Write, value: str) -> None:
    path = write(f"user: jdoe\nconfig_version: {value}\n")
    message = refusal(path)
    for part in (
        f"{path}, line 2: config_version",
        value.strip('"'),
        "published argo-proxy 2.x and 3.x",
        "argo-proxy config migrate",
    ):
        assert part in message


# --- keys


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("prot", "did you mean `port`?"),
        ("argo_base_ulr", "did you mean `argo_base_url`?"),
        ("colour", "docs/reference/config.md"),
    ],
)
def test_an_unknown_key_is_a_warning_with_the_closest_known(write: Write, key: str, hint: str) -> None:
    path = write(f"user: jdoe\n# a comment\n{key}: 1\n")
    (warning,) = load(path).warnings
    assert warning.startswith(f"{path}, line 3: unknown key `{key}`")
    assert hint in warning


def test_a_key_that_stands_twice_is_refused(write: Write) -> None:
    path = write("user: jdoe\nport: 1\nuser: mallory\n")
    message = refusal(path)
    assert f"{path}, line 3: user" in message
    assert "the first is in line 1" in message


def test_a_key_that_stands_twice_further_down_is_refused_by_its_path(write: Write) -> None:
    path = write("user: jdoe\nresolve_overrides:\n  a:1: 10.0.0.1\n  a:1: 10.0.0.2\n")
    assert f"{path}, line 4: resolve_overrides.a:1\n" in refusal(path)


# --- the rest


REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "config.md").read_text(encoding="utf-8")


def test_every_key_is_in_the_reference() -> None:
    keys = REFERENCE.split("## Keys")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", keys, re.MULTILINE) == list(Settings.__struct_fields__)


def test_the_references_errors_are_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("config.yaml")
    path.write_text('config_version: "3"\nuser: 12345\nport: "44497"\n')
    assert refusal(path) in REFERENCE
    path.write_text("user: jdoe\nport 44497\n")
    assert refusal(path) in REFERENCE
    path.write_text("prot: 1\nuser: jdoe\n")
    assert load(path).warnings[0] in REFERENCE


# --- the environment


def test_the_environment_beats_the_file_and_a_flag_beats_both(write: Write) -> None:
    path = write("user: jdoe\nport: 1111\nverbose: true\n")
    environ = {"ARGO_PROXY_PORT": "2222", "ARGO_PROXY_VERBOSE": "false", "ARGO_PROXY_USER": "12345"}
    loaded = load(path, environ=environ)
    assert (loaded.settings.port, loaded.settings.verbose, loaded.settings.user) == (2222, False, "12345")
    assert loaded.sources["port"] == "the variable ARGO_PROXY_PORT"
    assert load(path, environ=environ, overrides={"port": 3333}).settings.port == 3333


def test_a_bad_variable_is_told_by_its_name(write: Write) -> None:
    with pytest.raises(SettingsError) as caught:
        load(write("user: jdoe\n"), environ={"ARGO_PROXY_PORT": "many"})
    assert "the variable ARGO_PROXY_PORT" in str(caught.value)
    assert "for example: ARGO_PROXY_PORT=44497" in str(caught.value)


def test_a_variable_names_the_file(write: Write, tmp_path: Path) -> None:
    path = write("user: fromenv\n")
    loaded = load(cwd=tmp_path / "work", home=tmp_path / "home", environ={"ARGO_PROXY_CONFIG": str(path)})
    assert (loaded.path, loaded.settings.user) == (path, "fromenv")


FOREIGN = (
    *("theme: minima\ntitle: my site\n", "a: !Ref b\n", "x: [\n", "", "\n# nothing yet\n", "{}", "- user: jdoe\n"),
    *("database: {user: postgres}\n", "database:\n  user: postgres\n  port: 5432\n", "user: postgres\npassword: x\n"),
    *("host: db\nport: 5432\ndbname: x\n", '{"database": {"user": "postgres"}}', "{user: [", "just words\n"),
    *("---\nuser: www-data\nworker_processes: 4\n", "models:\n  argo_base_url: http://x\n"),
)
OWN = (
    *(
        "user: jdoe\n",
        'config_version: "3"\ntypo: 1\n',
        "argo_base_url: demo\nname: x\n",
        '{"user": "jdoe", "port": 1}',
    ),
    *("# mine\n---\n'user': jdoe\nport: 1\n", "  user: jdoe\n  verbose: true\n", "user: jdoe\nnum_workers: 4\n"),
    *("native_openai_base_url: http://x/v1\nuser: jdoe\n", "argo_url: http://x\nuser: jdoe\n", "user: jdoe\nport: [\n"),
)


@pytest.mark.parametrize("text", OWN)
def test_a_config_that_says_so_or_has_only_our_keys_is_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert config_path(tmp_path, tmp_path / "home") == tmp_path / "config.yaml"


def test_every_key_is_one_by_which_a_file_is_known() -> None:
    says_so = {key for key in KEYS if key.startswith("native_") or "argo_" in key or key == "config_version"}
    assert set(KEYS) <= NAMES | says_so


@pytest.mark.parametrize("text", FOREIGN)
def test_a_config_of_another_program_in_the_working_folder_is_passed_over(tmp_path: Path, text: str) -> None:
    work, home = tmp_path / "work", tmp_path / "home"
    (home / ".config" / "argoproxy").mkdir(parents=True)
    work.mkdir()
    (work / "config.yaml").write_text(text)
    mine = home / ".config" / "argoproxy" / "config.yaml"
    mine.write_text("user: jdoe\n")
    assert load(cwd=work, home=home, environ={}).path == mine


HUSH = {
    "argo_base_url": "https://me:hush-1@argo.example/x",
    "otlp_endpoint": "http://me:hush-1@127.0.0.1:4318",
    "limits_store": "redis://:hush-1@x:99999/0",
    "usage_ledger": "postgresql://me:hush-1#2@h/d",
    "responses_store": "nosql://me:hush-1@x/",
    "host": "redis://:hush-1@x",
    "allowed_hosts": "['http://me:hush-1@x']",
}


@pytest.mark.parametrize("key", HUSH)
def test_no_refusal_tells_a_password(write: Write, key: str) -> None:
    assert "hush" not in refusal(write(f"user: jdoe\n{key}: {HUSH[key]!r}\n".replace('"[', "[").replace(']"', "]")))
    with pytest.raises(SettingsError) as refused:
        load(write("user: jdoe\n"), environ={f"ARGO_PROXY_{key.upper()}": HUSH[key]})
    assert "hush" not in str(refused.value)


def test_what_is_shown_has_no_password_and_tells_two_apart(write: Write) -> None:
    def shown(password: str) -> dict[str, object]:
        urls = (
            f"usage_ledger: 'postgresql://h/d?user=me&password={password}'\nlimits_store: 'redis://:{password}@h/0'\n"
        )
        return load(write(f"user: jdoe\n{urls}"), environ={}).settings.shown()

    first, second = shown("hush-1"), shown("hush-2")
    assert "hush" not in str(first)
    assert str(first["limits_store"]).startswith("redis://:[removed ")
    assert str(first["limits_store"]).endswith("@h/0")
    assert [key for key in first if first[key] != second[key]] == ["usage_ledger", "limits_store"]


@pytest.mark.parametrize("key", ["ssl_ca_file", "dump_dir", "responses_key_file", "responses_store"])
def test_a_path_that_the_system_does_not_take_is_told(write: Write, key: str) -> None:
    said = refusal(write(f"user: jdoe\n{key}: /tmp/{'a' * 5000}\n"))
    assert f": {key}\n" in said
    assert "File name too long" in said
    assert len(said) < 2000
