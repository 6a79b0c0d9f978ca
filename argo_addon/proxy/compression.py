"""Compressed bodies, taken apart within a limit: a small one may hold a thousandfold (pitfalls 9.5)."""

from __future__ import annotations

import re
import zlib

import brotli  # type: ignore[import-untyped]
import zstandard

from ..errors import ClientError
from ..pieces import pause

_ZSTD_PIECE, _BROTLI_PIECE = 1024, 64
"""Bytes that are taken apart at a time where a library knows no limit: what so few hold is some megabytes."""
_DEFLATE_PIECE, _MADE_AT_ONCE = 64 * 1024, 1024 * 1024
"""The same where it does, and the bytes that are made at a time."""
CODINGS = "gzip, deflate, zstd, br"
"""What is read here, as `Accept-Encoding` says it."""


class TooMuch(ValueError):
    """A body holds more than it may."""


class Spoilt(ValueError):
    """A body is not what its coding says; the text says why."""


class UnknownCoding(ValueError):
    """A coding that is not known here."""


def inflated(body: bytes, coding: str, limit: int) -> bytes:
    """The body behind a content coding, all its members or frames. Raises TooMuch, Spoilt, UnknownCoding."""
    match coding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip" | "deflate" as named:
            return _members(body, limit, raw=named == "deflate" and not _FRAMED.match(body))
        case "zstd":
            return _frames(body, limit)
        case "br":
            return _brotli(body, limit)
    raise UnknownCoding(coding)


_FRAMED = re.compile(rb"\x1f\x8b|[\x08\x18\x28\x38\x48\x58\x68\x78]", re.DOTALL)
"""How gzip and zlib begin; some send deflate without the latter's frame, and either under the other's name."""


def _members(body: bytes, limit: int, *, raw: bool) -> bytes:
    """A stream of deflate in whichever frame, and those of gzip that follow it (RFC 1952, 2.2)."""
    made, position = bytearray(), 0
    while True:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS | 32)  # 32: by its beginning
        try:
            while not inflater.eof:
                piece = body[position : position + _DEFLATE_PIECE]
                if not piece:
                    raise Spoilt("it breaks off")
                position += len(piece)
                _inflate(inflater, piece, made, limit)
        except zlib.error as error:
            raise Spoilt(str(error)) from error
        position -= len(inflater.unused_data)
        if position == len(body):
            return bytes(made)
        if not body.startswith(b"\x1f\x8b", position):
            raise Spoilt("something else is behind it")


def _inflate(inflater: zlib._Decompress, piece: bytes, made: bytearray, limit: int) -> None:
    """Adds to `made` what a piece holds, up to a member's end."""
    goes_on = True
    while goes_on:
        pause()
        most = min(_MADE_AT_ONCE, limit + 1 - len(made))
        found = inflater.decompress(piece, most)
        made += found
        if len(made) > limit:
            raise TooMuch
        piece = inflater.unconsumed_tail
        goes_on = not inflater.eof and bool(piece or len(found) == most)


def _frames(body: bytes, limit: int) -> bytes:
    """Frames of zstd (RFC 8878, 3)."""
    made, unpack = bytearray(), zstandard.ZstdDecompressor().decompressobj()
    try:
        for start in range(0, len(body), _ZSTD_PIECE):
            pause()
            rest = body[start : start + _ZSTD_PIECE]
            while rest:
                if unpack.eof:
                    unpack = zstandard.ZstdDecompressor().decompressobj()
                made += unpack.decompress(rest)
                if len(made) > limit:
                    raise TooMuch
                rest = unpack.unused_data if unpack.eof else b""
    except zstandard.ZstdError as error:
        raise Spoilt(str(error)) from error
    if not unpack.eof:
        raise Spoilt("it breaks off")
    return bytes(made)


def _brotli(body: bytes, limit: int) -> bytes:
    made, unpack = bytearray(), brotli.Decompressor()
    try:
        for start in range(0, len(body), _BROTLI_PIECE):
            pause()
            if unpack.is_finished():
                raise Spoilt("something else is behind it")
            made += unpack.process(body[start : start + _BROTLI_PIECE])
            if len(made) > limit:
                raise TooMuch
    except brotli.error as error:
        raise Spoilt(str(error)) from error
    if not unpack.is_finished():
        raise Spoilt("it breaks off")
    return bytes(made)


# Requests


def too_large(limit: int) -> ClientError:
    """The error for a body of more than `limit` bytes."""
    return ClientError(413, f"The request body is larger than {_megabytes(limit)} MB (max_body_size).")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:g}"


def decompressed(body: bytes, coding: str, limit: int) -> bytes:
    """A request's body behind its content coding. Raises ClientError: 400, 413, 415."""
    try:
        return inflated(body, coding, limit)
    except UnknownCoding:
        message = f"Content-Encoding {coding.strip().lower()!r} is not taken here; {CODINGS} are, one of them."
        raise ClientError(415, message, headers={"accept-encoding": CODINGS}) from None
    except Spoilt as problem:
        raise ClientError(400, f"The request body is not valid {coding.strip().lower()}: {problem}.") from problem
    except TooMuch:
        message = f"The request body holds more than {_megabytes(limit)} MB, decompressed (max_decompressed_size)."
        raise ClientError(413, message) from None
