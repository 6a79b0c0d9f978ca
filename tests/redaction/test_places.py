"""No credential leaves the machine (pitfalls 9.10)."""

from __future__ import annotations

import base64

import pytest

from argo_addon.redaction import redacted, safe_body, safe_target, secrets_in

SECRET = "pLaNtEd-s3cr3t-value"


@pytest.mark.parametrize(
    "text",
    [
        f"authorization: Bearer {SECRET}",
        f'"Authorization": "Bearer {SECRET}"',
        f"'x-api-key': '{SECRET}', 'other': 1",
        f"x-goog-api-key={SECRET}",
        f"POST /v1beta/models/g:generateContent?key={SECRET} HTTP/1.1",
        f"GET /x?alt=sse&key={SECRET}&b=1",
        f"https://jdoe:{SECRET}@proxy.example:3128/",
        f"http://{SECRET}@proxy.example/",
        f"proxy-authorization: Basic {SECRET}",
        f"Cookie: session={SECRET}; other={SECRET}",
        f'{{"api_key": "{SECRET}"}}',
        f"ANTHROPIC_API_KEY={SECRET}",
        f"ANTHROPIC_AUTH_TOKEN: {SECRET}",
        f"password: {SECRET}",
        f"sk-ant-{SECRET}",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
    ],
)
def test_9_10_a_credential_is_removed_wherever_it_stands(text: str) -> None:
    assert SECRET not in redacted(text)


def test_what_is_no_credential_stays() -> None:
    text = "2026-11-23 INFO claude-cli -> claude-opus-4-6 (claudeopus46) streamed: 200, 812 ms, dropped temperature\n"
    assert redacted(text) == text
    assert redacted("user: jdoe\nport: 44497\nargo_base_url: https://apps.inside.anl.gov/argoapi\n").count("\n") == 3


def test_credentials_go_in_every_form_that_they_take() -> None:
    basic = base64.b64encode(b"bob:pass/w0rd-bob").decode()
    headers = [(b"Authorization", f"Basic {basic}".encode()), (b"cookie", b"a=cookie-one-1111; b=cookie-two-2222"),
               (b"x-api-key", b'Zq7/abc"def99')]  # fmt: skip
    target = "/x?secret=query-secret-1&%6bey=percent%2Dkey-22&sig=signature-333&alt=sse"
    secrets = secrets_in(headers, target)
    body = (
        rb"pass/w0rd-bob pass\/w0rd-bob cookie-one-1111 cookie-two-2222 Zq7\/abc\"def99 query-secret-1 percent-key-22"
        b" signature-333 https://bob:pw12@host/ -----BEGIN RSA PRIVATE KEY-----\\nMIIEabc9"
    )
    safe = safe_body(body, secrets)
    for word in (b"w0rd", b"cookie-", b"Zq7", b"query-", b"percent", b"signature", b"bob", b"abc"):
        assert word not in safe, (word, safe)
    assert b"https://[removed]@host/" in safe
    assert safe_target(target) == "/x?secret=[removed]&%6bey=[removed]&sig=[removed]&alt=sse"


def test_a_number_as_a_key_does_not_break_other_numbers() -> None:
    secrets = secrets_in([(b"authorization", b"Bearer 12345678"), (b"x-api-key", b"abcdefg1")], "/")
    assert safe_body(b'{"seed":1234567890,"x":"xabcdefg12"}', secrets) == b'{"seed":1234567890,"x":"xabcdefg12"}'
