"""Which mails follow from what happens to a voucher: one of its deadlines comes near, or an officer did something."""

from collections.abc import Iterator
from dataclasses import dataclass

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.notifications.letters import Letter, News
from booking.vouchers.claims import unclaimed_by_provider
from booking.vouchers.invoiced import invoice_by
from booking.vouchers.queries import voucher
from models.accounts import User
from models.vocabulary.accounts import Role
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.vouchers import VoucherDeadline
from models.vouchers import Voucher

AGENTS = (Role.ENTERPRISE_AGENT,)
FINANCE = (Role.INSTITUTION_FINANCE,)


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who gets a letter, for the firm or for a provider, with what is theirs to claim."""

    person: User
    open_fen: int
    is_firm: bool


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
    people = {told.person.id: told for told in _people(news, one, deadline)}
    return [
        Letter(
            told.person.email,
            told.person.language,
            template,
            values | {"open_fen": told.open_fen, "link": _link(news, one, is_firm=told.is_firm)},
        )
        for told in people.values()
    ]


def _people(news: News, one: Voucher, deadline: VoucherDeadline) -> Iterator[Told]:
    """Who acts for the firm, or for the providers that redeem it, each with what of theirs stands in no redemption."""
    today, open_ = local_date(news.now), unclaimed_by_provider(news.session, one.id)
    if deadline == VoucherDeadline.REDEEM_BY and one.programme_version.redeemed_by == RedeemedBy.PROVIDER:
        for provider_id, fen in sorted(open_.items()):
            people = holders(news.session, FINANCE, provider_id, today=today)
            yield from (Told(person, fen, is_firm=False) for person in people)
        return
    agents = holders(news.session, AGENTS, one.organisation_id, today=today)
    yield from (Told(person, sum(open_.values()), is_firm=True) for person in agents)


def _link(news: News, one: Voucher, *, is_firm: bool) -> str:
    """Where they read more: the voucher itself, or the programme for who may not."""
    return news.link(f"vouchers/{one.id}" if is_firm else f"voucher-programmes/{one.programme_id}")
