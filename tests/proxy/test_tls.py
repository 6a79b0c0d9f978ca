"""ARGO over TLS: its certificate and name are verified."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..running import Upstream, proxy, settings_for, streamed, upstream

CHAT_STREAM = (Path(__file__).parent.parent / "fixtures" / "openai_chat" / "text.sse").read_bytes()
BODY = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


def certificate(folder: Path, address: str) -> Path:
    """A self-signed certificate for an address or a name, with its key, as one PEM file."""
    try:
        whose: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        whose = x509.DNSName(address)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "argo")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([whose]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "argo.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    return path


@pytest.fixture(params=["127.0.0.1", "127.0.0.9"], ids=["right name", "wrong name"])
def pem(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return certificate(tmp_path, request.param)


@pytest.fixture
def argo(pem: Path) -> Iterator[Upstream]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    with upstream(context) as made:
        made.answer = lambda seen: streamed(CHAT_STREAM)
        yield made


def test_a_certificate_that_nobody_vouches_for_is_a_502_that_says_so(argo: Upstream) -> None:
    with proxy(settings_for(argo.url)) as running:
        answer = httpx.post(running.url + "/v1/chat/completions", json=BODY, trust_env=False)
    assert answer.status_code == 502
    assert "certificate is not trusted" in answer.json()["error"]["message"]
    assert argo.seen == []


def test_a_trusted_certificate_is_taken_for_its_own_name_only(
    argo: Upstream, pem: Path, request: pytest.FixtureRequest
) -> None:
    with proxy(settings_for(argo.url, ssl_ca_file=str(pem))) as running:
        answer = httpx.post(running.url + "/v1/chat/completions", json=BODY, trust_env=False)
    if "right name" in request.node.name:
        assert answer.content == CHAT_STREAM
    else:
        assert answer.status_code == 502
        assert "certificate" in answer.json()["error"]["message"]
        assert argo.seen == []
