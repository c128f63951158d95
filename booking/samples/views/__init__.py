"""The pages of sample orders: which address shows which page."""

from flask import Blueprint

from booking.samples.views import figures, lists, ordering, orders, runs, steps, stickers

bp = Blueprint("samples", __name__)

READ, SEND = ["GET"], ["POST"]
ASK = "/instruments/<int:instrument_id>/sample-orders"
RUNS = "/instruments/<int:instrument_id>/sample-runs"
ONE = "/sample-orders/<int:order_id>"
FILE = f"{ONE}/attachments/<int:attachment_id>"

bp.add_url_rule(ASK, "new", ordering.new, methods=READ)
bp.add_url_rule(ASK, "create", ordering.create, methods=SEND)
bp.add_url_rule(RUNS, "new_run", runs.new_run, methods=READ)
bp.add_url_rule(RUNS, "start_run", runs.start_run, methods=SEND)
bp.add_url_rule("/sample-orders", "index", lists.index, methods=READ)
bp.add_url_rule("/sample-orders/queue", "queue", lists.queue, methods=READ)
bp.add_url_rule("/sample-orders/figures", "figures", figures.figures, methods=READ)
bp.add_url_rule("/sample-orders/find", "find", stickers.find, methods=READ)
bp.add_url_rule("/sample-orders/stickers", "stickers", stickers.choose, methods=READ)
bp.add_url_rule("/sample-orders/stickers.pdf", "sheets", stickers.sheets, methods=READ)
bp.add_url_rule(ONE, "show", orders.show, methods=READ)
bp.add_url_rule(f"{ONE}/form", "order_form", orders.order_form, methods=READ)
bp.add_url_rule(FILE, "download", orders.download, methods=READ)
bp.add_url_rule(f"{FILE}/<int:edge>", "thumbnail", orders.thumbnail, methods=READ)
bp.add_url_rule(f"{ONE}/messages", "add_message", steps.add_message, methods=SEND)
bp.add_url_rule(f"{ONE}/remove-file", "remove_file", steps.remove_file, methods=SEND)
bp.add_url_rule(f"{ONE}/quote", "quote", steps.quote, methods=SEND)
bp.add_url_rule(f"{ONE}/refuse", "refuse", steps.refuse, methods=SEND)
bp.add_url_rule(f"{ONE}/accept", "accept", steps.accept, methods=SEND)
bp.add_url_rule(f"{ONE}/agree", "agree", steps.agree, methods=SEND)
bp.add_url_rule(f"{ONE}/send", "send", steps.send, methods=SEND)
bp.add_url_rule(f"{ONE}/receive", "receive", steps.receive, methods=SEND)
bp.add_url_rule(f"{ONE}/settle", "settle", steps.settle, methods=SEND)
bp.add_url_rule(f"{ONE}/record", "record", steps.record, methods=SEND)
bp.add_url_rule(f"{ONE}/results", "results", steps.results, methods=SEND)
bp.add_url_rule(f"{ONE}/approve", "approve", steps.approve, methods=SEND)
bp.add_url_rule(f"{ONE}/dispute", "dispute", steps.dispute, methods=SEND)
bp.add_url_rule(f"{ONE}/uphold", "uphold", steps.uphold, methods=SEND)
bp.add_url_rule(f"{ONE}/cancel", "cancel", steps.cancel, methods=SEND)
bp.add_url_rule(f"{ONE}/give-back", "give_back", steps.give_back, methods=SEND)
