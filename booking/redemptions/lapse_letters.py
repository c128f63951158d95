"""The mail that follows from what nobody claimed in time: to who could have claimed it."""

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.redemptions.letters import CLAIMERS, MOST_LISTED
from booking.vouchers.queries import voucher
from models.directory import Organisation

TEMPLATE = "redemptions/lapsed"


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
    return [Letter(person.email, person.language, TEMPLATE, values) for person in people]
