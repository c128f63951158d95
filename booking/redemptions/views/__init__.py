"""The pages of redemptions: which address shows which page."""

from flask import Blueprint, Response

from booking.redemptions.views import claims, elsewhere, lists, one, samples, steps

bp = Blueprint("redemptions", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
ALL, ONE = "/redemptions", "/redemptions/<int:redemption_id>"
SAMPLES = "/voucher-programmes/<int:programme_id>/samples"

bp.add_url_rule(ALL, "index", lists.index, methods=READ)
bp.add_url_rule(f"{ALL}/new", "new", claims.new, methods=BOTH)
bp.add_url_rule(f"{ALL}/captured", "captured", lists.captured, methods=READ)
bp.add_url_rule(f"{ALL}/queue", "queue", lists.queue, methods=READ)
bp.add_url_rule(f"{ALL}/notices", "notices", lists.notices, methods=READ)
bp.add_url_rule(ONE, "show", one.show, methods=READ)
bp.add_url_rule(f"{ONE}/pack.zip", "pack", one.pack, methods=READ)
bp.add_url_rule(f"{ONE}/files/<int:attachment_id>", "file", one.file, methods=READ)
bp.add_url_rule(f"{ONE}/documents", "add_documents", claims.add_documents, methods=SEND)
bp.add_url_rule(f"{ONE}/documents/<int:attachment_id>/remove", "remove_document", claims.remove_document, methods=SEND)
bp.add_url_rule(f"{ONE}/withdraw", "withdraw", claims.withdraw, methods=SEND)
bp.add_url_rule(f"{ONE}/review", "review", steps.review, methods=SEND)
bp.add_url_rule(f"{ONE}/reject", "reject", steps.reject, methods=SEND)
bp.add_url_rule(f"{ONE}/pay", "pay", steps.pay, methods=SEND)
bp.add_url_rule(f"{ONE}/claw-back", "claw_back", steps.claw_back, methods=SEND)
bp.add_url_rule(f"{ONE}/bank-papers", "add_bank_papers", steps.add_bank_papers, methods=SEND)
bp.add_url_rule(f"{ONE}/submitted-elsewhere", "submitted_elsewhere", elsewhere.submitted, methods=SEND)
bp.add_url_rule(f"{ONE}/paid-elsewhere", "paid_elsewhere", elsewhere.paid, methods=SEND)
bp.add_url_rule(f"{ONE}/refused-elsewhere", "refused_elsewhere", elsewhere.refused, methods=SEND)
bp.add_url_rule(f"{ONE}/clawed-back-elsewhere", "clawed_back_elsewhere", elsewhere.clawed_back, methods=SEND)
bp.add_url_rule(f"{ONE}/outcome-papers", "add_outcome_papers", elsewhere.papers, methods=SEND)
bp.add_url_rule(f"{ALL}/samples", "all_samples", samples.everywhere, methods=READ)
bp.add_url_rule(SAMPLES, "samples", samples.samples, methods=BOTH)
bp.add_url_rule(f"{SAMPLES}/findings", "find", samples.find, methods=SEND)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show money, and whose it is."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
