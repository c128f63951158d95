"""The pages of contracts: which address shows which page."""

from flask import Blueprint, Response

from booking.contracts.views import contract, drafting, lists, requirements, steps, texts

bp = Blueprint("contracts", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
AT = "/organisations/<int:organisation_id>"
ONE = "/contracts/<int:contract_id>"
FILE = f"{ONE}/attachments/<int:attachment_id>"

bp.add_url_rule("/contracts", "mine", lists.mine, methods=READ)
bp.add_url_rule(f"{AT}/contracts", "index", lists.index, methods=READ)
bp.add_url_rule(f"{AT}/contracts/new", "new", drafting.new, methods=BOTH)
bp.add_url_rule(f"{AT}/contracts/ask", "ask", drafting.ask, methods=BOTH)
bp.add_url_rule(f"{AT}/contract-text", "text", texts.text, methods=BOTH)
bp.add_url_rule(f"{AT}/contract-settings", "requirement", requirements.requirement, methods=BOTH)
bp.add_url_rule(f"{AT}/order-forms", "order_forms_at", requirements.order_forms_at, methods=READ)
bp.add_url_rule("/order-forms", "order_forms", requirements.order_forms, methods=READ)
bp.add_url_rule("/order-forms/<int:form_id>.pdf", "order_form_paper", requirements.order_form_paper, methods=READ)
bp.add_url_rule("/contract-texts/<int:text_id>", "version", texts.version, methods=READ)
bp.add_url_rule(ONE, "show", contract.show, methods=READ)
bp.add_url_rule(f"{ONE}/print", "print_contract", contract.print_contract, methods=READ)
bp.add_url_rule(f"{ONE}.pdf", "paper", contract.paper, methods=READ)
bp.add_url_rule(f"{ONE}/edit", "edit", drafting.edit, methods=BOTH)
bp.add_url_rule(f"{ONE}/send", "send", steps.send, methods=SEND)
bp.add_url_rule(f"{ONE}/recall", "recall", steps.recall, methods=SEND)
bp.add_url_rule(f"{ONE}/sign", "sign", steps.sign, methods=SEND)
bp.add_url_rule(f"{ONE}/end", "end", steps.end, methods=SEND)
bp.add_url_rule(FILE, "download", contract.download, methods=READ)
bp.add_url_rule(f"{FILE}/<int:edge>", "thumbnail", contract.thumbnail, methods=READ)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show what was agreed on, and with whom."""
    response.headers["Cache-Control"] = "no-store"
    return response
