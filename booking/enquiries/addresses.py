"""Where the files of a thread are, and how many days the settings give for an answer."""

from flask import current_app, url_for

from booking.settings import Settings
from models.attachments import Attachment


def attachment_address(file: Attachment, edge: int = 0) -> str:
    """The path of a file's content, or of its thumbnail with this longest side."""
    if edge:
        return url_for("enquiries.thumbnail", enquiry_id=file.owner_id, attachment_id=file.id, edge=edge)
    return url_for("enquiries.download", enquiry_id=file.owner_id, attachment_id=file.id)


def days() -> int:
    """Within how many working days enquiries are to be answered."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.enquiry_days
