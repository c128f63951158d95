"""Which mails follow from a step of a redemption: to its claimant, and to the officers whose turn it is."""

from collections.abc import Sequence
from typing import Any

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.redemptions.again import claimed_anew_by
from booking.redemptions.differences import Difference, differences
from booking.redemptions.queries import in_full, is_of_claimants, is_public_done, items_of
from booking.redemptions.rules import number_of
from booking.vouchers.offices import officers_of
from models.accounts import User
from models.redemptions import Redemption, RedemptionEvent
from models.vocabulary.accounts import Role
from models.vocabulary.redemptions import RedemptionState, RedemptionStep

TEMPLATE, OFFICERS, DIFFERENCES = "redemptions/changed", "redemptions/waiting", "redemptions/differences"
TURNS = frozenset({RedemptionStep.REQUEST, RedemptionStep.CITY_REVIEW, RedemptionStep.WITHDRAW})
KEEPERS = (Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE)
MOST_LISTED = 50
CLAIMERS = (Role.ENTERPRISE_AGENT, Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE)


def on_changed(news: News) -> list[Letter]:
    """What was done: to everybody who claims for the claimant, and to the officers whose turn it is, or was."""
    found = news.session.scalar(in_full().where(Redemption.id == news.payload["redemption_id"]))
    event = news.session.get(RedemptionEvent, news.payload["event_id"])
    if found is None or event is None:
        return []
    values = _values(news, found, event)
    officers = [Letter(one.email, one.language, OFFICERS, values) for one in _officers(news, found, event)]
    if is_of_claimants(found, event):
        return officers
    people = holders(news.session, CLAIMERS, found.claimant_id, today=local_date(news.now))
    told = [Letter(one.email, one.language, TEMPLATE, values) for one in people]
    return [*told, *officers, *_differences(news, found, event)]


def on_payable(news: News) -> list[Letter]:
    """The public has had its days: to the officers of the authority that pays, where it still waits for that."""
    session, today = news.session, local_date(news.now)
    found = session.scalar(in_full().where(Redemption.id == news.payload["redemption_id"]))
    event = session.get(RedemptionEvent, news.payload["event_id"])
    if found is None or event is None or found.state != RedemptionState.NOTICE or not is_public_done(found, today):
        return []
    values = _values(news, found, event) | {"step": RedemptionStep.PAY.value, "reason": ""}
    people = officers_of(session, found.programme.organisation_id, found.claimant_id, today=today)
    return [Letter(one.email, one.language, OFFICERS, values) for one in people]


def _officers(news: News, found: Redemption, event: RedemptionEvent) -> Sequence[User]:
    """Who may do the review that a step asks for, or that is not asked for any more; none where it is over.

    The first is the office's, as long as anybody there may; the second is for somebody else than made the first.
    """
    if event.step not in TURNS or found.programme.runs_at:
        return []
    session, today, authority = news.session, local_date(news.now), found.programme.organisation_id
    people: Sequence[User] = []
    if event.step != RedemptionStep.CITY_REVIEW and found.office_id is not None:
        people = officers_of(session, found.office_id, found.claimant_id, today=today)
    people = people or officers_of(session, authority, found.claimant_id, today=today)
    return [one for one in people if one.id not in {event.actor_id, found.requested_by_id}]


def _values(news: News, found: Redemption, event: RedemptionEvent) -> dict[str, Any]:
    """What letters say of a step."""
    return {
        "step": event.step.value,
        "is_final": bool(event.facts.get("is_final")),
        "reason": event.reason,
        "clawed_fen": event.facts.get("amount_fen", 0),
        "claimed_fen": found.claimed_fen,
        "approved_fen": found.approved_fen,
        "bears": found.programme_version.bears_difference.value,
        "notice_until": found.notice_until,
        "again_by": claimed_anew_by(found, items_of(news.session, found.id)),
        "due_on": found.due_on,
        "number": number_of(found.programme.year, found.programme_id, found.number),
        "programme_zh": found.programme.name_zh,
        "programme_en": found.programme.name_en,
        "claimant_zh": found.claimant.name_zh,
        "claimant_en": found.claimant.name_en,
        "link": news.link(f"redemptions/{found.id}"),
    }


def _differences(news: News, found: Redemption, event: RedemptionEvent) -> list[Letter]:
    """To who keeps the books of each provider: what it is to bill or to give back of what was not approved."""
    if event.step not in {RedemptionStep.PAY, RedemptionStep.REJECT}:
        return []
    items = items_of(news.session, found.id)
    names = {one.charge.organisation_id: one.charge.organisation for one in items}
    by_provider: dict[int, list[Difference]] = {}
    for one in differences(news.session, found, items, [event]):
        by_provider.setdefault(one.provider_id, []).append(one)
    letters = []
    for provider_id, due in by_provider.items():
        values = {
            "number": number_of(found.programme.year, found.programme_id, found.number),
            "programme_zh": found.programme.name_zh,
            "programme_en": found.programme.name_en,
            "provider_zh": names[provider_id].name_zh,
            "provider_en": names[provider_id].name_en,
            "is_more": due[0].change_fen > 0,
            "rows": [
                {"charge_id": one.charge_id, "fen": abs(one.change_fen), "link": news.link(f"charges/{one.charge_id}")}
                for one in due[:MOST_LISTED]
            ],
            "count": len(due),
        }
        people = holders(news.session, KEEPERS, provider_id, today=local_date(news.now))
        letters += [Letter(one.email, one.language, DIFFERENCES, values) for one in people]
    return letters
