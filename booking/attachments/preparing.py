"""From uploaded bytes to what may be stored: the type found by content, photos re-encoded, names made safe.

Nothing here touches the database, so it happens before the transaction.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from booking.attachments import rules
from booking.attachments.pictures import PictureBroken, PictureTooLarge, picture_of
from booking.attachments.rules import Limits
from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from models.vocabulary.attachments import AttachmentKind

FIELD = "files"
JPEG = "image/jpeg"
MEGABYTE = 1_000_000


class FilesRefused(InvalidInput):
    """Uploaded files that cannot be kept; says why for each."""

    code = "files_refused"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file as somebody sent it: the name is a claim, the content is what counts."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file ready to be stored; `renditions` has the whole under 0 and thumbnails under their edge."""

    kind: AttachmentKind
    file_name: str
    media_type: str
    renditions: dict[int, bytes] = field(repr=False)
    width: int | None = None
    height: int | None = None

    @property
    def size_bytes(self) -> int:
        """The size of the whole file."""
        return len(self.renditions[0])

    @property
    def stored_bytes(self) -> int:
        """What it takes, thumbnails included."""
        return sum(map(len, self.renditions.values()))

    @property
    def sha256(self) -> str:
        """The digest of the whole file."""
        return hashlib.sha256(self.renditions[0]).hexdigest()


def prepare(
    files: Sequence[Uploaded], limits: Limits, *, keeps_originals: bool = False, is_invoice: bool = False
) -> list[Prepared]:
    """The files ready to be stored; raises FilesRefused with a problem for each that cannot be.

    Pictures are re-encoded as photos, or with `keeps_originals` stay as they are, to be saved like documents. Of an
    invoice only its own types are taken.
    """
    if not files:
        raise FilesRefused([Problem(FIELD, N_("请选择要上传的文件。"))])
    if len(files) > limits.most_files:
        raise FilesRefused([Problem(FIELD, N_("最多可保存 %(most)s 个文件。"), {"most": limits.most_files})])
    prepared, problems = [], []
    for file in files:
        try:
            one = _invoice(file, limits) if is_invoice else _one(file, limits, keeps_originals=keeps_originals)
            prepared.append(one)
        except FilesRefused as refused:
            problems += refused.problems
    if problems:
        raise FilesRefused(problems)
    return prepared


def _one(file: Uploaded, limits: Limits, *, keeps_originals: bool) -> Prepared:
    """One file ready to be stored; raises FilesRefused."""
    if not file.content:
        raise _refused(file, N_("%(name)s 是空文件。"))
    picture_type = rules.picture_type(file.content)
    if picture_type and not keeps_originals:
        _check_size(file, limits.photo_bytes)
        return _photo(file)
    _check_size(file, limits.document_bytes)
    media_type = picture_type or rules.document_type(file.content)
    if media_type is None:
        raise _refused(
            file,
            N_("%(name)s 的内容不是可用的类型。照片请用 JPEG、PNG 或 WebP，文档请用 PDF、DOCX、XLSX、PPTX 或纯文本。"),
        )
    name = rules.clean_name(file.name, media_type)
    return Prepared(AttachmentKind.DOCUMENT, name, media_type, {0: file.content})


def _invoice(file: Uploaded, limits: Limits) -> Prepared:
    """The file of an invoice, as it is; raises FilesRefused."""
    _check_size(file, limits.document_bytes)
    media_type = rules.invoice_type(file.content)
    if media_type is None:
        raise _refused(file, N_("%(name)s 的内容不是 PDF、OFD 或 XML 发票。"))
    return Prepared(AttachmentKind.DOCUMENT, rules.clean_name(file.name, media_type), media_type, {0: file.content})


def _photo(file: Uploaded) -> Prepared:
    """A photo, re-encoded; raises FilesRefused."""
    try:
        picture = picture_of(file.content)
    except PictureTooLarge as large:
        raise _refused(file, N_("%(name)s 的像素过多，请缩小到 5000 万像素、边长 20000 以内。")) from large
    except PictureBroken as broken:
        raise _refused(file, N_("%(name)s 不是完整的图片，请重新导出后再上传。")) from broken
    name = rules.clean_name(file.name, JPEG)
    return Prepared(AttachmentKind.PHOTO, name, JPEG, picture.renditions, picture.width, picture.height)


def _check_size(file: Uploaded, most: int) -> None:
    """Refuse a file of more bytes than one may have."""
    if len(file.content) > most:
        raise _refused(file, N_("%(name)s 过大，最多 %(most)s MB。"), most=f"{most / MEGABYTE:g}")


def _refused(file: Uploaded, sentence: str, **values: str) -> FilesRefused:
    """One problem that names the file as it was sent, cut to what can be read."""
    name = "".join(char if char.isprintable() else "�" for char in file.name)
    return FilesRefused([Problem(FIELD, sentence, {"name": name[: rules.LONGEST_NAME] or "?", **values})])
