"""The pages of prices: which address shows which page."""

from flask import Blueprint

from booking.pricing.views import editing, many, showing

bp = Blueprint("pricing", __name__)

READ, SEND = ["GET"], ["POST"]
OF_INSTRUMENT = "/instruments/<int:instrument_id>/prices"
OF_UNIT = "/units/<int:unit_id>/prices"

bp.add_url_rule(OF_INSTRUMENT, "show", showing.show, methods=READ)
bp.add_url_rule(f"{OF_INSTRUMENT}/edit", "edit", editing.edit, methods=READ)
bp.add_url_rule(f"{OF_INSTRUMENT}/edit", "save", editing.save, methods=SEND)
bp.add_url_rule(f"{OF_INSTRUMENT}/try", "attempt", editing.attempt, methods=SEND)
bp.add_url_rule(OF_UNIT, "unit", showing.unit, methods=READ)
bp.add_url_rule(f"{OF_UNIT}/edit", "edit_unit", editing.edit_unit, methods=READ)
bp.add_url_rule(f"{OF_UNIT}/edit", "save_unit", editing.save_unit, methods=SEND)
bp.add_url_rule(f"{OF_UNIT}/try", "attempt_unit", editing.attempt_unit, methods=SEND)
bp.add_url_rule("/prices/bulk", "bulk", many.choose, methods=READ)
bp.add_url_rule("/prices/bulk/preview", "bulk_preview", many.preview, methods=SEND)
bp.add_url_rule("/prices/bulk", "bulk_apply", many.apply, methods=SEND)
