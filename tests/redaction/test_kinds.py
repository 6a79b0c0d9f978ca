"""What a secret looks like where people really write it, and what looks like one and is none."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from argo_addon.redaction import GONE, redacted, safe_body, safe_target

_RANDOM = "q7Zk2Wm9Xt4Rb8Vn3Jd6Hf1Lp5Cs0Gy"
_LONG = _RANDOM * 5
_HEX = "3f9a1c7be04d5826" * 10
_UPPER = "Q7ZK2WM9XT4RB8VN3JD6HF5LP5CS2GY3"
_WORD = "Tr0ub4dor"

KINDS = (
    # by how they begin
    *(f"{begin}{_LONG[:count]}" for begin, count in (
        ("secret_", 43), ("sq0atp-", 22), ("sq0csp-", 43), ("EAAA", 60), ("sntrys_", 80), ("dp.pt.", 43),
        ("dp.st.prd.", 43),
        ("pscale_pw_", 43), ("sb_secret_", 31), ("EZAK", 54), ("1//0", 60), ("tgp_v1_", 43), ("phx_", 43), ("nfp_", 40),
        ("FlyV1 fm2_", 80), ("CCIPAT_", 40), ("ATBB", 32), ("rzp_live_", 20), ("LTAI", 20), ("ops_eyJ", 80),
        ("AQ.Ab8R", 45),
    )),
    *(f"{begin}{_HEX[:count]}" for begin, count in (
        ("SK", 32), ("key-", 32), ("CLOJARS_", 60), ("sk_", 48), ("xkeysib-", 64), ("sgp_", 40), ("bkua_", 40),
        ("rnd_", 32),
        ("v1.0-" + "3f9a1c7be04d5826aa00bb11-", 146),
    )),
    f"xoxb-{_RANDOM[:10]}",  # the shortest that there are
    f"whsec_{_RANDOM[:10]}",
    f"NRAK-{_UPPER[:27]}",
    f"{_RANDOM[:14]}.atlasv1.{_LONG[:64]}",
    f"123456789:AA{_LONG[:33]}",
    f"https://hooks.slack.com/services/TQYQSZAVS/BZWVWUHCA/{_RANDOM[:24]}",
    f"https://discord.com/api/webhooks/123456789012345678/{_LONG[:68]}",
    f"https://x.webhook.office.com/webhookb2/{_LONG[:80]}",
    f"joe:$apr1$o6tIa3GA${_RANDOM[:22]}",
    f"root:$6$dSuWSWZh${_LONG[:86]}:19000:0:99999:7:::",
    f"$2b$12${_LONG[:53]}",
    f"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 2\n{_LONG[:64]}\n{_LONG[:64]}\nPrivate-MAC: 12",
    # by the name before them
    f"set -gx OPENAI_API_KEY {_RANDOM}",
    f"setenv OPENAI_API_KEY {_RANDOM}",
    f"ENV API_TOKEN {_RANDOM}",
    f'let token: &str = "{_RANDOM}";',
    f'const apiKey: string = "{_RANDOM}";',
    f'api_key: Optional[str] = "{_RANDOM}"',
    f"    client-key-data: {base64.b64encode(_LONG.encode()).decode()}",
    f"<password>{_WORD}</password>",
    f"<ns:apiKey>{_RANDOM}</ns:apiKey>",
    f'<add key="ApiKey" value="{_RANDOM}"/>',
    f"- name: DB_PASSWORD\n  value: {_WORD}",
    f'see {{"name": "api_key", "value": "{_RANDOM}"}}',
    f'see ["x", "--password", "{_WORD}"]',
    f'see {{"apiKeys": ["{_RANDOM}", "{_RANDOM[::-1]}"]}}',
    f'{{"secrets": ["{_RANDOM}"]}}',
    f'os.environ.get("API_KEY", "{_RANDOM}")',
    f"My password is {_WORD}.",
    f"Here is my token `{_RANDOM}`",
    f"Das Passwort: {_WORD}",
    f"Mein Kennwort lautet {_WORD}",
    f"mot de passe : {_WORD}",
    f"contraseña: {_WORD}",
    f"密码\uff1a{_WORD}",
    f"пароль: {_WORD}",
    f"| password | {_WORD} |",
    f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{_WORD}\r\n--b--',
    f'--b\r\nContent-Disposition: form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\n{_RANDOM}\r\n--b--',
    f"https://localhost/cb?code={_RANDOM}&state=x",
    # in commands
    f"mysql -u root -p{_WORD} db",
    f"sshpass -p {_WORD} ssh h",
    f"sshpass -p '{_WORD}' ssh h",
    f"docker login -u joe -p {_WORD}",
    # encoded
    quote(f"https://x.org/?token={_RANDOM}", safe=""),
    quote(quote(f"https://x.org/?token={_RANDOM}&b=c", safe=""), safe=""),
    base64.b64encode(f"OPENAI_API_KEY=sk-proj-{_RANDOM}".encode()).decode(),
    base64.b64encode(json.dumps({"auth": {"password": _WORD}}).encode()).decode(),
)  # fmt: skip

_CORES = (_RANDOM[:12], _RANDOM[-8:], _HEX[30:44], _UPPER[:12], _WORD, _RANDOM[::-1][:12],
          base64.b64encode(_RANDOM[:9].encode()).decode())  # fmt: skip


def _within(kind: str) -> dict[str, str]:
    """A text as it is, in a message, and in JSON within JSON."""
    message = {"messages": [{"role": "user", "content": f"before {kind}\nafter"}]}
    call = {"function": {"arguments": json.dumps({"cmd": f"before\n{kind}\nafter"})}}
    return {"alone": kind, "a message": json.dumps(message), "a call": json.dumps({"tool_calls": [call]})}


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_goes_wherever_people_write_it(kind: str) -> None:
    for place, text in _within(kind).items():
        safe = safe_body(text.encode()).decode()
        assert GONE in safe, (place, safe)
        assert not any(core in safe for core in _CORES if core in text), (place, safe)
        assert not kind.startswith(("base64", "T1BF", "eyJh")) or kind not in safe
        if place != "alone":
            json.loads(safe)
            assert "before" in safe, (place, safe)
            assert "after" in safe, (place, safe)


HARMLESS = (
    'IPSECKEY: "IPSECKEY",',
    "'Cookie': 'Cookie',",
    "SERVER_AUTH = '1.3.6.1.5.5.7.3.1'",
    "information can be provided via the --username and --password options",
    "# Return with login / password\n    login_i = 0 if _netrc[0] else 1",
    "Enter your login and password below",
    "the password is required",
    "the password is not correct, and the token is expired",
    "your password is 8 characters long at the least",
    "| password | the user's password |\n| token | string |",
    'assert response["token"], "no token"',
    'config.get("password", "the default one")',
    'raise KeyError("api_key", "missing_in_configuration")',
    "def login(user: str, password: str = None) -> Token:",
    "def __init__(self, api_key: str | None = None, *, token: Token = Depends(get_token)):",
    "<password></password>",
    "<token>string</token>",
    "List<Token> tokens = parser.tokens(source);",
    "if (token > maximum) return;",
    "key-value pairs, key-based lookups, and secret_santa_list",
    "SKILL.md and SKU 12345",
    "git log 3f9a1c7be04d58263f9a1c7be04d58263f9a1c7be04d5826",
    "import { SecretsManager } from 'aws-sdk'",
    "- name: PASSWORD_FILE\n  value: /run/secrets/password",
    "- name: replicas\n  value: 3",
    "setenv PATH /usr/bin",
    "ENV PYTHONUNBUFFERED 1",
    "grep -rn token -p src",
    "mkdir -p build && mysql --version",
    "https://example.org/search?code=200&q=x",
    "https%3A%2F%2Fexample.org%2F%3Fq%3Dtoken",
    "TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQgY29uc2VjdGV0dXI=",
    'key::ecdsa-sha2-nistp256 and "key::" prefix',
    "the form scheme://[user:passwd@]proxy.server:port",
    "const token: string = await getToken();",
    "for (const token of tokens) { emit(token, value); }",
    "Das Passwort ist falsch.",
    "sk_transform_pipeline and sk_learn_version",
    "pass `token` to the function",
    '{"prompt_cache_key": "01a22183-a143-7d31-872b-dfbfe298986a"}',
    '{"promptCacheKey": "01a22183-a143-7d31-872b-dfbfe298986a", "idempotency-key": "0b1c2d3e4f504a6b8c7d"}',
)


@pytest.mark.parametrize("text", HARMLESS)
def test_code_and_prose_stay_readable(text: str) -> None:
    assert redacted(text) == text


def test_a_code_of_a_redirection_goes_from_a_url() -> None:
    assert safe_target(f"/cb?code={_RANDOM}&state=x") == f"/cb?code={GONE}&state=x"
    assert safe_target("/cb?code=200") == "/cb?code=200"
