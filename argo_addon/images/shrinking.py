"""Images made smaller. It knows bytes only; Pillow, which the extra `images` brings, is loaded when it is needed.

The same image and the same room make the same bytes, so that a conversation that is sent again still fits a
provider's prompt cache.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 100_000_000
"""Pixels of the largest image that is taken apart: some megabytes of bytes can hold a thousand times as many."""
STEPS = ((2048, 85), (1568, 80), (1024, 75), (768, 70), (512, 60), (256, 50), (128, 40))
"""The longest edge in pixels and the quality, one after the other until it fits: 1568 is what Claude looks at."""


class CannotShrink(Exception):
    """The image cannot be made smaller, in words for the client."""


class NoPillow(Exception):
    """Pillow is not installed."""


def shrunk(data: bytes, room: int) -> tuple[bytes, str]:
    """The image in at most so many bytes, if that can be, else as small as it gets, and its media type.

    What is see-through stays so (WebP), all else becomes JPEG; of moving pictures the first stays. Raises CannotShrink,
    NoPillow.
    """
    image = _opened(data)
    see_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    image = image.convert("RGBA" if see_through else "RGB")
    made = b""
    for edge, quality in STEPS:
        made = _written(image, edge, quality, "WEBP" if see_through else "JPEG")
        if len(made) <= room:
            break
    return made, "image/webp" if see_through else "image/jpeg"


def _opened(data: bytes) -> Image:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise NoPillow from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
        if image.width * image.height > MAX_PIXELS:
            raise CannotShrink(f"it has more than {MAX_PIXELS // 1_000_000} million pixels")
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise CannotShrink(f"its bytes cannot be read as an image: {error}") from error


def _written(image: Image, edge: int, quality: int, form: str) -> bytes:
    scaled = image
    if max(image.size) > edge:
        factor = edge / max(image.size)
        scaled = image.resize(
            (max(1, round(image.width * factor)), max(1, round(image.height * factor))), reducing_gap=3
        )
    made = io.BytesIO()
    scaled.save(made, form, quality=quality)
    return made.getvalue()
