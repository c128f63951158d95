"""The pages of reservations: which address shows which page."""

from flask import Blueprint, Response

from booking.reservations.views import (
    accounts,
    agreement,
    blocks,
    board,
    closing,
    leaving,
    mine,
    moves,
    payer,
    positions,
    reservation,
    suspensions,
    team,
    todo,
    uses,
    wishes,
)

bp = Blueprint("reservations", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
MOVES = "/instruments/<int:instrument_id>/moves"
NATIONAL = {"organisation_id": None}

bp.add_url_rule("/instruments/<int:instrument_id>/calendar.json", "calendar", wishes.calendar, methods=READ)
bp.add_url_rule("/instruments/<int:instrument_id>/ask", "ask", wishes.ask, methods=SEND)
bp.add_url_rule("/instruments/<int:instrument_id>/reservations", "create", wishes.create, methods=SEND)
bp.add_url_rule("/instruments/<int:instrument_id>/blocks", "blocks", blocks.blocks, methods=READ)
bp.add_url_rule("/instruments/<int:instrument_id>/blocks", "add_block", blocks.add_block, methods=SEND)
bp.add_url_rule("/blocks/<int:block_id>/remove", "remove_block", blocks.remove_block, methods=SEND)
bp.add_url_rule("/catalogue/<int:instrument_id>/lanes", "save_capacity", positions.save_capacity, methods=SEND)
bp.add_url_rule("/suspensions", "suspensions", suspensions.suspensions, methods=READ)
bp.add_url_rule("/suspensions", "suspend", suspensions.suspend, methods=SEND)
bp.add_url_rule("/suspensions/<int:suspension_id>/lift", "lift_suspension", suspensions.lift_suspension, methods=SEND)
for days, defaults in (("/organisations/<int:organisation_id>/closing-days", {}), ("/calendar-days", NATIONAL)):
    bp.add_url_rule(days, "closing_days", closing.closing_days, methods=READ, defaults=defaults)
    bp.add_url_rule(days, "add_closing_days", closing.add_closing_days, methods=SEND, defaults=defaults)
    bp.add_url_rule(f"{days}/table", "add_day_table", closing.add_day_table, methods=SEND, defaults=defaults)
    bp.add_url_rule(
        f"{days}/<int:day_id>/remove", "remove_closing_day", closing.remove_closing_day, methods=SEND, defaults=defaults
    )
bp.add_url_rule("/conflicts/<int:conflict_id>/keep", "keep", closing.keep, methods=BOTH)
bp.add_url_rule(MOVES, "show_moves", moves.show_moves, methods=READ)
bp.add_url_rule(MOVES, "move_instrument", moves.move_instrument, methods=SEND)
bp.add_url_rule(f"{MOVES}/<int:place_id>/call-off", "call_off_move", moves.call_off_move, methods=SEND)
bp.add_url_rule("/reservations", "mine", mine.mine, methods=READ)
bp.add_url_rule("/reservations/<int:reservation_id>", "show", reservation.show, methods=READ)
bp.add_url_rule("/reservations/<int:reservation_id>/move", "move", reservation.move, methods=READ)
bp.add_url_rule("/reservations/<int:reservation_id>/move", "save_move", reservation.save_move, methods=SEND)
bp.add_url_rule("/reservations/<int:reservation_id>/move/ask", "ask_move", reservation.ask_move, methods=SEND)
bp.add_url_rule(
    "/reservations/<int:reservation_id>/move/calendar.json",
    "move_calendar",
    reservation.move_calendar,
    methods=READ,
)
bp.add_url_rule("/reservations/<int:reservation_id>/edit", "edit", reservation.edit, methods=BOTH)
bp.add_url_rule("/reservations/<int:reservation_id>/payer", "payer", payer.payer, methods=BOTH)
bp.add_url_rule("/reservations/<int:reservation_id>/order-form", "order_form", agreement.order_form, methods=BOTH)
bp.add_url_rule("/reservations/<int:reservation_id>/cancel", "cancel", reservation.cancel, methods=BOTH)
bp.add_url_rule("/reservations/<int:reservation_id>/leave", "leave", reservation.leave, methods=SEND)
bp.add_url_rule("/reservations/<int:reservation_id>/approve", "approve", todo.approve, methods=SEND)
bp.add_url_rule("/reservations/<int:reservation_id>/reject", "reject", todo.reject, methods=SEND)
bp.add_url_rule("/reservations/<int:reservation_id>/use", "use", uses.use, methods=BOTH)
bp.add_url_rule("/uses", "uses", uses.uses, methods=READ)
bp.add_url_rule("/uses/confirm", "confirm_uses", uses.confirm_uses, methods=SEND)
bp.add_url_rule("/uses/let-off", "let_off_uses", uses.let_off_uses, methods=SEND)
bp.add_url_rule("/board", "board", board.board, methods=READ)
bp.add_url_rule("/board/instruments/<int:instrument_id>", "board_instrument", board.board_instrument, methods=READ)
bp.add_url_rule(
    "/board/instruments/<int:instrument_id>/calendar.json", "named_calendar", wishes.named_calendar, methods=READ
)

LEAVING = "/organisations/<int:organisation_id>/people/<int:user_id>/leaving"

bp.add_url_rule("/organisations/<int:organisation_id>/leaving", "find_leaving", leaving.find, methods=BOTH)
bp.add_url_rule(LEAVING, "leaving", leaving.leaving, methods=READ)
bp.add_url_rule(f"{LEAVING}/bookings", "settle_bookings", leaving.settle_bookings, methods=SEND)
bp.add_url_rule(f"{LEAVING}/end", "end_everything", leaving.end_everything, methods=SEND)
bp.add_url_rule("/people/<int:user_id>/bookings", "coming", accounts.coming, methods=READ)
bp.add_url_rule("/people/<int:user_id>/bookings", "settle_coming", accounts.settle_coming, methods=SEND)
bp.add_url_rule("/people/<int:user_id>/deactivate", "deactivate", accounts.deactivate, methods=BOTH)
bp.add_url_rule("/people/<int:user_id>/reactivate", "reactivate", accounts.reactivate, methods=SEND)
bp.add_url_rule("/teams/<int:team_id>/bookings", "team_bookings", team.bookings, methods=READ)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show one person's reservations, or what is free right now."""
    response.headers["Cache-Control"] = "no-store"
    return response
