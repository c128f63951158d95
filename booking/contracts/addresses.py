"""Where the files of a contract and the papers of order forms are."""

from flask import url_for

from booking.contracts.order_forms import is_readable
from booking.core.actors import Actor
from models.attachments import Attachment
from models.order_forms import OrderForm


def attachment_address(file: Attachment, edge: int = 0) -> str:
    """The path of a file's content, or of its thumbnail with this longest side."""
    if edge:
        return url_for("contracts.thumbnail", contract_id=file.owner_id, attachment_id=file.id, edge=edge)
    return url_for("contracts.download", contract_id=file.owner_id, attachment_id=file.id)


def order_form_address(form: OrderForm | None, actor: Actor) -> str:
    """The path of an order form's paper; nothing for who may not read it, and without one."""
    if form is None or not is_readable(form, actor):
        return ""
    return url_for("contracts.order_form_paper", form_id=form.id)
