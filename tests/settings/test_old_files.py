"""Files and variables of the published argo-proxy: what a user is told of them, and that none goes elsewhere unsaid."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from argo_addon.settings.model import KEYS, load
from argo_addon.settings.places import config_path

from .asking import DEV, Write, refusal

PROD = "https://apps.inside.anl.gov/argoapi"
WRITTEN_BY_3_3_3 = f"""\
# Core settings
config_version: '3'
user: jdoe
host: 0.0.0.0
port: 51234
socket: /run/user/1000/argo.sock
verbose: true
log_to_file: false

# Upstream
argo_base_url: {PROD}
anthropic_stream_mode: force

# Network & validation
connection_test_timeout: 5
skip_url_validation: true
resolve_overrides: {{}}

# Image processing
enable_payload_control: false
max_payload_size: 20
image_timeout: 30
concurrent_downloads: 10

# Other
data_dir: /home/jdoe/argo
default_chat_model: argo:gpt-5.4-nano
default_embed_model: argo:text-embedding-3-small
dump_dir: /tmp/argo_dumps
dump_requests: true
max_log_history: 3
"""
"""Every key that 3.3.3 reads and writes, in its order (argoproxy/config/io.py, model.py of that release)."""


def test_a_file_of_3_3_3_is_taken_and_told_of_just_what_it_loses(write: Write) -> None:
    path = write(WRITTEN_BY_3_3_3)
    loaded = load(path, environ={})
    assert loaded.settings.argo_base_url == PROD
    told = {warning.split("`")[1]: warning for warning in loaded.warnings}
    assert set(told) == {"log_to_file", "data_dir"}
    assert loaded.settings.socket == "/run/user/1000/argo.sock"
    assert not any("did you mean" in warning for warning in loaded.warnings)
    assert "log" in told["log_to_file"].partition("ignored")[2]
    assert f"argo-proxy config migrate {path}" in told["data_dir"]


OLD_KEYS = (
    # 3.3.3, and what 2.7 to 3.2 had beside it
    *("log_to_file", "data_dir", "argo_url", "argo_stream_url", "argo_embedding_url", "argo_model_url"),
    *("use_native_openai", "use_native_anthropic", "provider_tool_format", "real_stream", "tool_prompt"),
    *("enable_leaked_tool_fix", "num_workers"),
)


@pytest.mark.parametrize("key", OLD_KEYS)
def test_no_key_of_the_published_one_is_guessed_at(write: Write, key: str) -> None:
    path = write(f"config_version: '3'\nuser: jdoe\nargo_base_url: {PROD}\n{key}: x\n")
    (warning,) = load(path, environ={}).warnings
    assert warning.startswith(f"{path}, line 4: `{key}` of argo-proxy 2 and 3 is ignored; ")
    assert "did you mean" not in warning


@pytest.mark.parametrize("key", ["log_to_file", "socket", "data_dir", "real_stream"])
def test_a_file_in_the_working_folder_is_ours_with_old_keys_too(tmp_path: Path, key: str) -> None:
    here = tmp_path / "config.yaml"
    here.write_text(f"user: jdoe\n{key}: x\n")
    assert config_path(tmp_path, tmp_path / "home") == here


@pytest.mark.parametrize(
    ("key", "url", "base"),
    [
        ("argo_url", f"{PROD}/api/v1/resource/chat/", PROD),
        ("argo_url", f'"{PROD}/api/v1/resource/chat"', PROD),
        ("argo_stream_url", f"{PROD}/api/v1/resource/streamchat/", PROD),
        ("argo_embedding_url", "http://localhost:8181/api/v1/resource/embed/", "http://localhost:8181"),
    ],
)
@pytest.mark.parametrize("version", ["", "config_version: '3'\n"])
def test_a_single_url_without_a_base_url_is_refused_and_not_left_out(
    write: Write, version: str, key: str, url: str, base: str
) -> None:
    path = write(f"{version}user: jdoe\n{key}: {url}\n")
    message = refusal(path)
    assert f": {key}\n" in message
    assert f"argo_base_url: {base}" in message
    assert f"argo-proxy config migrate {path}" in message
    assert load(path, overrides={"argo_base_url": DEV}, environ={}).settings.argo_base_url == DEV


def test_an_old_file_that_names_no_argo_is_told_which_is_asked(write: Write) -> None:
    loaded = load(write("user: jdoe\nlog_to_file: false\n"), environ={})
    assert any(DEV in warning and PROD in warning for warning in loaded.warnings)
    assert load(write("user: jdoe\n"), environ={}).warnings == ()


@pytest.mark.parametrize("value", ['"1"', '"2"', "1", "2", "2.0", '"2.8"'])
def test_the_remedy_for_an_old_version_has_the_path(tmp_path: Path, value: str) -> None:
    path = tmp_path / "my old config.yaml"
    path.write_text(f"user: jdoe\nconfig_version: {value}\n")
    message = refusal(path)
    assert "published argo-proxy 2.x and 3.x" in message
    assert f"argo-proxy config migrate '{path}'" in message


@pytest.mark.parametrize("value", ['"4"', "4", "10", '"3.1"', "4.0"])
def test_a_newer_version_is_not_taken_for_an_old_one(write: Write, value: str) -> None:
    message = refusal(write(f"user: jdoe\nconfig_version: {value}\n"))
    assert "argo-proxy update install" in message
    assert "migrate" not in message
    assert "2.x" not in message


@pytest.mark.parametrize("value", ["true", "abc", "", "''", "-1", "[3]"])
def test_what_is_no_version_gets_the_one_to_write(write: Write, value: str) -> None:
    message = refusal(write(f"user: jdoe\nconfig_version: {value}\n"))
    assert 'config_version: "3"' in message
    assert "migrate" not in message
    assert "update" not in message


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("usr", "user"),
        ("hosts", "host"),
        ("verbos", "verbose"),
        ("base_url", "argo_base_url"),
        ("dump_request", "dump_requests"),
        ("User", "user"),
        ("argo-base-url", "argo_base_url"),
    ],
)
def test_a_slip_is_guessed(write: Write, key: str, meant: str) -> None:
    warnings = load(write(f"user: jdoe\n{key}: x\n"), environ={}).warnings
    assert any(f"did you mean `{meant}`?" in warning for warning in warnings)


@pytest.mark.parametrize("key", ["database", "name", "colour", "log_level", "timeout", "services", "on", "api_key"])
def test_nothing_is_guessed_that_is_not_close(write: Write, key: str) -> None:
    (warning,) = load(write(f"user: jdoe\n{key}: x\n"), environ={}).warnings
    assert "did you mean" not in warning


# --- variables


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        ("PORT", "8080", "ARGO_PROXY_PORT=8080"),
        ("HOST", "127.0.0.1", "ARGO_PROXY_HOST=127.0.0.1"),
        ("VERBOSE", "False", "ARGO_PROXY_VERBOSE=false"),
        ("ARGO_BASE_URL", f"{PROD}/", f"ARGO_PROXY_ARGO_BASE_URL={PROD}"),
        ("SKIP_URL_VALIDATION", "1", "ARGO_PROXY_SKIP_URL_VALIDATION=true"),
        ("ANTHROPIC_STREAM_MODE", "Retry", "ARGO_PROXY_ANTHROPIC_STREAM_MODE=retry"),
        ("DUMP_REQUESTS", "yes", "ARGO_PROXY_DUMP_REQUESTS=true"),
        ("USERNAME_PASSTHROUGH", "True", "ARGO_PROXY_USERNAME_PASSTHROUGH=true"),
        ("CONFIG_PATH", "/etc/argo my.yaml", "ARGO_PROXY_CONFIG='/etc/argo my.yaml'"),
        ("SOCKET", "/run/argo.sock", "ARGO_PROXY_HOST=127.0.0.1"),
    ],
)
def test_a_variable_of_the_published_one_gets_the_name_that_it_has_now(
    write: Write, old: str, value: str, new: str
) -> None:
    (warning,) = load(write("user: jdoe\n"), environ={old: value}).warnings
    assert old in warning
    assert f"export {new}" in warning


@pytest.mark.parametrize(
    "environ",
    [
        {"HOST": "login01.lab.example"},  # csh and zsh set it
        {"PORT": "tcp://10.0.0.1:80"},  # Docker's links
        {"PORT": "44497"},  # what it is anyway
        {"VERBOSE": "3"},
        {"PORT": "8080", "ARGO_PROXY_PORT": "8081"},
        {"SOCKET": "7", "CONFIG_PATH": "", "DEV_MODE": "false", "DUMP_REQUESTS": ""},
    ],
)
def test_a_variable_that_is_another_programs_or_changes_nothing_is_passed_over(
    write: Write, environ: dict[str, str]
) -> None:
    assert load(write("user: jdoe\n"), environ=environ).warnings == ()


def test_a_variable_of_ours_that_is_not_known_is_told(write: Write) -> None:
    (warning,) = load(write("user: jdoe\n"), environ={"ARGO_PROXY_PROT": "1"}).warnings
    assert "ARGO_PROXY_PORT" in warning
    (warning,) = load(write("user: jdoe\n"), environ={"ARGO_PROXY_READ_TIMEOUT": "1"}).warnings
    assert "ARGO_PROXY_READ_TIMEOUT" in warning
    assert "did you mean" not in warning
    known = {f"ARGO_PROXY_{key.upper()}" for key in KEYS}
    assert "ARGO_PROXY_READ_TIMEOUT" not in known


@pytest.mark.parametrize("text", ["argo_cd: {url: x}\n", "argo_workflows: 3\nuser: x\n", "native_build: true\n"])
def test_what_only_sounds_like_ours_is_another_programs(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert config_path(tmp_path, tmp_path / "home") is None


@pytest.mark.parametrize("key", ["argo_base_ur", "argo_baseurl", "config_versoin", "native_open_ai_base_url"])
def test_a_key_of_ours_with_a_slip_is_still_ours(tmp_path: Path, key: str) -> None:
    (here := tmp_path / "config.yaml").write_text(f"{key}: x\nmine: 3\n")
    assert config_path(tmp_path, tmp_path / "home") == here


def test_a_pipe_in_the_working_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.yaml")
    assert config_path(tmp_path, tmp_path / "home") is None
