"""What bytes are, and what files may be called."""

import pytest

from booking.attachments.rules import clean_name, document_type, moved, picture_type, seen_by
from models.vocabulary.attachments import Visibility
from tests.factories.pictures import PDF, office, photo

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
JPEG, PLAIN, PORTABLE = "image/jpeg", "text/plain", "application/pdf"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(PDF, PORTABLE, id="a whole PDF"),
        pytest.param(PDF[:40], None, id="a PDF cut off"),
        pytest.param(b"\x00" + PDF, None, id="a PDF behind other bytes"),
        pytest.param(office("word/document.xml"), WORD, id="a Word file"),
        pytest.param(office("word/document.xml")[:60], None, id="a Word file cut off"),
        pytest.param(office("word/document.xml", "word/vbaProject.bin"), None, id="a Word file with macros"),
        pytest.param(office("anything.txt"), None, id="some archive"),
        pytest.param("样品须干燥。\n".encode(), PLAIN, id="text in UTF-8"),
        pytest.param("样品须干燥。\n".encode("gb18030"), PLAIN, id="text in GB18030"),
        pytest.param(b"a,b\n1,2\n", PLAIN, id="a table"),
        pytest.param(b"  \n<!DOCTYPE html><script>alert(7)</script>", None, id="a page"),
        pytest.param(b"\xef\xbb\xbf<svg xmlns='http://www.w3.org/2000/svg'/>", None, id="a drawing behind a mark"),
        pytest.param(b"<?xml version='1.0'?><a/>", None, id="XML"),
        pytest.param(b"GIF89a/*<script>*/", PLAIN, id="text that only claims to be a GIF"),
        pytest.param(b"MZ\x90\x00\x03", None, id="a program"),
        pytest.param(b"\x00\x00", None, id="NUL"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_the_type_of_a_document_follows_from_its_content(content: bytes, expected: str | None) -> None:
    assert document_type(content) == expected


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_known_by_their_first_bytes(kind: str) -> None:
    assert picture_type(photo(kind=kind)) == f"image/{kind.lower()}"
    assert picture_type(b"<svg>" + photo(kind=kind)) is None


@pytest.mark.parametrize(
    ("given", "media_type", "expected"),
    [
        ("说明书.pdf", PORTABLE, "说明书.pdf"),
        ("report.html", PORTABLE, "report.pdf"),
        ("IMG_1.PNG", JPEG, "IMG_1.jpg"),
        ("notes.CSV", PLAIN, "notes.csv"),
        ("../../etc/passwd", PLAIN, "passwd.txt"),
        ("C:\\Users\\x\\a.pdf", PORTABLE, "a.pdf"),
        ("a\x00b\r\nSet-Cookie: x.pdf", PORTABLE, "abSet-Cookie_ x.pdf"),
        ("invoice\u202efdp.exe", PORTABLE, "invoicefdp.pdf"),
        ('a"; filename="b.html', PLAIN, "a_; filename=_b.txt"),
        ("...", PORTABLE, "file.pdf"),
        ("", JPEG, "file.jpg"),
        ("长" * 500 + ".pdf", PORTABLE, "长" * 120 + ".pdf"),
    ],
)
def test_names_keep_nothing_that_misleads(given: str, media_type: str, expected: str) -> None:
    assert clean_name(given, media_type) == expected


def test_a_moved_file_stays_within_the_others() -> None:
    assert moved([1, 2, 3], 3, 0) == [3, 1, 2]
    assert moved([1, 2, 3], 1, 99) == [2, 3, 1]
    assert moved([1, 2, 3], 2, -5) == [2, 1, 3]


def test_who_sees_what() -> None:
    assert seen_by(is_staff=False, is_signed_in=False) == {Visibility.PUBLIC}
    assert seen_by(is_staff=False, is_signed_in=True) == {Visibility.PUBLIC, Visibility.SIGNED_IN}
    assert seen_by(is_staff=True, is_signed_in=True) == set(Visibility)
