"""The catalogue of the HTTP API: which address answers what."""

from flask import Blueprint

from booking.catalogue.api import (
    approvals,
    arrivals,
    attachments,
    bulk,
    items,
    lanes,
    merging,
    organisations,
    owners,
    records,
    reviews,
    stewards,
    units,
)

bp = Blueprint("catalogue_api", __name__, url_prefix="/api/v1")

GET, POST, PUT, PATCH, DELETE = ["GET"], ["POST"], ["PUT"], ["PATCH"], ["DELETE"]
ONE = "/instruments/<int:instrument_id>"
GROUP = f"{ONE}/shared-groups/<int:group_id>"
ITEM = f"{ONE}/test-items/<int:item_id>"
ROUND = "/reviews/<int:round_id>"
CHANGE = "/owner-changes/<int:change_id>"
FILE = f"{ONE}/attachments/<int:attachment_id>"
OWNER = "/organisations/<int:organisation_id>"
UNIT = "/units/<int:unit_id>"

bp.add_url_rule("/instruments", "create", records.create, methods=POST)
bp.add_url_rule(ONE, "edit", records.edit, methods=PATCH)
bp.add_url_rule(f"{ONE}/submit", "submit", reviews.submit, methods=POST)
bp.add_url_rule(f"{ONE}/withdraw", "withdraw", reviews.withdraw, methods=POST)
bp.add_url_rule(f"{ONE}/unpublish", "unpublish", reviews.unpublish, methods=POST)
bp.add_url_rule(f"{ONE}/withhold", "withhold", reviews.withhold, methods=POST)
bp.add_url_rule(f"{ONE}/reviews", "reviews_of", reviews.reviews_of, methods=GET)
bp.add_url_rule(f"{ONE}/stewards", "stewards", stewards.show, methods=GET)
bp.add_url_rule(f"{ONE}/stewards", "name_stewards", stewards.name, methods=PUT)
bp.add_url_rule(f"{ONE}/owners", "owners", owners.tenures, methods=GET)
bp.add_url_rule(f"{ONE}/owner-changes", "propose_owner", owners.propose, methods=POST)
bp.add_url_rule("/owner-changes", "owner_changes", owners.index, methods=GET)
bp.add_url_rule(CHANGE, "owner_change", owners.show, methods=GET)
bp.add_url_rule(f"{CHANGE}/accept", "accept_owner", owners.accept, methods=POST)
bp.add_url_rule(f"{CHANGE}/decline", "decline_owner", owners.decline, methods=POST)
bp.add_url_rule(f"{CHANGE}/withdraw", "withdraw_owner", owners.withdraw, methods=POST)
bp.add_url_rule("/report-dates", "report_dates", arrivals.report_dates, methods=GET)
bp.add_url_rule("/arrivals", "arrivals", arrivals.arrivals, methods=GET)
bp.add_url_rule("/exemptions", "exemptions", arrivals.exemptions, methods=GET)
bp.add_url_rule(f"{ONE}/exemptions", "ask_exemption", arrivals.ask, methods=POST)
bp.add_url_rule(f"{ONE}/training", "tick_training", arrivals.tick, methods=POST)
bp.add_url_rule("/exemptions/<int:exemption_id>/approve", "approve_exemption", arrivals.approve, methods=POST)
bp.add_url_rule("/exemptions/<int:exemption_id>/refuse", "refuse_exemption", arrivals.refuse, methods=POST)
bp.add_url_rule("/reviews", "reviews", reviews.waiting, methods=GET)
bp.add_url_rule("/review-approvals", "approve_many_rounds", approvals.approve_many_rounds, methods=POST)
bp.add_url_rule(ROUND, "review", reviews.show, methods=GET)
bp.add_url_rule(f"{ROUND}/approve", "approve_review", reviews.approve, methods=POST)
bp.add_url_rule(f"{ROUND}/send-back", "send_back_review", reviews.send_back, methods=POST)
bp.add_url_rule(f"{ROUND}/withhold", "withhold_review", reviews.withhold_review, methods=POST)
bp.add_url_rule(f"{ONE}/policy", "policy", records.policy, methods=PUT)
bp.add_url_rule(f"{ONE}/inherit", "inherit", records.inherit, methods=POST)
bp.add_url_rule(f"{ONE}/opening-hours", "opening_hours", records.opening_hours, methods=PUT)
bp.add_url_rule("/instrument-edits", "edit_many", bulk.edit_many, methods=POST)
bp.add_url_rule("/instrument-submissions", "submit_many", bulk.submit_many, methods=POST)
bp.add_url_rule("/my-instruments", "own", records.own, methods=GET)
bp.add_url_rule(f"{ONE}/shared-groups", "share", lanes.share, methods=POST)
bp.add_url_rule(f"{GROUP}/join", "join", lanes.join, methods=POST)
bp.add_url_rule(f"{GROUP}/leave", "leave", lanes.leave, methods=POST)
bp.add_url_rule(f"{ONE}/test-items", "add_item", items.add, methods=POST)
bp.add_url_rule(ITEM, "edit_item", items.edit, methods=PUT)
bp.add_url_rule(ITEM, "remove_item", items.remove, methods=DELETE)
bp.add_url_rule(f"{ITEM}/move", "move_item", items.move, methods=POST)
bp.add_url_rule("/organisations", "organisations", organisations.index, methods=GET)
bp.add_url_rule(f"{ONE}/attachments", "attachments", attachments.attachments, methods=GET)
bp.add_url_rule(f"{ONE}/attachments", "upload", attachments.upload, methods=POST)
bp.add_url_rule(FILE, "attachment", attachments.attachment, methods=GET)
bp.add_url_rule(FILE, "edit_attachment", attachments.edit, methods=PATCH)
bp.add_url_rule(FILE, "remove_attachment", attachments.remove, methods=DELETE)
bp.add_url_rule("/organisations", "create_organisation", organisations.create, methods=POST)
bp.add_url_rule(OWNER, "organisation", organisations.show, methods=GET)
bp.add_url_rule(OWNER, "edit_organisation", organisations.edit, methods=PUT)
bp.add_url_rule(f"{OWNER}/units", "add_unit", organisations.add_unit, methods=POST)
bp.add_url_rule(f"{OWNER}/settings", "settings", units.settings, methods=GET)
bp.add_url_rule(f"{OWNER}/settings", "edit_settings", units.edit_settings, methods=PUT)
bp.add_url_rule(UNIT, "unit", units.unit, methods=GET)
bp.add_url_rule(UNIT, "rename", units.rename, methods=PUT)
bp.add_url_rule(UNIT, "remove_unit", merging.remove, methods=DELETE)
bp.add_url_rule(f"{UNIT}/merge", "preview_merge", merging.preview, methods=GET)
bp.add_url_rule(f"{UNIT}/merge", "merge_unit", merging.merge, methods=POST)
bp.add_url_rule(f"{UNIT}/settings", "unit_settings", units.unit_settings, methods=GET)
bp.add_url_rule(f"{UNIT}/settings", "edit_unit_settings", units.edit_unit_settings, methods=PUT)
