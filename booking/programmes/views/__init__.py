"""The pages of programmes: which address shows which page."""

from flask import Blueprint

from booking.programmes.views import editing, showing

bp = Blueprint("programmes", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
ALL = "/voucher-programmes"
ONE = f"{ALL}/<int:programme_id>"

bp.add_url_rule(ALL, "index", showing.index, methods=READ)
bp.add_url_rule(f"{ALL}/new", "new", editing.new, methods=BOTH)
bp.add_url_rule(f"{ALL}/try", "attempt_new", editing.attempt_new, methods=SEND)
bp.add_url_rule(ONE, "show", showing.show, methods=READ)
bp.add_url_rule(f"{ONE}/versions/<int:number>", "version", showing.version, methods=READ)
bp.add_url_rule(f"{ONE}/edit", "edit", editing.edit, methods=BOTH)
bp.add_url_rule(f"{ONE}/try", "attempt", editing.attempt, methods=SEND)
