"""Pictures to send, and a web that has them."""

from __future__ import annotations

import io
import random

from PIL import Image

from ..running import Step, Upstream, json_answer


def picture(form: str = "PNG", size: int = 600, mode: str = "RGB", seed: int = 1) -> bytes:
    """An image of noise, which hardly gets smaller by being packed."""
    noise = random.Random(seed).randbytes(size * size * len(mode))
    made = io.BytesIO()
    Image.frombytes(mode, (size, size), noise).save(made, form)
    return made.getvalue()


def looked_at(data: bytes) -> Image.Image:
    """An image, read to its end."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def shows(web: Upstream, data: bytes, *more: Step, kind: str = "image/png") -> None:
    """Has a web host answer every request with this, and with what may come before it."""
    web.answer = lambda seen: [*more, json_answer(data, content_type=kind)]
