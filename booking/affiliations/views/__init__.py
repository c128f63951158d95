"""The pages of affiliations: which address shows which page."""

from flask import Blueprint, Response

from booking.affiliations.views import (
    confirming,
    domain_verifying,
    domains,
    groups,
    invitations,
    own,
    people,
    registrations,
    rosters,
    visits,
)

bp = Blueprint("affiliations", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
OWN, ONE, PEOPLE = "/account/affiliations", "/affiliations/<int:affiliation_id>", "/organisations/<int:organisation_id>"

bp.add_url_rule(OWN, "mine", own.mine, methods=READ)
bp.add_url_rule(OWN, "ask", own.ask, methods=SEND)
bp.add_url_rule(f"{OWN}/renew", "ask_renewal", own.ask_renewal, methods=SEND)
bp.add_url_rule(f"{OWN}/renew/<secret>", "renew", own.renew, methods=BOTH)
bp.add_url_rule(f"{ONE}/withdraw", "withdraw", own.withdraw, methods=SEND)
bp.add_url_rule(f"{ONE}/leave", "leave", own.leave, methods=BOTH)
bp.add_url_rule(ONE, "show", people.show, methods=READ)
bp.add_url_rule(f"{ONE}/confirm", "confirm", people.confirm, methods=SEND)
bp.add_url_rule(f"{ONE}/refuse", "refuse", people.refuse, methods=SEND)
bp.add_url_rule(f"{ONE}/change", "change", people.change, methods=SEND)
bp.add_url_rule(f"{ONE}/end", "end", people.end, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/people", "people", people.people, methods=READ)
bp.add_url_rule(f"{PEOPLE}/people/confirm", "confirming", confirming.choose, methods=READ)
bp.add_url_rule(f"{PEOPLE}/people/confirm", "confirm_many", confirming.confirm, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/user-groups", "groups", groups.groups, methods=READ)
bp.add_url_rule(f"{PEOPLE}/user-groups", "add_group", groups.add_group, methods=SEND)
bp.add_url_rule("/user-groups/<int:group_id>", "group", groups.group, methods=READ)
bp.add_url_rule("/user-groups/<int:group_id>", "edit_group", groups.edit_group, methods=SEND)
bp.add_url_rule("/user-groups/<int:group_id>/remove", "remove_group", groups.remove_group, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/mail-domains", "domains", domains.domains, methods=READ)
bp.add_url_rule(f"{PEOPLE}/mail-domains", "add_domain", domains.add_domain, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/mail-domains/settings", "change_settings", domains.change_settings, methods=SEND)
bp.add_url_rule("/mail-domains/<int:domain_id>/remove", "remove_domain", domains.remove_domain, methods=SEND)
bp.add_url_rule("/mail-domains/<int:domain_id>", "domain", domain_verifying.show, methods=READ)
bp.add_url_rule("/mail-domains/<int:domain_id>/verify", "verify_domain", domain_verifying.verify, methods=SEND)
bp.add_url_rule("/mail-domains/<int:domain_id>/refuse", "refuse_domain", domain_verifying.refuse, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/rosters", "rosters", rosters.listed, methods=READ)
bp.add_url_rule(f"{PEOPLE}/rosters", "upload_roster", rosters.upload, methods=SEND)
bp.add_url_rule("/rosters/template.csv", "roster_template", rosters.template, methods=READ)
bp.add_url_rule("/rosters/<int:roster_id>", "roster", rosters.show, methods=READ)
bp.add_url_rule("/rosters/<int:roster_id>/refused.<kind>", "refused_rows", rosters.refused, methods=READ)
bp.add_url_rule("/rosters/<int:roster_id>/apply", "apply_roster", rosters.apply, methods=SEND)
bp.add_url_rule("/rosters/<int:roster_id>/discard", "discard_roster", rosters.discard, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/invitations", "invitations", invitations.listed, methods=READ)
bp.add_url_rule("/invitations/<int:invitation_id>/resend", "resend", invitations.resend, methods=SEND)
bp.add_url_rule("/invitations/<int:invitation_id>/withdraw", "withdraw_invitation", invitations.withdraw, methods=SEND)
bp.add_url_rule("/invitations/<int:invitation_id>/link", "make_link", invitations.make_link, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/invitations/links", "hand_links", invitations.hand_links, methods=SEND)
bp.add_url_rule("/invited", "enter_code", invitations.enter_code, methods=READ)
bp.add_url_rule("/invited/<secret>", "invited", invitations.invited, methods=BOTH)

VISIT, FIRM = "/visits/<int:visit_id>", "/registrations/<int:registration_id>"

bp.add_url_rule(f"{PEOPLE}/visitors", "visits", visits.listed, methods=READ)
bp.add_url_rule(f"{PEOPLE}/visitors", "register_visitor", visits.register, methods=SEND)
bp.add_url_rule(VISIT, "visit", visits.show, methods=READ)
bp.add_url_rule(f"{VISIT}/confirm", "confirm_visit", visits.confirm, methods=SEND)
bp.add_url_rule(f"{VISIT}/refuse", "refuse_visit", visits.refuse, methods=SEND)
bp.add_url_rule(f"{VISIT}/host", "name_host", visits.name_host, methods=SEND)
bp.add_url_rule(f"{VISIT}/change", "change_visit", visits.change, methods=SEND)
bp.add_url_rule(f"{VISIT}/end", "end_visit", visits.end, methods=SEND)
bp.add_url_rule(f"{VISIT}/identity", "visit_identity", visits.identity, methods=SEND)
bp.add_url_rule("/registrations", "registrations", registrations.listed, methods=READ)
bp.add_url_rule("/registrations/new", "new_organisation", registrations.new, methods=READ)
bp.add_url_rule("/registrations/new", "register_organisation", registrations.register, methods=SEND)
bp.add_url_rule(f"{PEOPLE}/administration", "administration", registrations.administration, methods=READ)
bp.add_url_rule(f"{PEOPLE}/administration", "ask_administration", registrations.ask_administration, methods=SEND)
bp.add_url_rule(FIRM, "registration", registrations.show, methods=READ)
bp.add_url_rule(f"{FIRM}/verify", "verify_registration", registrations.verify, methods=SEND)
bp.add_url_rule(f"{FIRM}/edit", "correct_registration", registrations.correct, methods=[*READ, *SEND])
bp.add_url_rule(f"{FIRM}/refuse", "refuse_registration", registrations.refuse, methods=SEND)
bp.add_url_rule(f"{FIRM}/withdraw", "withdraw_registration", registrations.withdraw, methods=SEND)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they name people."""
    response.headers["Cache-Control"] = "no-store"
    return response
