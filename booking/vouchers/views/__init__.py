"""The pages of vouchers: which address shows which page."""

from flask import Blueprint, Response

from booking.vouchers.views import registering, relations, showing, steps

bp = Blueprint("vouchers", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
ALL = "/vouchers"
ONE = f"{ALL}/<int:voucher_id>"

bp.add_url_rule(ALL, "index", showing.index, methods=READ)
bp.add_url_rule(f"{ALL}/relations", "relations", relations.index, methods=READ)
bp.add_url_rule(f"{ALL}/relations", "say_related", relations.say, methods=SEND)
bp.add_url_rule(f"{ALL}/budgets/<int:programme_id>", "budget", showing.budget, methods=READ)
bp.add_url_rule(f"{ALL}/register", "register", registering.register, methods=BOTH)
bp.add_url_rule(f"{ONE}/files/<int:attachment_id>", "evidence", registering.evidence, methods=READ)
bp.add_url_rule(ONE, "show", showing.show, methods=READ)
bp.add_url_rule(f"{ONE}/<any(freeze, thaw, return, revoke):step>", "take_step", steps.take_step, methods=BOTH)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show money, and whose it is."""
    response.headers["Cache-Control"] = "no-store"
    return response
