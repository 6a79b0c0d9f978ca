"""Whose certificates are taken for ARGO's: those that this machine trusts, on each way out; and what is told else."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from argo_addon.images.downloads import Downloads, NoImage
from argo_addon.settings import trust
from argo_addon.settings.model import SettingsError, load

from ..running import Proxy, Upstream, json_answer, proxy, settings_for, upstream

ANSWER = (
    b'{"id":"1","object":"chat.completion","created":1,"model":"gpt54","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"hi"}}]}'
)
LIST = b'{"data": [{"id": "GPT 9", "internal_id": "gpt9"}]}'
BODY = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
DAY = datetime.timedelta(days=1)
Key = ec.EllipticCurvePrivateKey


def signed(
    name: str, key: Key, by: str, signer: Key, *, authority: bool, since: int = -1, until: int = 1, host: str = ""
) -> bytes:
    """A certificate as PEM, valid from and until so many days from now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, by)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since * DAY)
        .not_valid_after(now + until * DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=authority)
    )
    if host:
        whose = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        made = made.add_extension(whose, critical=False)
    return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Laboratory:
    """An authority of its own, without what RFC 5280 wants of one, as laboratories have, and ARGO's certificate."""

    def __init__(
        self, folder: Path, name: str = "Laboratory", *, since: int = -1, until: int = 1, host: str = "127.0.0.1"
    ):
        folder.mkdir(parents=True, exist_ok=True)
        key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.authority = folder / "authority.pem"
        self.authority.write_bytes(signed(name, key, name, key, authority=True))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        leaf = signed("argo", own, name, key, authority=False, since=since, until=until, host=host)
        served = folder / "argo.pem"
        served.write_bytes(leaf + own.private_bytes(*form))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(served)

    def hashed(self, folder: Path) -> Path:
        """A folder with its authority, as OpenSSL wants one."""
        folder.mkdir()
        command = ["openssl", "x509", "-noout", "-hash", "-in", str(self.authority)]
        name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        (folder / f"{name}.0").write_bytes(self.authority.read_bytes())
        return folder


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in trust.VARIABLES:
        monkeypatch.delenv(name, raising=False)


@contextmanager
def gateway(laboratory: Laboratory, **more: object) -> Iterator[tuple[Upstream, Proxy]]:
    with upstream(laboratory.context) as argo:
        argo.answer = lambda seen: [json_answer(ANSWER if seen.line.startswith("POST") else LIST)]
        with proxy(settings_for(argo.url, **more)) as running:
            yield argo, running


def called(running: Proxy) -> httpx.Response:
    return httpx.post(running.url + "/v1/chat/completions", json=BODY, trust_env=False, timeout=10)


def refreshed(running: Proxy) -> httpx.Response:
    return httpx.post(running.url + "/refresh", trust_env=False, timeout=10)


Ways = Callable[[Laboratory, Path], dict[str, str]]
WAYS: dict[str, Ways] = {
    "SSL_CERT_FILE": lambda lab, folder: {"SSL_CERT_FILE": str(lab.authority)},
    "SSL_CERT_DIR": lambda lab, folder: {"SSL_CERT_DIR": str(lab.hashed(folder / "hashed"))},
    "one of several folders": lambda lab, folder: {"SSL_CERT_DIR": f"{folder}:{lab.hashed(folder / 'hashed')}"},
    "REQUESTS_CA_BUNDLE": lambda lab, folder: {"REQUESTS_CA_BUNDLE": str(lab.authority)},
    "REQUESTS_CA_BUNDLE, a folder": lambda lab, folder: {"REQUESTS_CA_BUNDLE": str(lab.hashed(folder / "hashed"))},
    "CURL_CA_BUNDLE": lambda lab, folder: {"CURL_CA_BUNDLE": str(lab.authority)},
    "beside another": lambda lab, folder: {
        "SSL_CERT_FILE": str(Laboratory(folder / "other", "Other").authority),
        "REQUESTS_CA_BUNDLE": str(lab.authority),
    },
    "beside one that is not there": lambda lab, folder: {
        "SSL_CERT_FILE": str(folder / "gone"),
        "REQUESTS_CA_BUNDLE": str(lab.authority),
    },
    "beside one that holds none": lambda lab, folder: {
        "SSL_CERT_FILE": str(emptied(folder / "empty")),
        "REQUESTS_CA_BUNDLE": str(lab.authority),
    },
}


def emptied(path: Path) -> Path:
    path.write_text("no certificate\n")
    return path


@pytest.mark.parametrize("way", WAYS)
def test_11_7_what_a_variable_names_is_trusted_for_calls_and_the_list(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = Laboratory(tmp_path / "lab")
    for name, value in WAYS[way](laboratory, tmp_path).items():
        monkeypatch.setenv(name, value)
    with gateway(laboratory) as (_, running):
        assert called(running).json()["choices"]
        assert refreshed(running).json()["models"]["count"] == 1


def test_11_7_the_systems_store_is_trusted_and_certifis_list_only_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = Laboratory(tmp_path / "lab")
    monkeypatch.setattr(trust, "_SYSTEM", (str(tmp_path / "none"), str(laboratory.authority)))
    with gateway(laboratory) as (_, running):
        assert called(running).json()["choices"]
        assert refreshed(running).status_code == 200
    assert [source.name for source in trust.trust_of(None, {}).sources] == ["the system's store"]
    monkeypatch.setattr(trust, "_SYSTEM", ())
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: ssl.DefaultVerifyPaths(*("/none",) * 6))
    assert [source.name for source in trust.trust_of(None, {}).sources] == ["certifi's list"]


FAULTS: dict[str, tuple[Callable[[Path], Laboratory], str]] = {
    "untrusted": (Laboratory, "certificate is not trusted"),
    "expired": (lambda folder: Laboratory(folder, since=-3, until=-1), "certificate has expired"),
    "too early": (lambda folder: Laboratory(folder, since=1, until=3), "not valid yet"),
    "wrong name": (lambda folder: Laboratory(folder, host="127.0.0.9"), "for another name"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_certificate_is_named_with_where_was_looked(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, words = FAULTS[fault]
    laboratory = make(tmp_path / "lab")
    trusted = laboratory if fault != "untrusted" else Laboratory(tmp_path / "other", "Other")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.authority))
    with gateway(laboratory) as (argo, running):
        answer = called(running)
        assert answer.status_code == 502
        for said in (answer.json()["error"]["message"], refreshed(running).json()["models"]["problem"]):
            assert words in said
            assert f"SSL_CERT_FILE {trusted.authority}" in said
            assert "the system's store /etc/ssl" in said or "certifi" in said
        assert argo.seen == []


def test_ssl_ca_file_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laboratory, other = Laboratory(tmp_path / "lab"), Laboratory(tmp_path / "other", "Other")
    monkeypatch.setenv("SSL_CERT_FILE", str(laboratory.authority))
    with gateway(laboratory, ssl_ca_file=str(other.authority)) as (_, running):
        said = called(running).json()["error"]["message"]
        assert "not trusted" in said
        assert f"looked in: ssl_ca_file {other.authority})" in said


def test_a_file_without_certificates_is_refused_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"config_version: '3'\nuser: jdoe\nssl_ca_file: {emptied(tmp_path / 'ca.pem')}\n")
    with pytest.raises(SettingsError, match="holds no certificate"):
        load(path, environ={})


def test_a_variable_that_names_nothing_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = trust.trust_of(None, {"SSL_CERT_FILE": str(tmp_path / "gone")})
    assert "SSL_CERT_FILE" in caplog.text
    assert "gone" not in found.told


@pytest.mark.parametrize("trusted", [True, False])
def test_images_are_fetched_from_hosts_that_are_trusted_alike(
    trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = Laboratory(tmp_path / "lab")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(laboratory.authority))
    picture = b"\x89PNG\r\n\x1a\n" + bytes(20)
    with upstream(laboratory.context) as host:
        host.answer = lambda seen: [json_answer(picture, content_type="image/png")]
        fetching = Downloads(5, 1, allowed=lambda address: True).fetch(host.url + "/a.png")
        if trusted:
            assert asyncio.run(fetching) == picture
        else:
            with pytest.raises(NoImage, match=r"not trusted.*the system's store"):
                asyncio.run(fetching)


def test_the_keychains_of_macos_are_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    laboratory = Laboratory(tmp_path / "lab")
    monkeypatch.setattr(trust, "_keychains", lambda: laboratory.authority.read_text())
    found = trust.trust_of(None, {}, "darwin")
    assert found.told == "the keychains of macOS"
    assert len(trust.client_context(found).get_ca_certs()) == 1
    monkeypatch.setattr(trust, "trust_of", lambda *given: found)
    monkeypatch.setattr("argo_addon.models.upstream_access.trust_of", lambda *given: found)
    with gateway(laboratory) as (_, running):
        assert called(running).json()["choices"]
