"""Whose certificates are trusted: what curl trusts on this machine. It opens no connection.

`ssl_ca_file` alone, where it is set, for ARGO. Else all of: what the variables name that OpenSSL, curl and requests go
by, and the system's store; without a store of the system's the list that certifi has.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import ssl

logger = logging.getLogger(__name__)

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM = (
    # Debian, Ubuntu, Arch; Fedora, Red Hat; SUSE; Alpine, macOS, OpenBSD; FreeBSD (the list is Go's, crypto/x509)
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
)
_KEYCHAINS = (
    "/System/Library/Keychains/SystemRootCertificates.keychain",
    "/Library/Keychains/System.keychain",
)
_PATIENCE = 10.0
_ALONE = "ssl_ca_file"


class Source(msgspec.Struct, frozen=True):
    """Where trusted certificates are: what names it, and the path of a PEM file or of a folder as OpenSSL wants it."""

    name: str
    path: str
    is_folder: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.path}"


class Trust(msgspec.Struct, frozen=True):
    """All that is trusted: `sources`, and certificates as text that are in no file (macOS)."""

    sources: tuple[Source, ...]
    text: str = ""

    @property
    def told(self) -> str:
        """Where is looked, in words."""
        return ", ".join([*map(str, self.sources), *(["the keychains of macOS"] if self.text else [])])

    @property
    def remedy(self) -> str:
        """What to do where an authority is missing."""
        if [source.name for source in self.sources] == [_ALONE]:
            return f"Add the authority to {self.sources[0].path}, the only file that counts while ssl_ca_file names it."
        return "Name the authority's file in SSL_CERT_FILE before the start, or in ssl_ca_file in the configuration."


def trust_of(ca_file: str | None, variables: Mapping[str, str], platform: str = sys.platform) -> Trust:
    """What is trusted with this `ssl_ca_file` and these variables. What a variable names and is not there is logged."""
    if ca_file:
        return Trust((Source(_ALONE, ca_file),))
    named = []
    for name in VARIABLES:
        value = variables.get(name, "").strip()
        path = os.path.expanduser(value)
        if name == "SSL_CERT_DIR" and value:  # several, as in PATH
            named += [Source(name, part, True) for part in path.split(os.pathsep) if part]
        elif value:
            named.append(Source(name, path, os.path.isdir(path)))
    for source in named:
        if not os.path.exists(source.path):
            logger.warning("%s names %s, which is not there: nothing of it is trusted", source.name, source.path)
    there = tuple(source for source in dict.fromkeys(named) if os.path.exists(source.path))
    keychains = _keychains() if platform == "darwin" else ""
    return Trust((*there, *_of_the_system()) if not keychains else there, keychains)


def _of_the_system() -> tuple[Source, ...]:
    if (path := next(filter(os.path.isfile, _SYSTEM), None)) is not None:
        return (Source("the system's store", path),)
    import ssl  # not at the top, as in what follows: who only reads settings is faster without

    python = ssl.get_default_verify_paths()
    if os.path.isdir(python.openssl_capath) and os.listdir(python.openssl_capath):
        return (Source("the system's store", python.openssl_capath, True),)
    import certifi

    return (Source("certifi's list", certifi.where()),)


@lru_cache(maxsize=1)
def _keychains() -> str:
    """The certificates of the system's keychains, as PEM; nothing where they cannot be read."""
    import subprocess

    command = ["/usr/bin/security", "find-certificate", "-a", "-p", *_KEYCHAINS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if "BEGIN CERTIFICATE" in done.stdout else ""


def client_context(trust: Trust) -> ssl.SSLContext:
    """For clients that verify certificates and names.

    As curl and mitmproxy do, and unlike Python from 3.13 on, it takes authorities without all that RFC 5280 wants of
    them, which laboratories' own often are, and trusts an intermediate one that is in a store.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for source in trust.sources:
        try:
            context.load_verify_locations(*((None, source.path) if source.is_folder else (source.path, None)))
        except (OSError, ssl.SSLError) as error:
            logger.warning("nothing of %s is trusted: it cannot be read as certificates (%s)", source, error)
    if trust.text:
        context.load_verify_locations(cadata=trust.text)
    return context


_WORDS = (
    ("expired", "its certificate has expired, or the clock of this machine is wrong"),
    ("not yet valid", "its certificate is not valid yet, or the clock of this machine is wrong"),
    ("mismatch", "its certificate is for another name than that"),
    ("doesn't match", "its certificate is for another name than that"),
    ("not valid for", "its certificate is for another name than that"),
    ("revoked", "its certificate has been revoked"),
)


def certificate_problem(said: str, trust: Trust) -> str | None:
    """What is wrong with a certificate, by what OpenSSL says of it, and where was looked; None if it says nothing."""
    text = said.lower()
    if "certificate" not in text and "mismatch" not in text:
        return None
    where = f"looked in: {trust.told}"
    for sign, words in _WORDS:
        if sign in text:
            return f"{words} ({where})."
    reason = said.rpartition("failed: ")[2].partition(" (_ssl")[0].rstrip(".")
    return f"its certificate is not trusted: {reason} ({where}). {trust.remedy}"
