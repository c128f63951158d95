"""Which mails follow from what happens to a voucher: one of its deadlines comes near, or an officer did something."""

from collections.abc import Iterator

from sqlalchemy import select

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.notifications.letters import Letter, News
from booking.vouchers.invoiced import invoice_by
from booking.vouchers.queries import voucher
from models.accounts import User
from models.charges import Charge
from models.vocabulary.accounts import Role
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.vouchers import VoucherDeadline
from models.vouchers import Voucher, VoucherCapture

AGENTS = (Role.ENTERPRISE_AGENT,)
FINANCE = (Role.INSTITUTION_FINANCE,)


def on_ending(news: News) -> list[Letter]:
    """To the agents of the firm; to the providers' finance where those redeem what was captured."""
    deadline = VoucherDeadline(news.payload["deadline"])
    return _letters(news, "vouchers/ending", deadline, {"deadline": deadline.value})


def on_stepped(news: News) -> list[Letter]:
    """To the agents of the firm: what an officer did, and why."""
    said = {"step": news.payload["step"], "reason": news.payload["reason"]}
    return _letters(news, "vouchers/stepped", VoucherDeadline.USE_BY, said)


def _letters(news: News, template: str, deadline: VoucherDeadline, more: dict[str, str]) -> list[Letter]:
    """One letter for each who can do something."""
    try:
        one = voucher(news.session, news.payload["voucher_id"])
    except NotFound:
        return []
    values = {
        "number": one.number,
        "firm_zh": one.organisation.name_zh,
        "firm_en": one.organisation.name_en,
        "programme_zh": one.programme.name_zh,
        "programme_en": one.programme.name_en,
        "use_by": one.use_by,
        "redeem_by": one.redeem_by,
        "invoice_by": invoice_by(one),
        "credit_fen": one.credit.balance_fen,
        "captured_fen": one.captured.balance_fen,
        **more,
    }
    people = {person.id: (person, is_firm) for person, is_firm in _people(news, one, deadline)}
    return [
        Letter(person.email, person.language, template, values | {"link": _link(news, one, is_firm=is_firm)})
        for person, is_firm in people.values()
    ]


def _people(news: News, one: Voucher, deadline: VoucherDeadline) -> Iterator[tuple[User, bool]]:
    """Who acts for the firm, or for the providers that redeem it; with whether it is the firm."""
    today = local_date(news.now)
    if deadline == VoucherDeadline.REDEEM_BY and one.programme_version.redeemed_by == RedeemedBy.PROVIDER:
        charged = select(Charge.organisation_id).join(VoucherCapture, VoucherCapture.charge_id == Charge.id)
        for provider_id in news.session.scalars(charged.where(VoucherCapture.voucher_id == one.id).distinct()):
            yield from ((person, False) for person in holders(news.session, FINANCE, provider_id, today=today))
        return
    yield from ((person, True) for person in holders(news.session, AGENTS, one.organisation_id, today=today))


def _link(news: News, one: Voucher, *, is_firm: bool) -> str:
    """Where they read more: the voucher itself, or the programme for who may not."""
    return news.link(f"vouchers/{one.id}" if is_firm else f"voucher-programmes/{one.programme_id}")
