"""Which names say that what they name is secret, and how sure that is: of members, variables, headers, queries."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import unquote

from .forms import is_random

GONE = "[removed]"
Strength = Literal["strong", "token", "weak", ""]

_HEADERS = re.compile(r"key|token|auth|secret|cookie|credential|password|signature", re.IGNORECASE)
"""What is in a header's name, or a query's, whose value is a credential whatever it is."""
_HARMLESS = re.compile(r"ratelimit", re.IGNORECASE)
_STRONG = re.compile(
    r"(?:passw(?:or)?d|passphrase|secret|authorization|cookie|connectionstring|keydata"
    r"|(?:api|access|private|secret|auth|signing|encryption|decryption|master|account|shared|subscription|license|service|ssh)keys?"
    r"|(?:access|refresh|auth|bearer|session|security|api|bot|user|id|csrf|xsrf|private|personal|deploy|identity)tokens?)\Z"
)
ABROAD = ("passwort", "kennwort", "contraseña", "mot de passe", "senha", "пароль", "密码", "密碼", "パスワード")
PLAIN = re.compile(r"[^a-z0-9]+")
_COMPONENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WEAK = frozenset({"key", "auth", "pwd", "pass", "credential", "credentials"})
_KEYS_OF_NO_LOCK = frozenset(
    {"cache", "idempotency", "primary", "foreign", "public", "partition", "sort", "unique", "index"}
)
"""What a key is before which it names something and opens nothing; a tool's `prompt_cache_key` is its conversation."""
_VARIABLE = re.compile(
    r"(?!(?:OLD)?PWD\Z)[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|AUTH|CREDENTIALS?)\Z"
)
_NO_VARIABLE = re.compile(r"(?:PRIMARY|FOREIGN|PUBLIC|PARTITION|SORT|CACHE|UNIQUE|INDEX|GROUP|ROW|MON|HOT|H)_?KEY\Z")


def holds_secret(header: str) -> bool:
    """Whether a header of this name holds a credential."""
    return _HEADERS.search(header) is not None and _HARMLESS.search(header) is None


def is_secret_in_query(name: str) -> bool:
    """Whether a query's member of this name holds a credential."""
    plain = unquote(name)
    return holds_secret(plain) or plain.lower() in ("sig", "pass", "pwd")


def strength(name: str) -> Strength:
    """How sure a member or a variable of this name holds a credential: nothing where it does not."""
    plain = PLAIN.sub("", name.lower())
    if _STRONG.search(plain) is not None or is_variable(name) or name.lower().endswith(ABROAD):
        return "strong"
    parts = [part.lower() for part in _COMPONENT.findall(name[-40:])]
    last = parts[-1] if parts else ""
    if last == "key" and len(parts) > 1 and parts[-2] in _KEYS_OF_NO_LOCK:
        return ""
    return "token" if last == "token" else "weak" if last in _WEAK else ""


def is_variable(name: str) -> bool:
    """Whether it is an environment variable's name that says that it holds a credential."""
    return _VARIABLE.match(name) is not None and _NO_VARIABLE.search(name) is None


SCHEME = re.compile(r"(?i)(bearer|basic|token|apikey|api-key|key|digest|negotiate|aws4-hmac-sha256)[ \t]+(?=\S)")
_FILLER = re.compile(
    r"(?:your|my|the|an?|some|this|here|goes|is|put|enter|insert|add|set|api|keys?|tokens?|passwords?|secrets?|access|auth"
    r"|values?|string|example|sample|test|placeholder|changeme|change|me|dummy|fake|redacted|removed|hidden|none|null|nil"
    r"|nothing|undefined|true|false|yes|no|on|off|str|int|bool|boolean|number|any|object|bytes|text|unknown|required"
    r"|optional|include|omit|same|origin|default|empty|missing|invalid|wrong|expired|valid|secretstr|self|user|username"
    r"|bearer|basic|x+|foo|bar)\Z"
)
"""Words that are written where a secret would be, or about one."""
_TEMPLATE = re.compile(
    r"\$\{?[A-Z_][A-Z0-9_]*\}?\Z|\$\{|\$\(|\$\w*(?:key|token|secret|pass)\w*\Z|%\w+%|%[(s]|<|\{|\*\*|\[removed|\.\.\.|…|@"
)
_NUMBERS = re.compile(r"\d+(?:\.\d+){2,}\Z")
"""A version, an address or an object's identifier."""
_NAME_OF_ONE = re.compile(r"[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET|PASSWORD|PASS|PWD)\Z")


def is_placeholder(value: str) -> bool:
    """Whether somebody wrote this in a secret's place: a template's name, stars, or words about it."""
    value = value.strip().rstrip(".,;:!?")
    if len(value.strip("*xX.-_•")) < 3 or _TEMPLATE.match(value) is not None or _NAME_OF_ONE.match(value) is not None:
        return True
    if value.endswith(("...", "…")):
        return len(value) < 16
    words = re.findall(r"[a-z]+|\d+", value.lower())
    return all(_FILLER.match(word) is not None for word in words)


def goes(sure: Strength, value: str) -> bool:
    """Whether what stands in quotes behind a name of such a strength is a secret."""
    scheme = SCHEME.match(value)
    value = value[scheme.end() :] if scheme is not None else value
    if not sure or is_placeholder(value) or _NUMBERS.match(value) is not None:
        return False
    if sure == "strong":
        words = value.lower().split()
        return len(words) < 3 or not any(_FILLER.match(word.strip(".,:;!?")) for word in words)
    return (is_random(value) if sure == "weak" else len(value) >= 8 and " " not in value and has_both(value)) and (
        "://" not in value
    )


def has_both(value: str) -> bool:
    """Whether it has letters and digits."""
    return re.search(r"[A-Za-z]", value) is not None and re.search(r"\d", value) is not None
