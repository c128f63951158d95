"""The pages of the catalogue: which address shows which page."""

from flask import Blueprint

from booking.catalogue.views import (
    arrivals,
    attachments,
    booking,
    bulk,
    index,
    items,
    merging,
    organisations,
    owners,
    publishing,
    record,
    reviews,
    several_reviews,
    stewards,
    units,
)

bp = Blueprint("catalogue", __name__)

READ, SEND = ["GET"], ["POST"]
ONE = "/catalogue/<int:instrument_id>"
GROUP = f"{ONE}/shared-groups/<int:group_id>"
ITEM = f"{ONE}/test-items/<int:item_id>"
ROUND = "/reviews/<int:round_id>"
CHANGE = "/owner-changes/<int:change_id>"
FILE = f"{ONE}/attachments/<int:attachment_id>"
SHOWN_FILE = "/instruments/<int:instrument_id>/attachments/<int:attachment_id>"

bp.add_url_rule("/catalogue", "index", index.index, methods=READ)
bp.add_url_rule("/catalogue/bulk", "bulk", bulk.choose, methods=READ)
bp.add_url_rule("/catalogue/bulk/preview", "bulk_preview", bulk.preview, methods=SEND)
bp.add_url_rule("/catalogue/bulk/submit", "bulk_submit", bulk.submit, methods=SEND)
bp.add_url_rule("/catalogue/bulk", "bulk_report", bulk.apply, methods=SEND)
bp.add_url_rule("/catalogue/new", "new", index.new, methods=READ)
bp.add_url_rule("/catalogue/new", "create", index.create, methods=SEND)
bp.add_url_rule(f"{ONE}/edit", "edit", record.edit, methods=READ)
bp.add_url_rule(f"{ONE}/edit", "save_record", record.save_record, methods=SEND)
bp.add_url_rule(f"{ONE}/place", "place", record.place, methods=READ)
bp.add_url_rule(f"{ONE}/place", "save_place", record.save_place, methods=SEND)
bp.add_url_rule(f"{ONE}/booking", "booking", booking.booking, methods=READ)
bp.add_url_rule(f"{ONE}/booking-mode", "save_mode", booking.save_mode, methods=SEND)
bp.add_url_rule(f"{ONE}/policy", "save_policy", booking.save_policy, methods=SEND)
bp.add_url_rule(f"{ONE}/opening-hours", "save_hours", booking.save_hours, methods=SEND)
bp.add_url_rule(f"{ONE}/shared-groups", "make_group", booking.make_group, methods=SEND)
bp.add_url_rule(f"{ONE}/shared-groups/join", "join_group", booking.join_group, methods=SEND)
bp.add_url_rule(f"{GROUP}/leave", "leave_group", booking.leave_group, methods=SEND)
bp.add_url_rule(f"{ONE}/test-items", "items", items.items, methods=READ)
bp.add_url_rule(f"{ONE}/test-items", "add_item", items.add_item, methods=SEND)
bp.add_url_rule(ITEM, "item", items.item, methods=READ)
bp.add_url_rule(ITEM, "save_item", items.save_item, methods=SEND)
bp.add_url_rule(f"{ITEM}/remove", "remove_item", items.remove_item, methods=SEND)
bp.add_url_rule(f"{ITEM}/move", "move_item", items.move_item, methods=SEND)
bp.add_url_rule(f"{ONE}/attachments", "attachments", attachments.attachments, methods=READ)
bp.add_url_rule(f"{ONE}/attachments", "upload", attachments.upload, methods=SEND)
bp.add_url_rule(FILE, "attachment", attachments.attachment, methods=READ)
bp.add_url_rule(FILE, "save_attachment", attachments.save_attachment, methods=SEND)
bp.add_url_rule(f"{FILE}/move", "move_attachment", attachments.move_attachment, methods=SEND)
bp.add_url_rule(f"{FILE}/remove", "remove_attachment", attachments.remove_attachment, methods=SEND)
bp.add_url_rule(SHOWN_FILE, "download", attachments.download, methods=READ)
bp.add_url_rule(f"{SHOWN_FILE}/<int:edge>", "thumbnail", attachments.thumbnail, methods=READ)
bp.add_url_rule(f"{ONE}/publishing", "publishing", publishing.publishing, methods=READ)
bp.add_url_rule(f"{ONE}/submit", "submit", publishing.submit, methods=SEND)
bp.add_url_rule(f"{ONE}/withdraw", "withdraw", publishing.withdraw, methods=SEND)
bp.add_url_rule(f"{ONE}/unpublish", "unpublish", publishing.unpublish, methods=SEND)
bp.add_url_rule(f"{ONE}/withhold", "withhold", publishing.withhold, methods=SEND)
bp.add_url_rule(f"{ONE}/sharing", "save_sharing", publishing.save_sharing, methods=SEND)
bp.add_url_rule(f"{ONE}/visibility", "save_visibility", publishing.save_visibility, methods=SEND)
bp.add_url_rule("/organisations/new", "new_organisation", organisations.new_organisation, methods=READ)
bp.add_url_rule("/organisations/new", "create_organisation", organisations.create_organisation, methods=SEND)
bp.add_url_rule(f"{ONE}/stewards", "stewards", stewards.stewards, methods=READ)
bp.add_url_rule(f"{ONE}/stewards", "save_stewards", stewards.save_stewards, methods=SEND)
bp.add_url_rule(f"{ONE}/owner", "owner", owners.owner, methods=READ)
bp.add_url_rule(f"{ONE}/owner", "propose_owner", owners.propose_owner, methods=SEND)
bp.add_url_rule("/owner-changes", "owner_changes", owners.owner_changes, methods=READ)
bp.add_url_rule(CHANGE, "owner_change", owners.owner_change, methods=READ)
bp.add_url_rule(f"{CHANGE}/accept", "accept_owner", owners.accept_owner, methods=SEND)
bp.add_url_rule(f"{CHANGE}/decline", "decline_owner", owners.decline_owner, methods=SEND)
bp.add_url_rule(f"{CHANGE}/withdraw", "withdraw_owner", owners.withdraw_owner, methods=SEND)
bp.add_url_rule("/report-dates", "report_dates", arrivals.report_dates, methods=READ)
bp.add_url_rule("/arrivals", "arrivals", arrivals.arrivals, methods=READ)
bp.add_url_rule(f"{ONE}/exemptions", "ask_exemption", arrivals.ask_exemption, methods=SEND)
bp.add_url_rule(f"{ONE}/training", "training", arrivals.training, methods=READ)
bp.add_url_rule(f"{ONE}/training", "tick_training", arrivals.tick_training, methods=SEND)
bp.add_url_rule("/exemptions/<int:exemption_id>/decide", "decide_exemption", arrivals.decide_exemption, methods=SEND)
bp.add_url_rule("/reviews", "reviews", reviews.reviews, methods=READ)
bp.add_url_rule("/reviews/several", "several", several_reviews.several, methods=READ)
bp.add_url_rule("/reviews/several", "approve_several", several_reviews.approve_several, methods=SEND)
bp.add_url_rule(ROUND, "review", reviews.review, methods=READ)
bp.add_url_rule(f"{ROUND}/approve", "approve_review", reviews.approve, methods=SEND)
bp.add_url_rule(f"{ROUND}/send-back", "send_back_review", reviews.send_back, methods=SEND)
bp.add_url_rule(f"{ROUND}/withhold", "withhold_review", reviews.withhold, methods=SEND)
bp.add_url_rule("/organisations/<int:organisation_id>/edit", "organisation", organisations.organisation, methods=READ)
bp.add_url_rule(
    "/organisations/<int:organisation_id>/edit", "save_organisation", organisations.save_organisation, methods=SEND
)
bp.add_url_rule("/organisations/<int:organisation_id>/units", "add_unit", organisations.add_unit, methods=SEND)
bp.add_url_rule("/organisations/<int:organisation_id>/settings", "settings", units.settings, methods=READ)
bp.add_url_rule("/organisations/<int:organisation_id>/settings", "save_settings", units.save_settings, methods=SEND)
bp.add_url_rule("/units/<int:unit_id>/edit", "unit", units.unit, methods=READ)
bp.add_url_rule("/units/<int:unit_id>/edit", "save_unit", units.save_unit, methods=SEND)
bp.add_url_rule("/units/<int:unit_id>/merge", "merge_unit", merging.merge, methods=[*READ, *SEND])
bp.add_url_rule("/units/<int:unit_id>/remove", "remove_unit", merging.remove, methods=SEND)
bp.add_url_rule("/units/<int:unit_id>/settings", "save_unit_settings", units.save_unit_settings, methods=SEND)
