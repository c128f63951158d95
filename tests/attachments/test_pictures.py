"""Photos written anew: small enough, upright, and without anything hidden in them."""

import io
import struct
import zlib

import pytest
from PIL import Image

from booking.attachments.pictures import PictureBroken, PictureTooLarge, picture_of
from tests.factories.pictures import photo, written


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def png_of(width: int, height: int) -> bytes:
    """A PNG that only claims its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_photo_becomes_a_jpeg_of_two_thousand_pixels_with_thumbnails(kind: str) -> None:
    made = picture_of(photo(3000, 1500, kind))

    sizes = {edge: opened(content).size for edge, content in made.renditions.items()}
    assert (made.width, made.height) == (2000, 1000)
    assert sizes == {0: (2000, 1000), 320: (320, 160), 96: (96, 48)}
    assert {opened(content).format for content in made.renditions.values()} == {"JPEG"}


def test_a_small_photo_is_not_enlarged() -> None:
    assert opened(picture_of(photo(40, 30)).renditions[320]).size == (40, 30)


def test_nothing_but_the_picture_is_kept_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[2] = (29.0, 49.0, 0.0)
    source = written(Image.new("RGB", (40, 20), "red"), exif=exif, comment=b"secret comment", xmp=b"secret xmp")

    made = picture_of(source + b"<script>secret tail</script>")

    assert (made.width, made.height) == (20, 40)
    for content in made.renditions.values():
        assert b"secret" not in content
        assert dict(opened(content).getexif()) == {}


def test_what_is_transparent_becomes_white() -> None:
    clear = written(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG")

    assert opened(picture_of(clear).renditions[0]).convert("RGB").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA"])
def test_every_mode_of_png_is_read(mode: str) -> None:
    assert picture_of(written(Image.new(mode, (8, 8)), "PNG")).width == 8


@pytest.mark.parametrize(("width", "height"), [(100_000, 1), (1, 100_000), (8_000, 8_000), (100_000, 100_000)])
def test_bombs_are_refused_before_they_are_decoded(width: int, height: int) -> None:
    with pytest.raises(PictureTooLarge):
        picture_of(png_of(width, height))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_truncated_photos_are_refused(kind: str) -> None:
    whole = written(Image.effect_noise((200, 200), 90).convert("RGB"), kind)

    for length in (12, 40, len(whole) // 2):
        with pytest.raises(PictureBroken):
            picture_of(whole[:length])


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff" + b"\x00" * 500,
        b"RIFF\x00\x00\x00\x00WEBP" + b"\xff" * 50,
        png_of(0, 0),
        b"GIF89a\x01\x00\x01\x00",
    ],
)
def test_what_only_looks_like_a_photo_is_refused(content: bytes) -> None:
    with pytest.raises(PictureBroken):
        picture_of(content)
