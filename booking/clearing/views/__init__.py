"""The pages of clearing: which address shows which page."""

from flask import Blueprint, Response

from booking.clearing.views import acting, budget, showing

bp = Blueprint("clearing", __name__)

READ, SEND = ["GET"], ["POST"]
ONE = "/clearing/<border>/<month>"

bp.add_url_rule("/clearing", "index", showing.index, methods=READ)
bp.add_url_rule(ONE, "show", showing.show, methods=READ)
bp.add_url_rule(f"{ONE}/transfers", "transfers", showing.transfers, methods=READ)
bp.add_url_rule(f"{ONE}/statement.<kind>", "file", showing.file, methods=READ)
bp.add_url_rule(f"{ONE}/close", "close", acting.close, methods=SEND)
bp.add_url_rule(f"{ONE}/confirm", "confirm", acting.confirm, methods=SEND)
bp.add_url_rule(f"{ONE}/messages", "write", acting.write, methods=SEND)
bp.add_url_rule(f"{ONE}/settle", "settle", acting.settle, methods=SEND)
bp.add_url_rule(f"{ONE}/reverse", "reverse", acting.reverse, methods=SEND)
bp.add_url_rule("/voucher-programmes/<int:programme_id>/budget", "budget", budget.show, methods=READ)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show what provinces owe each other."""
    response.headers["Cache-Control"] = "no-store"
    return response
