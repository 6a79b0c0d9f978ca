"""A body without its secrets is the body that it was, and stays readable."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.redaction import GONE, redacted, safe_body

from .planting import NAMED, SECRETS, documents, dumped, is_planted, opened, shape_of, words_in


@given(documents())
def test_a_body_keeps_its_shape_and_what_stands_around_a_secret_at_any_depth(document: str) -> None:
    safe = safe_body(document.encode()).decode()
    before, after = opened(json.loads(document)), opened(json.loads(safe))
    assert shape_of(after) == shape_of(before)
    words = words_in(after)
    assert not is_planted(words), words
    assert "<first>" in words, words
    assert "<last>" in words, words
    assert words.count("kept") == words_in(before).count("kept")


@given(documents(), st.integers(0, 10_000))
def test_a_body_that_is_cut_off_has_no_secret_either(document: str, size: int) -> None:
    assert not is_planted(redacted(document[:size]).replace("\\", ""))


@given(documents())
def test_a_second_time_changes_nothing(document: str) -> None:
    once = safe_body(document.encode())
    assert safe_body(once) == once


@pytest.mark.parametrize("form", SECRETS)
@pytest.mark.parametrize(
    "around", ["{}", "log line: {} and more", "({})", "<{}>", "[x] {}\n", "'{}'", "first\n{}\nlast"]
)
def test_a_secret_goes_from_any_text(form: str, around: str) -> None:
    before, _, after = around.partition("{}")
    safe = redacted(before + SECRETS[form] + after)
    assert not is_planted(safe), safe
    assert safe.startswith(before)
    assert safe.endswith(after), safe
    assert GONE in safe


@given(st.data())
def test_what_a_member_of_such_a_name_holds_goes_whatever_it_is(data: st.DataObject) -> None:
    secret = data.draw(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=6).filter(
            lambda text: (
                text.strip("x*.-_ ")
                and "$" not in text
                and "<" not in text
                and "{" not in text
                and "%" not in text
                and "[" not in text
            )
        )
    )
    name = data.draw(st.sampled_from(NAMED))
    document = dumped(
        data.draw, {"model": "kept", "arguments": dumped(data.draw, {name: "9" + secret + "z", "path": "/kept"})}
    )
    safe = json.loads(json.loads(safe_body(document.encode()))["arguments"])
    assert safe == {name: GONE, "path": "/kept"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "x-api-key", "value": "abcd1234efgh"}, {"name": "x-api-key", "value": GONE}),
        ({"name": "DB_PASSWORD", "value": "swordfish"}, {"name": "DB_PASSWORD", "value": GONE}),
        (["login", "--password", "swordfish", "x"], ["login", "--password", GONE, "x"]),
        ({"password": 12345678, "n": 12345678}, {"password": 0, "n": 12345678}),
        ({"passwords": "none", "api_keys": ["abcd1234efgh"]}, {"passwords": "none", "api_keys": [GONE]}),
    ],
)  # fmt: skip
def test_what_stands_beside_a_name_goes(body: object, expected: object) -> None:
    assert json.loads(safe_body(json.dumps(body).encode())) == expected


READABLE = [
    'password = getpass.getpass("Password: ")',
    "api_key = os.environ['OPENAI_API_KEY']",
    'headers = {"Authorization": f"Bearer {api_key}", "x-api-key": api_key}',
    "curl -H 'Authorization: Bearer $TOKEN' -H \"x-api-key: ${KEY}\" https://example.org/?key=$KEY",
    "def login(user: str, password: str, token: Token | None = None) -> Session:",
    "interface Login { user: string; password: string; apiKey?: string }",
    "client = Client(api_key=self.api_key, token=token, password=settings.password)",
    "for token in tokens: print(token.text)  # token: the next one, key: its name",
    "max_tokens: 4096\ninput_tokens: 12, output_tokens: 345, prompt_tokens=1234567890",
    "primary_key=True, PRIMARY KEY (id), sort_key: name, cache_key = f'{user}:{name}'",
    "Set your API key: open Settings > Keys. The password: must have 8 letters at least.",
    "The secret of the token: basic understanding and bearer tokens differ. Basic authentication, Bearer token.",
    "sk-learn-like-names and .sk-fading-circle-container, task-management-system-of-2024-with-long-names",
    "npm_config_registry npm_lifecycle_event hf_hub_download pypi-attestations-and-more",
    "https://example.org/a?page=2&sort=key&q=token+ring#auth git@github.com:a/b.git ssh://git@host/x",
    "<Input type='password' name='password' key='row' placeholder='Your password' />",
    '{"properties": {"password": {"type": "string", "description": "The password"}}, "required": ["password"]}',
    '{"logprobs": {"content": [{"token": "Hello", "logprob": -0.1}, {"token": " sk", "logprob": -3}]}}',
    '{"token": "<eos>", "key": "user_profile", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}',
    "cookie: the one that you eat; the cookie jar = full",
    'if not secret: raise ValueError("the secret is missing")  # secret == "" or password is None',
    "2026-11-23 INFO claude-cli -> claude-opus-4-6 (claudeopus46) streamed: 200, 812 ms, dropped temperature",
    "API_KEY=your-api-key-here\nTOKEN=<token>\nSECRET=${SECRET}\nPASSWORD=***\nGITHUB_TOKEN=$(gh auth token)",
    "key: value\ntoken: abc\nauth: none\nauthor: Jane Doe\nkeyboard: 12345678\nmonkey = banana1",
    '{"call_id": "call_abcDEF123456", "id": "toolu_01AbCdEfGhIjKlMnOp", "item_id": "fc_0a1b2c3d4e5f6a7b8c9d0e1f"}',
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 commit 3425d4a1b2c3d4e5f6071829",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
]


@pytest.mark.parametrize("text", READABLE)
def test_code_and_prose_stay_as_they_are(text: str) -> None:
    assert redacted(text) == text
    body = json.dumps({"content": text, "arguments": json.dumps({"new_string": text})}).encode()
    assert safe_body(body) == body
