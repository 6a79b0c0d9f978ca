"""Secrets of every form, and documents to plant them in: JSON within JSON, however deep and however written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

_TAIL = "pL4nT3dq9Zx7Kw2Vb6Nm"
"""What no text holds by chance: it is in each of the secrets."""
PEM = "-----BEGIN {kind}PRIVATE KEY-----\n" + f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC/{_TAIL}+x\n" * 3 + "aGVsbG8=\n"
PEM_END = "-----END {kind}PRIVATE KEY-----"
_CLAIMS = base64.urlsafe_b64encode(json.dumps({"sub": _TAIL}).encode()).decode().rstrip("=")

SECRETS: dict[str, str] = {
    "a PEM key": (PEM + PEM_END).format(kind="RSA "),
    "a PEM key without its end": PEM.format(kind="").rstrip("\n"),
    "an OpenSSH key": (PEM + PEM_END).format(kind="OPENSSH "),
    "an encrypted PEM key": (  # with its two headers
        PEM.replace("KEY-----", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n", 1)
                             + PEM_END).format(kind=""),
    "Anthropic's": f"sk-ant-api03-{_TAIL}-{_TAIL}_AA",
    "OpenAI's": f"sk-proj-{_TAIL}_{_TAIL}",
    "OpenRouter's": f"sk-or-v1-{_TAIL}{_TAIL}",
    "Google's": f"AIza{_TAIL}_{_TAIL}"[:39],
    "GitHub's": f"ghp_{_TAIL}{_TAIL}"[:40],
    "GitHub's of the new kind": f"github_pat_11AAAA_{_TAIL}{_TAIL}",
    "GitLab's": f"glpat-{_TAIL}",
    "Hugging Face's": f"hf_{_TAIL}{_TAIL}"[:37],
    "npm's": f"npm_{_TAIL}{_TAIL}"[:40],
    "PyPI's": f"pypi-AgEIcHlwaS5vcmc{_TAIL}-{_TAIL}",
    "Slack's": f"xoxb-123456789012-{_TAIL}",
    "AWS's id": "AKIAPL4NT3DQ9ZX7KW2V",
    "AWS's id for a session": "ASIAPL4NT3DQ9ZX7KW2V",
    "a JWT": f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{_CLAIMS}.{_TAIL}-{_TAIL}",
    "Bearer": f"Bearer {_TAIL}.{_TAIL}",
    "Basic": "Basic " + base64.b64encode(f"jdoe:{_TAIL}".encode()).decode(),
    "a header": f"x-api-key: {_TAIL}",
    "a cookie": f"Cookie: session={_TAIL}; theme=dark",
    "a cookie that is set": f"Set-Cookie: sid={_TAIL}; Path=/; HttpOnly",
    "a query": f"https://example.org/a/b?alt=sse&token={_TAIL}",
    "a Referer": f"Referer: https://example.org/?access_token={_TAIL}",
    "a URL's user": f"postgres://jdoe:{_TAIL}@db.example.org/x",
    "a variable": f"OPENAI_API_KEY={_TAIL}",
    "a variable of letters": "export DB_PASSWORD=correcthorsebattery",
    "a variable of some name": f"MY_SERVICE_KEY={_TAIL}",
    "YAML": f"password: {_TAIL}",
    "an assignment": f"client_secret = '{_TAIL}'",
    "a flag": f"--api-key {_TAIL}",
    "a member in prose": f'he said {{"api_key": "{_TAIL}"}}',
    "an escaped member": f'curl -d "{{\\"password\\": \\"{_TAIL}\\"}}"',
}  # fmt: skip
CORES = (_TAIL, _TAIL[:12], "PL4NT3DQ9ZX7KW2V", "correcthorsebattery", _CLAIMS[-20:],
         SECRETS["Basic"][6:26])  # fmt: skip
"""What must not be found afterwards."""
NAMED = (
    "password",
    "api_key",
    "apiKey",
    "Authorization",
    "client_secret",
    "access_token",
    "AWS_SECRET_ACCESS_KEY",
    "cookie",
)


def is_planted(text: str) -> bool:
    """Whether a secret, or half of one, can still be read."""
    return any(core in text for core in CORES)


Draw = Callable[[st.SearchStrategy[Any]], Any]
WORDS = st.sampled_from(
    ["before", 'quoted "word"', "back\\slash", "über 10 €", "line\nbreak", "tab\there", "{", "]", "a/b", "\u2028", "😀"]
)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str, str]:
    """What stands before a secret, the secret, and what stands behind."""
    secret = draw(st.sampled_from(sorted(SECRETS)))
    return f"{draw(WORDS)} <first>\n", SECRETS[secret], f"\n<last> {draw(WORDS)}"


def dumped(draw: Draw, value: Any) -> str:
    """JSON as one of the ways in which it is written."""
    text = json.dumps(
        value,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 2])),
        separators=draw(st.sampled_from([None, (",", ":"), (" , ", " : ")])),
    )
    if draw(st.booleans()):
        text = text.replace("/", "\\/")
    return text.replace("=", "\\u003d").replace("&", "\\u0026") if draw(st.booleans()) else text


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A JSON text with a secret in it, within so many levels of JSON in strings."""
    before, secret, after = draw(texts())
    value: Any = before + secret + after
    for _ in range(draw(st.integers(0, 4))):
        match draw(st.integers(0, 3)):
            case 0:
                value = {"note": "kept", "arguments": value, "n": 12.50}
            case 1:
                value = ["kept", value, None, True]
            case 2:
                value = dumped(draw, {"content": value, "path": "/kept"})
            case _:
                value = {"messages": [{"role": "user", "content": value}, {"role": "assistant", "content": "kept"}]}
    return dumped(draw, {"model": "kept", "input": value, "tail": "kept"})


def opened(value: Any) -> Any:
    """A value with every string of JSON read, at any depth."""
    if isinstance(value, dict):
        return {name: opened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [opened(one) for one in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return ["JSON", opened(json.loads(value))]
        except ValueError:
            return value
    return value


def shape_of(value: Any) -> Any:
    """A value with every text replaced by one."""
    if isinstance(value, dict):
        return {name: shape_of(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape_of(one) for one in value]
    return "text" if isinstance(value, str) else value


def words_in(value: Any) -> str:
    """All texts of a value, one below the other."""
    if isinstance(value, dict):
        return "\n".join(words_in(one) for one in value.values())
    if isinstance(value, list):
        return "\n".join(words_in(one) for one in value)
    return value if isinstance(value, str) else ""
