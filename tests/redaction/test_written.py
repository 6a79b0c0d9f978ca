"""Secrets in what is written otherwise: percent-encoded, in base64 of either alphabet and over lines, in UTF-16."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from argo_addon.redaction import redacted, safe_body, safe_target

from .planting import SECRETS, is_planted

EVERY = pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)


@EVERY
def test_a_secret_that_is_percent_encoded_goes_and_what_stands_around_it_stays(secret: str) -> None:
    for written in (quote(secret, safe=""), quote_plus(secret), quote(quote(secret, safe=""), safe="")):
        target = safe_target(f"/a?u={written}&kept=1")
        said = redacted(f"Referer: https://example.org/kept?u={written}&kept=1 and so on")
        for text in (target, said):
            assert not is_planted(text)
            assert "kept" in text
        assert said.endswith(" and so on")


@EVERY
def test_a_secret_in_base64_of_json_goes_however_that_is_written(secret: str) -> None:
    data = json.dumps({"some": "über?>~", "one": f"{secret} ", "more": "x" * 90}, ensure_ascii=False).encode()
    plain, url = base64.b64encode(data), base64.urlsafe_b64encode(data).rstrip(b"=")
    for written in (plain, url, base64.encodebytes(data), base64.b64encode(data + b" " * 9000)):
        text = f"before {written.decode()}\nbehind"
        safe = redacted(text)
        assert safe.startswith("before [removed]")
        assert safe.endswith("behind")


def test_what_is_no_text_in_base64_or_escaped_in_an_innocent_url_stays() -> None:
    picture = base64.b64encode(bytes(range(256)) * 40).decode()
    wrapped = base64.encodebytes(bytes(range(256)) * 4).decode()
    prose = base64.b64encode(b"nothing but plain words that anybody may read").decode()
    for text in (picture, f"data:image/png;base64,{picture}", wrapped, prose, "/a%20b?q=caf%C3%A9+au+lait&x=100%",
                 "https://example.org/a%2Fb%3Fc%3Dd", "printf('%02d%%ab %s')"):  # fmt: skip
        assert redacted(text) == text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_body_of_two_or_four_bytes_a_letter_is_looked_through(encoding: str) -> None:
    for secret in SECRETS.values():
        body = json.dumps({"said": f"é {secret} kept"}, ensure_ascii=False).encode(encoding)
        safe = safe_body(body).decode(encoding)
        assert not is_planted(safe)
        assert "kept" in json.loads(safe)["said"] or "COOKIE" in secret.upper()
    data = b"\x89PNG\0\0\0\x0d" + bytes(range(256)) * 3
    assert safe_body(data) == data


def test_errors_that_repeat_half_a_key_or_a_url_of_one_slash_hold_none() -> None:
    lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC/abcdefgh0123456789+xyz "
    assert redacted(f"/v1/-----BEGIN RSA PRIVATE KEY----- {lines * 3}is not served") == "/v1/[removed] is not served"
    assert redacted("postgres:/jdoe:pL4nT3dq9Z@db/x is not served") == "postgres:/[removed]@db/x is not served"
