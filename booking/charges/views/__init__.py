"""The pages of charges: which address shows which page."""

from flask import Blueprint, Response

from booking.charges.views import charge, figures, lists, many, steps

bp = Blueprint("charges", __name__)

READ, SEND = ["GET"], ["POST"]
ONE = "/charges/<int:charge_id>"

bp.add_url_rule("/charges", "mine", lists.mine, methods=READ)
bp.add_url_rule("/charges/staffed", "staffed", lists.staffed, methods=READ)
bp.add_url_rule("/charges.<suffix>", "mine_table", many.mine_table, methods=READ)
bp.add_url_rule("/charges/staffed.<suffix>", "staffed_table", many.staffed_table, methods=READ)
bp.add_url_rule("/charges/accept", "accept_several", many.accept_several, methods=SEND)
bp.add_url_rule("/charges/figures", "figures", figures.figures, methods=READ)
bp.add_url_rule("/charges/figures.csv", "figures_csv", figures.figures_csv, methods=READ)
bp.add_url_rule(ONE, "show", charge.show, methods=READ)
bp.add_url_rule(f"{ONE}/accept", "accept", steps.accept, methods=SEND)
bp.add_url_rule(f"{ONE}/dispute", "dispute", steps.dispute, methods=SEND)
bp.add_url_rule(f"{ONE}/messages", "write", steps.write, methods=SEND)
bp.add_url_rule(f"{ONE}/resolve", "resolve", steps.resolve, methods=SEND)
bp.add_url_rule(f"{ONE}/adjust", "adjust", steps.adjust, methods=SEND)
bp.add_url_rule(f"{ONE}/waive", "waive", steps.waive, methods=SEND)
bp.add_url_rule(f"{ONE}/cancel", "cancel", steps.cancel, methods=SEND)
bp.add_url_rule(f"{ONE}/take-rest", "take_rest", steps.take_rest, methods=SEND)
bp.add_url_rule(f"{ONE}/on-paper", "on_paper", steps.on_paper, methods=SEND)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show money, and whose it is."""
    response.headers["Cache-Control"] = "no-store"
    return response
