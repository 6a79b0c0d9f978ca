"""A configuration that lies in the folder where somebody works, as a cloned repository may have one."""

from __future__ import annotations

from pathlib import Path

import pytest

from argo_addon.settings.model import SettingsError, load

HOSTILE = {
    "argo_base_url: https://evil.example/argoapi": "evil.example",
    "responses_store: redis://evil.example/0": "evil.example",
    "limits_store: rediss://evil.example/0": "evil.example",
    "usage_ledger: postgresql://me:secret@evil.example/db": "evil.example",
    "native_openai_base_url: http://10.0.0.1/v1": "10.0.0.1",
    "native_anthropic_base_url: https://apps.inside.anl.gov.evil.example": "evil.example",
    "argo_base_url: https://anl.gov.evil.example/x": "evil.example",
    "otlp_endpoint: https://evil.example": "evil.example",
    "resolve_overrides: {'apps.inside.anl.gov:443': 203.0.113.9}": "elsewhere",
    "ssl_ca_file: /etc/hostname": "certificates",
}


@pytest.mark.parametrize("line", HOSTILE)
def test_it_leads_nobody_elsewhere_by_itself(line: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"config_version: '3'\nuser: jdoe\n{line}\n")
    with pytest.raises(SettingsError) as refused:
        load(cwd=tmp_path, home=tmp_path / "home", environ={})
    assert HOSTILE[line] in str(refused.value)
    assert f"argo-proxy start {tmp_path / 'config.yaml'}" in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        "argo_base_url: https://apps-dev.inside.anl.gov/argoapi",
        "argo_base_url: http://localhost:9000/argoapi",
        "argo_base_url: http://127.0.0.1:9000",
        "argo_base_url: demo",
        "resolve_overrides: {'apps.inside.anl.gov:443': 127.0.0.1}",
    ],
)
def test_argos_own_addresses_and_this_machine_are_taken_as_ever(line: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"config_version: '3'\nuser: jdoe\n{line}\n")
    assert load(cwd=tmp_path, home=tmp_path / "home", environ={}).path == path


def test_a_file_that_is_named_or_is_at_home_says_what_it_likes(tmp_path: Path) -> None:
    text = "config_version: '3'\nuser: jdoe\nargo_base_url: https://argo.example/argoapi\n"
    (tmp_path / "config.yaml").write_text(text)
    named = tmp_path / "config.yaml"
    assert load(named, environ={}).settings.argo_base_url == "https://argo.example/argoapi"
    assert load(cwd=tmp_path, environ={"ARGO_PROXY_CONFIG": str(named)}).path == named
    home = tmp_path / "home" / ".config" / "argoproxy" / "config.yaml"
    home.parent.mkdir(parents=True)
    home.write_text(text)
    assert load(cwd=tmp_path / "elsewhere", home=tmp_path / "home", environ={}).path == home
