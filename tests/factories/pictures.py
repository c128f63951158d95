"""Small photos and documents for tests."""

import io
import zipfile
from functools import cache
from typing import Any

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


@cache
def photo(width: int = 40, height: int = 30, kind: str = "JPEG", colour: str = "red") -> bytes:
    """A picture of one colour."""
    return written(Image.new("RGB", (width, height), colour), kind)


def written(picture: Image.Image, kind: str = "JPEG", **more: Any) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


def office(*parts: str, content: bytes = b"<x/>") -> bytes:
    """An Office Open XML package with these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for part in ("[Content_Types].xml", *parts):
            package.writestr(part, content)
    return file.getvalue()
