"""The pages of enquiries: which address shows which page."""

from flask import Blueprint

from booking.enquiries.views import asking, faq, lists, threads

bp = Blueprint("enquiries", __name__)

READ, SEND = ["GET"], ["POST"]
ASK = "/instruments/<int:instrument_id>/enquire"
ONE = "/enquiries/<int:enquiry_id>"
FILE = f"{ONE}/attachments/<int:attachment_id>"
FAQ = "/instruments/<int:instrument_id>/faq"
ENTRY = f"{FAQ}/<int:entry_id>"

bp.add_url_rule(ASK, "new", asking.new, methods=READ)
bp.add_url_rule(ASK, "ask", asking.ask, methods=SEND)
bp.add_url_rule("/enquiries", "index", lists.index, methods=READ)
bp.add_url_rule("/enquiries/waiting", "waiting", lists.waiting, methods=READ)
bp.add_url_rule(ONE, "show", threads.show, methods=READ)
bp.add_url_rule(f"{ONE}/messages", "add_message", threads.add_message, methods=SEND)
bp.add_url_rule(f"{ONE}/messages/<int:message_id>/withdraw", "withdraw_message", threads.withdraw_message, methods=SEND)
bp.add_url_rule(f"{FILE}/withdraw", "withdraw_file", threads.withdraw_file, methods=SEND)
bp.add_url_rule(f"{ONE}/remove-file", "remove_file", threads.remove_file, methods=SEND)
bp.add_url_rule(f"{ONE}/close", "close", threads.close, methods=SEND)
bp.add_url_rule(f"{ONE}/reopen", "reopen", threads.reopen, methods=SEND)
bp.add_url_rule(f"{ONE}/answer-wish", "answer_wish", threads.answer_wish, methods=SEND)
bp.add_url_rule(f"{ONE}/settle-offer", "settle_offer", threads.settle_offer, methods=SEND)
bp.add_url_rule(FILE, "download", threads.download, methods=READ)
bp.add_url_rule(f"{FILE}/<int:edge>", "thumbnail", threads.thumbnail, methods=READ)
bp.add_url_rule(FAQ, "faq", faq.faq, methods=READ)
bp.add_url_rule(FAQ, "add_faq", faq.add_faq, methods=SEND)
bp.add_url_rule(ENTRY, "faq_entry", faq.faq_entry, methods=READ)
bp.add_url_rule(ENTRY, "save_faq", faq.save_faq, methods=SEND)
bp.add_url_rule(f"{ENTRY}/move", "move_faq", faq.move_faq, methods=SEND)
bp.add_url_rule(f"{ENTRY}/remove", "remove_faq", faq.remove_faq, methods=SEND)
