"""Who may call what: giving an instrument to another institution."""

from tests.house.matrix.writing import ADMINS, AUDITOR, READERS, STEWARDS, THEIR_ADMINS, page, post, read, sent, step
from tests.house.worlds import ADMIN, ALL_SEEING, EVERYBODY, PEOPLE, REVIEWER, THEIR_ADMIN, THEIR_STAFF

OFFER = {"to_organisation_id": "{their_organisation}", "starts_on": "{later_day}", "reason": "学科调整"}
ONLY_READ = AUDITOR | REVIEWER
SIDES = ADMIN | THEIR_ADMIN | ALL_SEEING | REVIEWER
CHANGE = "/owner-changes/{owner_change}"

OWNERS = (
    page("/catalogue/{ready}/owner", STEWARDS, forbidden=READERS),
    page("/catalogue/{offered_record}/owner", STEWARDS, forbidden=READERS),
    sent("/catalogue/{ready}/owner", ADMINS, OFFER, forbidden=READERS),
    page("/owner-changes", READERS | THEIR_STAFF, other=403),
    page(CHANGE, SIDES),
    sent(f"{CHANGE}/accept", THEIR_ADMINS, {"inner_id": "T-1"}, forbidden=ADMIN | ONLY_READ),
    sent(f"{CHANGE}/decline", THEIR_ADMINS, {"reason": "没有场地"}, forbidden=ADMIN | ONLY_READ),
    sent(f"{CHANGE}/withdraw", ADMINS, {"why": "另有安排"}, forbidden=THEIR_ADMIN | ONLY_READ),
    read("/instruments/{published}/owners", EVERYBODY),
    read("/instruments/{draft}/owners", READERS, nobody=404),
    post("/instruments/{ready}/owner-changes", ADMINS, OFFER, forbidden=READERS),
    read("/owner-changes", PEOPLE),
    read(CHANGE, SIDES),
    step(f"{CHANGE}/accept", THEIR_ADMINS, {"inner_id": "T-1"}, forbidden=ADMIN | ONLY_READ),
    step(f"{CHANGE}/decline", THEIR_ADMINS, {"note": "没有场地"}, forbidden=ADMIN | ONLY_READ),
    step(f"{CHANGE}/withdraw", ADMINS, {"note": "另有安排"}, forbidden=THEIR_ADMIN | ONLY_READ),
)
