"""Compressed request bodies, taken apart within a limit: a small one may hold a thousandfold (pitfalls 9.5)."""

from __future__ import annotations

import zlib

import zstandard

from ..errors import ClientError


def too_large(limit: int) -> ClientError:
    """The error for a body of more than `limit` bytes."""
    return ClientError(413, f"The request body is larger than {_megabytes(limit)} MB (max_body_size).")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:g}"


def decompressed(body: bytes, coding: str, limit: int) -> bytes:
    """The body behind a content coding: gzip, deflate, zstd or none. Raises ClientError: 400, 413, 415."""
    coding = coding.strip().lower()
    try:
        match coding:
            case "" | "identity":
                return body
            case "gzip" | "x-gzip" | "deflate":
                inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # finds out by itself which of the two
                plain = inflater.decompress(body, limit + 1)
                complete = inflater.eof
            case "zstd":
                with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                    plain = reader.read(limit + 1)
                complete = True
            case _:
                message = f"Content-Encoding {coding!r} is not taken here; gzip, deflate and zstd are."
                raise ClientError(415, message, headers={"accept-encoding": "gzip, deflate, zstd"})
    except (zlib.error, zstandard.ZstdError) as error:
        raise ClientError(400, f"The request body is not valid {coding}: {error}") from error
    if len(plain) > limit:
        message = f"The request body holds more than {_megabytes(limit)} MB, decompressed (max_decompressed_size)."
        raise ClientError(413, message)
    if not complete:
        raise ClientError(400, f"The request body is not valid {coding}: it breaks off.")
    return plain
