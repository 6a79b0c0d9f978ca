"""The images of a request as its upstream gets them: those of the web fetched, and all together no larger than allowed.

It works on the body that goes upstream: there images stand in one of two layouts, whoever wrote them. What holds no
image keeps its bytes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Iterator

import msgspec

from ..dialects.shared.data_url import source_of
from ..errors import UNREADABLE, ClientError
from ..settings.model import Settings
from .downloads import Downloads, NoImage, kind_of
from .shrinking import CannotShrink, NoPillow, shrunk

PLACE = "messages[].content[].image_url"
"""Where images stand, for what is told of them: in the words of Chat Completions, which others are put into."""
_MB = 1_000_000
_MARKS = (b'"image_url"', b'"image"')
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode


class ImageInBody(msgspec.Struct, frozen=True):
    """An image: bytes of a type, or a URL where they are to be had. `place` is where it stands in the body."""

    place: str
    url: str | None = None
    data: bytes = b""
    kind: str = ""


class _ImageUrl(msgspec.Struct):
    url: str = ""


class _Source(msgspec.Struct):
    type: str = ""
    url: str = ""
    data: str = ""
    media_type: str = ""


class _Block(msgspec.Struct):
    type: str = ""
    image_url: _ImageUrl | None = None
    source: _Source | None = None


class FittedImages(msgspec.Struct, frozen=True):
    """The images of a request that are to be others, by URL and data, and what was done to them."""

    pictures: dict[tuple[str | None, bytes], ImageInBody]
    done: tuple[str, ...] = ()

    def within(self, body: bytes) -> bytes:
        """A body of that request, in whichever upstream's dialect, with these images."""
        return with_images(body, lambda before: self.pictures.get((before.url, before.data), before))


_FETCHED = 5
"""How many times what all images of a request may have is fetched for it at most, to be shrunk."""
_BLOCK = msgspec.json.Decoder(_Block)
Change = Callable[[ImageInBody], ImageInBody]


def holds_images(body: bytes) -> bool:
    """Whether a body may hold images at all."""
    return any(mark in body for mark in _MARKS)


class Images:
    """Makes the images of requests fit for an upstream. `limit` is how many bytes those of a request may have."""

    def __init__(self, downloads: Downloads, limit: float) -> None:
        self._downloads = downloads
        self._limit = limit

    @classmethod
    def of(cls, settings: Settings) -> Images:
        """As the settings say."""
        downloads = Downloads(settings.image_timeout, settings.concurrent_downloads)
        return cls(downloads, settings.max_payload_size * _MB)

    async def fitted(self, body: bytes) -> FittedImages | None:
        """The images of a body as they are to be; None if they are so already. Raises ClientError that names one."""
        found: list[ImageInBody] = []

        def note(picture: ImageInBody) -> ImageInBody:
            found.append(picture)
            return picture

        with_images(body, note)
        fetched = await self._fetched(found)
        fit, done = await asyncio.to_thread(self._within_limit, fetched)
        others = {(before.url, before.data): after for before, after in zip(found, fit, strict=True) if after != before}
        return FittedImages(others, done) if others else None

    async def _fetched(self, pictures: list[ImageInBody]) -> list[ImageInBody]:
        """The pictures with their bytes, each URL fetched once."""
        urls = list(dict.fromkeys(picture.url for picture in pictures if picture.url is not None))
        loads = await asyncio.gather(*self._loads(urls), return_exceptions=True)
        came = dict(zip(urls, loads, strict=True))
        whole = []
        for picture in pictures:
            if picture.url is None:
                whole.append(picture)
                continue
            data = came[picture.url]
            if isinstance(data, NoImage):
                raise _refused(picture, f"the image at {_shown(picture.url)} is not to be had: {data}") from data
            if isinstance(data, BaseException):
                raise data
            whole.append(ImageInBody(picture.place, None, data, kind_of(data) or ""))
        return whole

    def _loads(self, urls: list[str]) -> Iterator[Awaitable[bytes]]:
        """Fetches a request's URLs, in no more than half of all places at once: others are not kept waiting."""
        places, most = asyncio.Semaphore(self._downloads.share), self._limit * _FETCHED
        sizes: list[int] = []

        async def load(url: str) -> bytes:
            async with places:
                if sum(sizes) > most:
                    raise NoImage(f"those before it have more than {most / _MB:g} MB together already")
                data = await self._downloads.fetch(url)
                sizes.append(len(data))
                return data

        return map(load, urls)

    def _within_limit(self, pictures: list[ImageInBody]) -> tuple[list[ImageInBody], tuple[str, ...]]:
        """The pictures, the large ones made smaller if all together are too large. In a thread of its own."""
        if sum(len(picture.data) for picture in pictures) <= self._limit:
            return pictures, ()
        share = self._share(len(pictures))
        fit = [self._smaller(picture, share) if len(picture.data) > share else picture for picture in pictures]
        if (size := sum(len(picture.data) for picture in fit)) > self._limit:
            message = (
                f"The images of this request have {size / _MB:.1f} MB even when they are shrunk, and may have "
                f"{self._limit / _MB:g} MB (max_payload_size): send fewer."
            )
            raise ClientError(413, message)
        changed = sum(before.data is not after.data for before, after in zip(pictures, fit, strict=True))
        return fit, (f"{PLACE}: {changed} of {len(fit)} shrunk to fit {self._limit / _MB:g} MB",)

    def _share(self, count: int) -> int:
        """What each may have: the same for 5 to 8, 9 to 16 …, so that in a growing talk most stay as they are."""
        room = 1
        while room < count:
            room *= 2
        return int(self._limit / room)

    def _smaller(self, picture: ImageInBody, share: int) -> ImageInBody:
        try:
            data, kind = shrunk(picture.data, share)
        except CannotShrink as error:
            raise _refused(picture, f"this image is too large, and {error}: send it smaller") from error
        except NoPillow as error:
            message = (
                f"The images of this request have more than {self._limit / _MB:g} MB (max_payload_size), and what "
                "shrinks them is not installed: pip install 'argo-proxy[images]', or send fewer."
            )
            raise ClientError(413, message) from error
        return picture if len(data) >= len(picture.data) else ImageInBody(picture.place, None, data, kind)


def _refused(picture: ImageInBody, message: str) -> ClientError:
    return ClientError(400, f"{picture.place}: {message}", param=picture.place)


def _shown(url: str) -> str:
    """A URL fit to tell: without its query, which may hold a key."""
    return ascii(url.partition("?")[0][:200])[1:-1]


def with_images(body: bytes, change: Change) -> bytes:
    """The body with each picture changed, in their order; all else keeps its bytes."""
    if not holds_images(body):
        return body
    fields = _OBJECT.decode(body)
    messages = _listed(fields.get("messages", msgspec.Raw(b"")))
    made = [_message(raw, f"messages[{number}]", change) for number, raw in enumerate(messages)]
    return body if made == messages else _encode({**fields, "messages": made})


def _message(raw: msgspec.Raw, place: str, change: Change) -> msgspec.Raw:
    """A message, or a block that holds others: a result of a tool."""
    if not holds_images(bytes(raw)):
        return raw
    members = _OBJECT.decode(raw)
    blocks = _listed(members.get("content", msgspec.Raw(b"")))
    made = [_block(block, f"{place}.content[{number}]", change) for number, block in enumerate(blocks)]
    return raw if made == blocks else msgspec.Raw(_encode({**members, "content": made}))


def _listed(raw: msgspec.Raw) -> list[msgspec.Raw]:
    return _LIST.decode(raw) if bytes(raw).startswith(b"[") else []


def _block(raw: msgspec.Raw, place: str, change: Change) -> msgspec.Raw:
    try:
        block = _BLOCK.decode(raw)
    except UNREADABLE:
        return raw  # the upstream's to refuse
    if block.type == "tool_result":
        return _message(raw, place, change)
    before = _picture(block, place)
    if before is None:
        return raw
    after = change(before)
    if after is before:
        return raw
    members = _OBJECT.decode(raw)
    data = base64.b64encode(after.data).decode()
    if block.type == "image":
        source = {"type": "base64", "media_type": after.kind, "data": data}
        return msgspec.Raw(_encode({**members, "source": source}))
    about = {**_OBJECT.decode(members["image_url"]), "url": f"data:{after.kind};base64,{data}"}
    return msgspec.Raw(_encode({**members, "image_url": about}))


def _picture(block: _Block, place: str) -> ImageInBody | None:
    """The picture in a block; None where there is none, or none that is fetched or changed here."""
    if block.type == "image_url" and block.image_url is not None:
        source = source_of(block.image_url.url)
        if source.kind == "url":
            return ImageInBody(f"{place}.image_url.url", source.value)
        return _embedded(f"{place}.image_url.url", source.value, source.media_type or "")
    if block.type == "image" and block.source is not None:
        if block.source.type == "url":
            return ImageInBody(f"{place}.source.url", block.source.url)
        if block.source.type == "base64":
            return _embedded(f"{place}.source.data", block.source.data, block.source.media_type)
    return None


def _embedded(place: str, data: str, kind: str) -> ImageInBody | None:
    try:
        return ImageInBody(place, None, base64.b64decode(data), kind)
    except (binascii.Error, ValueError):
        return None  # the upstream's to refuse
