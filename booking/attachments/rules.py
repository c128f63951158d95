"""Decisions on files: what their bytes are, what they may be called, who sees them, what fits."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.vocabulary.attachments import Visibility

LONGEST_NAME = 120
MOST_PARTS = 5000
PHOTO_EDGE = 2000
THUMBNAIL_EDGES = (320, 96)
PDF_END_WITHIN = 4096

EXTENSIONS = {
    "application/pdf": (".pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "text/plain": (".txt", ".csv", ".md"),
    "application/ofd": (".ofd",),
    "application/xml": (".xml",),
    "image/jpeg": (".jpg",),
    "image/png": (".png",),
    "image/webp": (".webp",),
}
_MAIN_PARTS = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MARKUP = re.compile(r"\s*<\s*[!?/a-z]", re.IGNORECASE)
_HARMFUL = re.compile(r"<!\s*(doctype|entity)|<\?(?!xml\s)|w3\.org/1999/xhtml|w3\.org/2000/svg", re.IGNORECASE)
_DECLARED = re.compile(r"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
XML_ENCODINGS = frozenset({"utf-8", "gbk", "gb2312", "gb18030"})
OFD_ROOT = "OFD.xml"
_RESERVED = re.compile(r'[<>:"|?*]')
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_LAYOUT = frozenset("\t\n\r\f")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large one file may be, how much an organisation and an asker there may keep, how many files one owner has."""

    photo_bytes: int
    document_bytes: int
    quota_bytes: int
    most_files: int
    share_bytes: int = 50_000_000


def picture_type(content: bytes) -> str | None:
    """The media type of bytes that begin as JPEG, PNG or WebP do; None for everything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def document_type(content: bytes) -> str | None:
    """The media type of an allowed document, by its bytes alone; None for everything else."""
    if content.startswith(b"%PDF-"):
        return "application/pdf" if b"%%EOF" in content[-PDF_END_WITHIN:] else None
    if content.startswith(b"PK\x03\x04"):
        return _office_type(content)
    return "text/plain" if _is_text(content) else None


def invoice_type(content: bytes) -> str | None:
    """The media type of an invoice's file, by its bytes alone: PDF, OFD (GB/T 33190-2016) or XML; None else.

    Nothing is unpacked or parsed. XML that a browser could show as a page or a drawing is none, nor is any that names
    a style, is written in such a way that it reads as something else, or has a document type, whose entities harm
    whoever reads it.
    """
    if content.startswith(b"%PDF-"):
        return document_type(content)
    if content.startswith(b"PK\x03\x04"):
        return "application/ofd" if OFD_ROOT in _parts(content) else None
    return "application/xml" if _is_plain_xml(content) else None


def _parts(content: bytes) -> frozenset[str]:
    """The names of what is in a package; none where it is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return frozenset()
    return frozenset(part.filename for part in parts) if len(parts) <= MOST_PARTS else frozenset()


def _is_plain_xml(content: bytes) -> bool:
    """Whether the bytes begin as XML in UTF-8 or GB 18030 does, and are neither a page nor a drawing."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        is_xml = text.lstrip().startswith(("<?xml ", "<EInvoice"))
        declared = _DECLARED.match(text.lstrip())
        is_known = declared is None or declared[1].lower() in XML_ENCODINGS
        return is_xml and is_known and "\0" not in text and not _is_harmful(text)
    return False


def _is_harmful(text: str) -> bool:
    """Whether XML has what a browser or a reader falls for; a namespace written with entities may hide one of these."""
    hidden = any("xmlns" in tag and "&" in tag for tag in text.lower().split("<"))
    return hidden or _HARMFUL.search(text) is not None


def _office_type(content: bytes) -> str | None:
    """The type of an Office Open XML file without macros (ECMA-376 part 2); nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return None
    names = {part.filename for part in parts}
    is_plain = len(parts) <= MOST_PARTS and not any(part.flag_bits & 1 for part in parts)
    if not is_plain or "[Content_Types].xml" not in names or any(_is_macro(name) for name in names):
        return None
    return next((kind for part, kind in _MAIN_PARTS.items() if part in names), None)


def _is_macro(name: str) -> bool:
    """Whether a part of an office file holds a program."""
    return name.lower().endswith(("vbaproject.bin", ".exe", ".js", ".vbs"))


def _is_text(content: bytes) -> bool:
    """Whether the bytes are readable text and no markup that a browser could take for a page."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        controls = any(char < " " and char not in _LAYOUT for char in text)
        return bool(text.strip()) and not controls and "\x7f" not in text and not _MARKUP.match(text)
    return False


def clean_name(given: str, media_type: str) -> str:
    """The last part of a file's name without what could mislead, with the extension that its content has."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = _RESERVED.sub("_", " ".join(name.split())).strip(" .")
    extensions = EXTENSIONS[media_type]
    found = _EXTENSION.search(name)
    extension = found.group().lower() if found else ""
    stem = name[: -len(extension)] if extension else name
    stem = stem.strip(" .")[:LONGEST_NAME].strip(" .") or "file"
    return stem + (extension if extension in extensions else extensions[0])


def seen_by(*, is_staff: bool, is_signed_in: bool) -> frozenset[Visibility]:
    """What a reader of the owner may see of its files."""
    if is_staff:
        return frozenset(Visibility)
    return frozenset({Visibility.PUBLIC, Visibility.SIGNED_IN}) if is_signed_in else frozenset({Visibility.PUBLIC})


def shows_more(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether readers get something new to see: another caption, or a file that more of them may see."""
    widest_first = list(Visibility)
    is_wider = widest_first.index(after["visibility"]) < widest_first.index(before["visibility"])
    return is_wider or any(before[name] != after[name] for name in ("caption_zh", "caption_en"))


def moved(order: Sequence[int], what: int, index: int) -> list[int]:
    """The order after `what` went to `index` (from 0, cut to what there is)."""
    rest = [one for one in order if one != what]
    rest.insert(max(0, min(index, len(rest))), what)
    return rest
