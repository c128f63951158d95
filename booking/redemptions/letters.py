"""Which mails follow from what was done with a redemption: its claimant is told of every step of the authority."""

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.redemptions.queries import in_full, is_of_claimants
from booking.redemptions.rules import number_of
from models.redemptions import Redemption, RedemptionEvent
from models.vocabulary.accounts import Role

TEMPLATE = "redemptions/changed"
CLAIMERS = (Role.ENTERPRISE_AGENT, Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE)


def on_changed(news: News) -> list[Letter]:
    """To everybody who claims for the claimant: what the authority did, and what of it is approved, paid or back."""
    found = news.session.scalar(in_full().where(Redemption.id == news.payload["redemption_id"]))
    event = news.session.get(RedemptionEvent, news.payload["event_id"])
    if found is None or event is None or is_of_claimants(found, event):
        return []
    people = holders(news.session, CLAIMERS, found.claimant_id, today=local_date(news.now))
    values = {
        "step": event.step.value,
        "is_final": bool(event.facts.get("is_final")),
        "reason": event.reason,
        "clawed_fen": event.facts.get("amount_fen", 0),
        "claimed_fen": found.claimed_fen,
        "approved_fen": found.approved_fen,
        "bears": found.programme_version.bears_difference.value,
        "notice_until": found.notice_until,
        "number": number_of(found.programme.year, found.programme_id, found.number),
        "programme_zh": found.programme.name_zh,
        "programme_en": found.programme.name_en,
        "claimant_zh": found.claimant.name_zh,
        "claimant_en": found.claimant.name_en,
        "link": news.link(f"redemptions/{found.id}"),
    }
    return [Letter(person.email, person.language, TEMPLATE, values) for person in people]
