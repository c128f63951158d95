"""The mails about deadlines of redemptions, to who may claim: a batch is about to close, or amounts have lapsed."""

from datetime import date

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.programmes.queries import programme
from booking.redemptions.letters import CLAIMERS, MOST_LISTED
from booking.vouchers.queries import voucher
from models.directory import Organisation

LAPSED, CLOSING = "redemptions/lapsed", "redemptions/batch_closing"


def on_lapsed(news: News) -> list[Letter]:
    """To everybody who claims for the claimant: which amounts of which voucher, since when, and that it is final."""
    one = voucher(news.session, news.payload["voucher_id"])
    claimant = news.session.get_one(Organisation, news.payload["claimant_id"])
    amounts = news.payload["amounts"]
    values = {
        "number": one.number,
        "programme_zh": one.programme.name_zh,
        "programme_en": one.programme.name_en,
        "claimant_zh": claimant.name_zh,
        "claimant_en": claimant.name_en,
        "redeem_by": one.redeem_by,
        "fen": sum(row["fen"] for row in amounts),
        "rows": [row | {"link": news.link(f"charges/{row['charge_id']}")} for row in amounts[:MOST_LISTED]],
        "count": len(amounts),
        "link": news.link(f"redemptions?organisation={claimant.id}"),
    }
    people = holders(news.session, CLAIMERS, claimant.id, today=local_date(news.now))
    return [Letter(person.email, person.language, LAPSED, values) for person in people]


def on_batch_closing(news: News) -> list[Letter]:
    """To everybody who claims for the claimant: until when the batch takes requests, what is ready and what lacks."""
    payload = news.payload
    found = programme(news.session, payload["programme_id"])
    claimant = news.session.get_one(Organisation, payload["claimant_id"])
    values = {
        "programme_zh": found.name_zh,
        "programme_en": found.name_en,
        "claimant_zh": claimant.name_zh,
        "claimant_en": claimant.name_en,
        "closes_on": date.fromisoformat(payload["closes_on"]),
        "ready_fen": payload["ready_fen"],
        "lacking_fen": payload["lacking_fen"],
        "link": news.link(f"redemptions/new?organisation={claimant.id}&programme={found.id}"),
    }
    people = holders(news.session, CLAIMERS, claimant.id, today=local_date(news.now))
    return [Letter(person.email, person.language, CLOSING, values) for person in people]
