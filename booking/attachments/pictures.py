"""Photos decoded and written anew, so that nothing but the picture itself is kept."""

import io
import struct
import threading
import zlib
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from booking.attachments.rules import PHOTO_EDGE, THUMBNAIL_EDGES

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MOST_PIXELS: Final = 50_000_000
LONGEST_SIDE: Final = 20_000
QUALITY: Final = 85
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)

# A decoded photo takes up to 200 MB, so a process decodes one at a time.
_one_at_a_time = threading.Lock()


class PictureTooLarge(Exception):  # noqa: N818 - a fact
    """More pixels than are decoded."""


class PictureBroken(Exception):  # noqa: N818 - a fact
    """The bytes are not a whole picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as JPEG, whole (edge 0) and as thumbnails, with the size of the whole."""

    width: int
    height: int
    renditions: dict[int, bytes]


def picture_of(content: bytes) -> Picture:
    """The photo upright, at most 2000 px long, without metadata; raises PictureTooLarge or PictureBroken."""
    with _one_at_a_time:
        try:
            whole = _decoded(content)
            renditions = {0: _encoded(whole)}
            for edge in THUMBNAIL_EDGES:
                renditions[edge] = _encoded(_fitted(whole, edge))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
            raise PictureTooLarge from bomb
        except _BROKEN as broken:
            raise PictureBroken from broken
    return Picture(whole.width, whole.height, renditions)


def _decoded(content: bytes) -> Image.Image:
    """The first picture in the bytes, turned upright, on white, in a canvas that never held metadata."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            raise PictureTooLarge
        opened.draft("RGB", (PHOTO_EDGE, PHOTO_EDGE))
        opened.load()
        upright = _fitted(ImageOps.exif_transpose(opened), PHOTO_EDGE)
        layered = upright.convert("RGBA") if upright.has_transparency_data else upright.convert("RGB")
    canvas = Image.new("RGB", layered.size, "white")
    canvas.paste(layered, mask=layered if layered.mode == "RGBA" else None)
    return canvas


def _fitted(picture: Image.Image, edge: int) -> Image.Image:
    """The picture with its longest side at most `edge`."""
    longest = max(picture.size)
    if longest <= edge:
        return picture
    size = tuple(max(1, round(side * edge / longest)) for side in picture.size)
    source = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return source.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encoded(picture: Image.Image) -> bytes:
    """The picture as a progressive JPEG."""
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return written.getvalue()
