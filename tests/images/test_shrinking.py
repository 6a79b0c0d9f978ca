"""Images made smaller."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from argo_addon.images import shrinking
from argo_addon.images.shrinking import CannotShrink, shrunk

from .pictures import looked_at, picture


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGB"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("PNG", "L"), ("JPEG", "CMYK")]
)
@pytest.mark.parametrize("room", [200_000, 60_000, 5_000])
def test_an_image_gets_into_the_room_that_there_is(form: str, mode: str, room: int) -> None:
    data, kind = shrunk(picture(form, mode=mode), room)
    assert len(data) <= room
    assert kind == "image/jpeg"
    image = looked_at(data)
    assert image.width == image.height


def test_what_is_see_through_stays_so() -> None:
    data, kind = shrunk(picture(mode="RGBA"), 60_000)
    assert kind == "image/webp"
    assert looked_at(data).mode == "RGBA"


def test_a_picture_that_was_taken_upside_down_is_turned() -> None:
    image = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif)
    assert looked_at(shrunk(made.getvalue(), 10_000)[0]).size == (20, 40)


def test_of_moving_pictures_the_first_stays() -> None:
    frames = [Image.new("RGB", (300, 300), color) for color in ("red", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    red, green, blue = looked_at(shrunk(made.getvalue(), 3_000)[0]).convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 60


def test_the_same_makes_the_same() -> None:
    before = picture()
    assert shrunk(before, 50_000) == shrunk(before, 50_000)


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", picture()[:500], b"GIF89a" + bytes(10)])
def test_what_is_no_image_is_told(data: bytes) -> None:
    with pytest.raises(CannotShrink):
        shrunk(data, 10)


def test_an_image_beyond_measure_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrinking, "MAX_PIXELS", 1000)
    with pytest.raises(CannotShrink, match="pixels"):
        shrunk(picture(size=40), 10)
