"""Where the files of a contract are."""

from flask import url_for

from models.attachments import Attachment


def attachment_address(file: Attachment, edge: int = 0) -> str:
    """The path of a file's content, or of its thumbnail with this longest side."""
    if edge:
        return url_for("contracts.thumbnail", contract_id=file.owner_id, attachment_id=file.id, edge=edge)
    return url_for("contracts.download", contract_id=file.owner_id, attachment_id=file.id)
