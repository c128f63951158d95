"""The pages of payer accounts: which address shows which page."""

from flask import Blueprint, Response

from booking.payers.views import account, lists, steps

bp = Blueprint("payers", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
ONE = "/payer-accounts/<int:payer_id>"
AT = "/organisations/<int:organisation_id>/payer-accounts"

bp.add_url_rule("/payer-accounts", "mine", lists.mine, methods=READ)
bp.add_url_rule("/payer-accounts/institutions", "places", lists.places, methods=READ)
bp.add_url_rule(AT, "index", lists.index, methods=READ)
bp.add_url_rule(f"{AT}/new", "new", lists.new, methods=BOTH)
bp.add_url_rule(ONE, "show", account.show, methods=READ)
bp.add_url_rule(f"{ONE}/edit", "edit", account.edit, methods=BOTH)
bp.add_url_rule(f"{ONE}/members", "add_member", account.add_member, methods=SEND)
bp.add_url_rule(f"{ONE}/members/<int:member_id>/remove", "remove_member", account.remove_member, methods=SEND)
bp.add_url_rule(f"{ONE}/members/<int:member_id>/limit", "set_limit", account.set_limit, methods=BOTH)
bp.add_url_rule(f"{ONE}/amount", "set_amount", steps.set_amount, methods=BOTH)
bp.add_url_rule(f"{ONE}/top-up", "top_up", steps.top_up, methods=BOTH)
bp.add_url_rule(f"{ONE}/refund", "refund", steps.refund, methods=BOTH)
bp.add_url_rule(f"{ONE}/close", "close", steps.close, methods=BOTH)
bp.add_url_rule(f"{ONE}/movements/<int:movement_id>/correct", "correct", steps.correct, methods=BOTH)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show money, and whose it is."""
    response.headers["Cache-Control"] = "no-store"
    return response
