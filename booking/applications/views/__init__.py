"""The pages of applications for vouchers: which address shows which page."""

from flask import Blueprint, Response

from booking.applications.views import application, deciding, documents, lists, writing
from models.vocabulary.programmes import ProgrammeDocument

bp = Blueprint("applications", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
ONE = "/applications/<int:application_id>"
PAPER = f"{ONE}/documents/<any({', '.join(one.value for one in ProgrammeDocument)}):document>"

bp.add_url_rule("/applications", "index", lists.index, methods=READ)
bp.add_url_rule("/applications/new", "new", writing.new, methods=BOTH)
bp.add_url_rule(ONE, "show", application.show, methods=READ)
bp.add_url_rule(f"{ONE}/edit", "edit", writing.edit, methods=SEND)
bp.add_url_rule(f"{ONE}/documents", "hand_in", writing.hand_in, methods=SEND)
bp.add_url_rule(PAPER, "paper", application.paper, methods=READ)
bp.add_url_rule(f"{PAPER}/remove", "remove_paper", writing.remove_paper, methods=SEND)
bp.add_url_rule(f"{ONE}/submit", "submit", writing.submit, methods=SEND)
bp.add_url_rule(f"{ONE}/withdraw", "withdraw", writing.withdraw, methods=SEND)
bp.add_url_rule(f"{ONE}/again", "apply_again", writing.apply_again, methods=SEND)
bp.add_url_rule(f"{ONE}/review", "review", deciding.review, methods=SEND)
bp.add_url_rule(f"{ONE}/return", "send_back", deciding.send_back, methods=SEND)
bp.add_url_rule(f"{ONE}/refuse", "refuse", deciding.refuse, methods=SEND)
bp.add_url_rule(f"{ONE}/issue", "issue", deciding.issue, methods=SEND)
bp.add_url_rule(f"{ONE}/voucher", "voucher", application.voucher, methods=READ)
bp.add_url_rule(f"{ONE}/voucher.pdf", "voucher_paper", application.voucher_paper, methods=READ)
bp.add_url_rule("/verified-documents", "documents", documents.documents, methods=READ)
bp.add_url_rule("/verified-documents/<int:document_id>/file", "verified_file", documents.verified_file, methods=READ)
bp.add_url_rule(
    "/verified-documents/<int:document_id>/withdraw", "withdraw_verification", documents.withdraw, methods=BOTH
)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show what firms ask for, and their papers."""
    response.headers["Cache-Control"] = "no-store"
    return response
