"""No credential leaves the machine (pitfalls 9.10)."""

from __future__ import annotations

import pytest

from argo_addon.redaction import redacted

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
