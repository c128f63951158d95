"""The affiliations of the HTTP API: which address answers what."""

from flask import Blueprint

from booking.affiliations.api import affiliations, confirming, domains, groups, registrations, rosters, visits

bp = Blueprint("affiliations_api", __name__, url_prefix="/api/v1")

READ, MAKE, REPLACE, CHANGE, DROP = ["GET"], ["POST"], ["PUT"], ["PATCH"], ["DELETE"]
ONE, OF = "/affiliations/<int:affiliation_id>", "/organisations/<int:organisation_id>"

bp.add_url_rule("/affiliations", "list", affiliations.listed, methods=READ)
bp.add_url_rule("/affiliations", "ask", affiliations.ask, methods=MAKE)
bp.add_url_rule("/affiliations/renewals", "ask_renewal", affiliations.ask_renewal, methods=MAKE)
bp.add_url_rule("/affiliations/renewals/confirm", "renew", affiliations.renew, methods=MAKE)
bp.add_url_rule(ONE, "show", affiliations.show, methods=READ)
bp.add_url_rule(ONE, "change", affiliations.change, methods=CHANGE)
bp.add_url_rule(f"{ONE}/withdraw", "withdraw", affiliations.withdraw, methods=MAKE)
bp.add_url_rule(f"{ONE}/leave", "leave", affiliations.leave, methods=MAKE)
bp.add_url_rule(f"{ONE}/confirm", "confirm", affiliations.confirm, methods=MAKE)
bp.add_url_rule(f"{ONE}/refuse", "refuse", affiliations.refuse, methods=MAKE)
bp.add_url_rule(f"{ONE}/end", "end", affiliations.end, methods=MAKE)
bp.add_url_rule(f"{OF}/affiliations/confirm", "confirm_many", confirming.confirm_many, methods=MAKE)
bp.add_url_rule(f"{OF}/user-groups", "groups", groups.listed, methods=READ)
bp.add_url_rule(f"{OF}/user-groups", "add_group", groups.add, methods=MAKE)
bp.add_url_rule("/user-groups/<int:group_id>", "edit_group", groups.edit, methods=REPLACE)
bp.add_url_rule("/user-groups/<int:group_id>", "remove_group", groups.remove, methods=DROP)
bp.add_url_rule(f"{OF}/mail-domains", "domains", domains.listed, methods=READ)
bp.add_url_rule(f"{OF}/mail-domains", "add_domain", domains.add, methods=MAKE)
bp.add_url_rule("/mail-domains", "domains_waiting", domains.waiting, methods=READ)
bp.add_url_rule("/mail-domains/<int:domain_id>", "remove_domain", domains.remove, methods=DROP)
bp.add_url_rule("/mail-domains/<int:domain_id>/verify", "verify_domain", domains.verify, methods=MAKE)
bp.add_url_rule("/mail-domains/<int:domain_id>/refuse", "refuse_domain", domains.refuse, methods=MAKE)
bp.add_url_rule(f"{OF}/affiliation-settings", "settings", domains.settings, methods=READ)
bp.add_url_rule(f"{OF}/affiliation-settings", "change_settings", domains.change_settings, methods=REPLACE)
bp.add_url_rule(f"{OF}/rosters", "rosters", rosters.listed, methods=READ)
bp.add_url_rule(f"{OF}/rosters", "upload_roster", rosters.upload, methods=MAKE)
bp.add_url_rule("/rosters/<int:roster_id>", "roster", rosters.show, methods=READ)
bp.add_url_rule("/rosters/<int:roster_id>/rows", "roster_rows", rosters.rows, methods=READ)
bp.add_url_rule("/rosters/<int:roster_id>/missing", "roster_missing", rosters.missing, methods=READ)
bp.add_url_rule("/rosters/<int:roster_id>/apply", "apply_roster", rosters.apply, methods=MAKE)
bp.add_url_rule("/rosters/<int:roster_id>/discard", "discard_roster", rosters.discard, methods=MAKE)
bp.add_url_rule(f"{OF}/invitations", "invitations", rosters.invited, methods=READ)
bp.add_url_rule(f"{OF}/invitations/links", "hand_links", rosters.hand_links, methods=MAKE)
bp.add_url_rule("/invitations/<int:invitation_id>/resend", "resend", rosters.resend, methods=MAKE)
bp.add_url_rule("/invitations/<int:invitation_id>/withdraw", "withdraw_invitation", rosters.withdraw, methods=MAKE)
bp.add_url_rule("/invitations/<int:invitation_id>/link", "make_link", rosters.make_link, methods=MAKE)
bp.add_url_rule("/invitations/accept", "accept_invitation", rosters.accept, methods=MAKE)

VISIT, FIRM = "/visits/<int:visit_id>", "/registrations/<int:registration_id>"

bp.add_url_rule(f"{OF}/visitors", "visits", visits.listed, methods=READ)
bp.add_url_rule(f"{OF}/visitors", "register_visitor", visits.register, methods=MAKE)
bp.add_url_rule(VISIT, "visit", visits.show, methods=READ)
bp.add_url_rule(f"{VISIT}/confirm", "confirm_visit", visits.confirm, methods=MAKE)
bp.add_url_rule(f"{VISIT}/refuse", "refuse_visit", visits.refuse, methods=MAKE)
bp.add_url_rule(f"{VISIT}/name-host", "name_host", visits.name_host, methods=MAKE)
bp.add_url_rule(f"{VISIT}/change", "change_visit", visits.change, methods=MAKE)
bp.add_url_rule(f"{VISIT}/end", "end_visit", visits.end, methods=MAKE)
bp.add_url_rule(f"{VISIT}/reveal", "reveal_identity", visits.reveal, methods=MAKE)
bp.add_url_rule("/registrations", "registrations", registrations.listed, methods=READ)
bp.add_url_rule("/registrations", "register_organisation", registrations.register, methods=MAKE)
bp.add_url_rule(f"{OF}/administration", "ask_administration", registrations.ask_administration, methods=MAKE)
bp.add_url_rule(FIRM, "registration", registrations.show, methods=READ)
bp.add_url_rule(FIRM, "correct_registration", registrations.correct, methods=REPLACE)
bp.add_url_rule(f"{FIRM}/verify", "verify_registration", registrations.verify, methods=MAKE)
bp.add_url_rule(f"{FIRM}/refuse", "refuse_registration", registrations.refuse, methods=MAKE)
bp.add_url_rule(f"{FIRM}/withdraw", "withdraw_registration", registrations.withdraw, methods=MAKE)
