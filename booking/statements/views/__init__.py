"""The pages of statements: which address shows which page."""

from flask import Blueprint, Response

from booking.statements.views import cash, debtor, drafts, files, finance, receipts, runs, statement

bp = Blueprint("statements", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
AT = "/organisations/<int:organisation_id>/statements"
ONE, DRAFT, DEBTOR = "/statements/<int:statement_id>", "/statement-drafts/<int:draft_id>", "/debtors/<int:debtor_id>"

bp.add_url_rule("/statements", "mine", statement.mine, methods=READ)
bp.add_url_rule("/statements/billed", "billed", statement.billed, methods=READ)
bp.add_url_rule("/statements/institutions", "places", finance.places, methods=READ)
bp.add_url_rule("/statements/payer-accounts/<int:payer_id>", "of_payer", statement.of_payer, methods=READ)
bp.add_url_rule(ONE, "show", statement.show, methods=READ)
bp.add_url_rule(f"{ONE}.<kind>", "file", statement.file, methods=READ)
bp.add_url_rule(f"{ONE}/receipts", "receive", cash.receive, methods=BOTH)
bp.add_url_rule(AT, "index", finance.index, methods=READ)
bp.add_url_rule(f"{AT}/to-bill", "to_bill", drafts.to_bill, methods=BOTH)
bp.add_url_rule(f"{AT}/drafts", "drafts", drafts.drafts, methods=READ)
bp.add_url_rule(f"{AT}/drafts/issue", "issue_all", runs.issue_all, methods=SEND)
bp.add_url_rule("/statement-runs/<int:run_id>", "run", runs.run, methods=READ)
bp.add_url_rule("/statement-runs/<int:run_id>/progress", "run_progress", runs.run_progress, methods=READ)
bp.add_url_rule(f"{AT}/receipts", "receipts", receipts.receipts, methods=READ)
bp.add_url_rule(f"{AT}/receipts.<suffix>", "receipts_table", receipts.receipts_table, methods=READ)
bp.add_url_rule(f"{AT}/ageing", "ageing", finance.ageing, methods=READ)
bp.add_url_rule(f"{AT}/ageing.<suffix>", "ageing_table", files.ageing, methods=READ)
bp.add_url_rule(f"{AT}/to-bill.<suffix>", "to_bill_table", files.to_bill, methods=READ)
bp.add_url_rule(f"{AT}/export", "export", files.statements, methods=READ)
bp.add_url_rule(f"{AT}/terms", "terms", finance.terms, methods=BOTH)
bp.add_url_rule(DRAFT, "draft", drafts.draft, methods=READ)
bp.add_url_rule(f"{DRAFT}/issue", "issue", drafts.issue, methods=SEND)
bp.add_url_rule(f"{DRAFT}/drop", "drop", drafts.drop, methods=SEND)
bp.add_url_rule(DEBTOR, "debtor", debtor.show, methods=READ)
bp.add_url_rule(f"{DEBTOR}/refund", "refund", cash.refund, methods=BOTH)
bp.add_url_rule("/receipts/<int:receipt_id>/correct", "correct", cash.correct, methods=BOTH)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show money, and whose it is."""
    response.headers["Cache-Control"] = "no-store"
    return response
