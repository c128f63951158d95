"""The photos and documents that an instrument's page shows, with their addresses."""

from collections.abc import Sequence
from dataclasses import dataclass

from booking.catalogue.addresses import attachment_address
from models.attachments import Attachment
from models.vocabulary.attachments import AttachmentKind, Visibility


@dataclass(frozen=True, slots=True)
class Files:
    """What the reader may see of a record's files."""

    found: Sequence[Attachment]
    page: str

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.found)

    @property
    def photos(self) -> list[Attachment]:
        """The photos in order."""
        return [one for one in self.found if one.kind == AttachmentKind.PHOTO]

    @property
    def documents(self) -> list[Attachment]:
        """The documents in order."""
        return [one for one in self.found if one.kind == AttachmentKind.DOCUMENT]

    @property
    def images(self) -> list[str]:
        """The whole addresses of the photos that everybody may see."""
        return [f"{self.page}/attachments/{one.id}" for one in self.photos if one.visibility == Visibility.PUBLIC]

    @staticmethod
    def address(file: Attachment, edge: int) -> str:
        """Where a file is, or its thumbnail."""
        return attachment_address(file, edge)
