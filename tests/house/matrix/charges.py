"""Who may call what: charges, read by who booked, who pays and the owner's staff; and uses to confirm."""

from tests.house.matrix.writing import ADMINS, AUDITOR, HOLDER, STEWARDS, page, read, sent, step
from tests.house.worlds import ALL_SEEING, FINANCE, PEOPLE, STAFF, THEIR_ADMIN

THEIRS = frozenset({"their_steward"}) | THEIR_ADMIN
DECIDERS = STEWARDS | THEIRS
SETTLERS = STEWARDS | FINANCE
KEEPERS = ADMINS | FINANCE
MONEY = SETTLERS | AUDITOR
SEERS = MONEY | HOLDER
ONLY_READ = AUDITOR
ONE, DISPUTED, SHORT, OTHER = (f"/charges/{{{kind}charge}}" for kind in ("", "disputed_", "short_", "their_"))
ORPHAN, ORPHAN_SEEN = "/charges/{orphan_charge}", {"version": "{orphan_charge_version}"}
UNCONFIRMED = "/reservations/{unconfirmed}"
WHY = {"reason": "说明"}
CHANGE = {"change_fen": -100, "name": "减免", "reason": "协商"}
SEEN, DISPUTED_SEEN, SHORT_SEEN = ({"version": f"{{{kind}charge_version}}"} for kind in ("", "disputed_", "short_"))
CHANGE_PAGE = {"adjust_change_fen": "-1.00", "adjust_name": "减免", "adjust_reason": "协商"}
BOOKED_OR_SEES = (STAFF | ALL_SEEING) - STEWARDS | HOLDER

CHARGES = (
    page("/charges", PEOPLE),
    page("/charges/staffed", DECIDERS | AUDITOR | FINANCE, other=403),
    page("/charges.csv", PEOPLE),
    page("/charges/staffed.csv", DECIDERS | AUDITOR | FINANCE, other=403),
    sent("/charges/accept", PEOPLE, {"charges": "{charge}-{charge_version}"}),
    page("/charges/figures", PEOPLE),
    page("/charges/figures?whose=staffed", DECIDERS | AUDITOR | FINANCE, other=403),
    page("/charges/figures.csv?whose=answered", PEOPLE),
    page(ONE, SEERS),
    page(OTHER, THEIRS | {"platform", "auditor"}),
    sent(f"{ONE}/accept", HOLDER, SEEN, forbidden=MONEY),
    sent(f"{ORPHAN}/accept", KEEPERS, ORPHAN_SEEN, forbidden=frozenset({"steward"}) | AUDITOR | HOLDER),
    sent(f"{ONE}/dispute", HOLDER, {"dispute_reason": "不对", **SEEN}, forbidden=MONEY),
    sent(f"{DISPUTED}/messages", SETTLERS | HOLDER, {"text": "请看", **DISPUTED_SEEN}, forbidden=ONLY_READ),
    sent(f"{DISPUTED}/resolve", SETTLERS, {"resolve_reason": "无误", **DISPUTED_SEEN}, forbidden=AUDITOR | HOLDER),
    sent(f"{ONE}/adjust", SETTLERS, CHANGE_PAGE | SEEN, forbidden=AUDITOR | HOLDER),
    sent(f"{ONE}/waive", SETTLERS, {"waive_reason": "停电", **SEEN}, forbidden=AUDITOR | HOLDER),
    sent(f"{ONE}/cancel", SETTLERS, {"cancel_reason": "记错", **SEEN}, forbidden=AUDITOR | HOLDER),
    sent(f"{SHORT}/take-rest", SETTLERS, SHORT_SEEN, forbidden=AUDITOR | HOLDER),
    sent(f"{SHORT}/on-paper", SETTLERS, {"on_paper_reason": "收现", **SHORT_SEEN}, forbidden=AUDITOR | HOLDER),
    read("/charges?mine=1"),
    read("/charges/figures"),
    read("/charges/figures?whose=staffed", DECIDERS | AUDITOR | FINANCE, other=403),
    read("/charges", DECIDERS | AUDITOR | FINANCE, other=403),
    read("/charges.csv?mine=1"),
    read("/charges.csv", DECIDERS | AUDITOR | FINANCE, other=403),
    step("/charges/accept", PEOPLE, {"charges": [{"id": "{charge}"}]}),
    read(ONE, SEERS),
    read(OTHER, THEIRS | {"platform", "auditor"}),
    step(f"{ONE}/accept", HOLDER, {}, forbidden=MONEY),
    step(f"{ORPHAN}/accept", KEEPERS, {}, forbidden=frozenset({"steward"}) | AUDITOR | HOLDER),
    step(f"{ONE}/dispute", HOLDER, WHY, forbidden=MONEY),
    step(f"{DISPUTED}/messages", SETTLERS | HOLDER, {"text": "请看"}, forbidden=ONLY_READ),
    step(f"{DISPUTED}/resolve", SETTLERS, WHY, forbidden=AUDITOR | HOLDER),
    step(f"{ONE}/adjust", SETTLERS, CHANGE, forbidden=AUDITOR | HOLDER),
    step(f"{ONE}/waive", SETTLERS, WHY, forbidden=AUDITOR | HOLDER),
    step(f"{ONE}/cancel", SETTLERS, WHY, forbidden=AUDITOR | HOLDER),
    step(f"{SHORT}/take-rest", SETTLERS, {}, forbidden=AUDITOR | HOLDER),
    step(f"{SHORT}/on-paper", SETTLERS, WHY, forbidden=AUDITOR | HOLDER),
    page("/uses", DECIDERS, other=403),
    sent("/uses/confirm", DECIDERS, {"reservation_ids": "{unconfirmed}"}, other=403),
    sent("/uses/let-off", DECIDERS, {"reservation_ids": "{unconfirmed}"}, other=403),
    page(f"{UNCONFIRMED}/use", STEWARDS, forbidden=BOOKED_OR_SEES),
    sent(f"{UNCONFIRMED}/use", STEWARDS, {"outcome": "no_show"}, forbidden=BOOKED_OR_SEES),
    read("/uses", DECIDERS, other=403),
    step("/uses/confirm", DECIDERS, {"reservation_ids": ["{unconfirmed}"]}, other=403),
    step("/uses/let-off", DECIDERS, {"reservation_ids": ["{unconfirmed}"]}, other=403),
    step(f"{UNCONFIRMED}/confirm-use", STEWARDS, {}, forbidden=BOOKED_OR_SEES),
)
