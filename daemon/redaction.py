"""Takes secrets out of texts that leave the machine: credentials in headers, URLs, variables and settings.

It must not know whose text it is. Rather too much is taken out than too little. Source: pitfalls 9.10.
"""

from __future__ import annotations

import re

GONE = "[removed]"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A header or a member that is a credential, whatever stands in it: to the end of the quotes, or of the line.
    (
        re.compile(
            r"(?i)([\"']?(?<![A-Za-z])(?:proxy-)?(?:authorization|x-api-key|x-goog-api-key|api[-_]?key|access[-_]?token|auth[-_]?token|"
            r"client[-_]?secret|secret|password|passwd)\b[\"']?\s*[:=]\s*)"
            r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\n,;}]+)"
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"(?i)(\b(?:set-)?cookie[\"']?\s*[:=]\s*)[^\n]+"), rf"\1{GONE}"),
    (re.compile(r"(?i)([?&](?:key|api_key|apikey|token|access_token)=)[^&\s\"'#]+"), rf"\1{GONE}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}"), rf"\1 {GONE}"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s:@\"']+(?::[^/\s@\"']*)?@"), rf"\1{GONE}@"),
    (re.compile(r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|AIza|ya29)[-_.][\w.-]{8,}|\bAIza[\w-]{20,}"), GONE),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), GONE),
)


def redacted(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without what looks like a credential, and without these words."""
    for secret in secrets:
        if len(secret) > 2:
            text = text.replace(secret, GONE)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
