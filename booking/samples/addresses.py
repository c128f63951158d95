"""Where the files of a sample order are."""

from flask import url_for

from models.attachments import Attachment


def attachment_address(file: Attachment, edge: int = 0) -> str:
    """The path of a file's content, or of its thumbnail with this longest side."""
    if edge:
        return url_for("samples.thumbnail", order_id=file.owner_id, attachment_id=file.id, edge=edge)
    return url_for("samples.download", order_id=file.owner_id, attachment_id=file.id)
