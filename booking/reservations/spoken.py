"""Refusals and their remedies in the reader's words, as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from booking.contracts.needs import Agreement
from booking.core.errors import InvalidInput
from booking.core.period import Period
from booking.pricing.wording import SpokenQuote, spoken_quote
from booking.reservations.labels import MODES, REFUSALS, REMEDIES
from booking.reservations.payment import Payment
from booking.reservations.reasons import Action, Code, Refusal, Remedy
from booking.reservations.rules import GroupLimit, GroupName
from booking.reservations.voucher_words import NONE, SpokenVouchers, spoken_vouchers, why_nothing
from booking.reservations.wishes import Answer
from booking.vouchers.plans import Plan
from booking.web import filters
from booking.web.errors import problems_of
from booking.web.languages import in_language
from models.vocabulary.contracts import Need
from models.vocabulary.reservations import ReservationMode

LATER = "later"
"""What a page sends when no account shall pay."""

# Signing in has a button of its own below the answer.
SAID_ELSEWHERE = frozenset({Code.NOT_SIGNED_IN})


@dataclass(frozen=True, slots=True)
class SpokenRemedy:
    """A button: what it says, and the wish that it makes; or where it leads."""

    label: str
    starts_at: str = ""
    ends_at: str = ""
    mode: str = ""
    url: str = ""
    payer: str = ""
    voucher: str = ""

    @property
    def value(self) -> str:
        """The new wish as one word, for forms without script."""
        parts = (self.starts_at, self.ends_at, self.mode, self.payer, *((self.voucher,) if self.voucher else ()))
        return "/".join(parts) if any(parts) else ""


@dataclass(frozen=True, slots=True)
class SpokenRefusal:
    """One reason in words, with what cures it."""

    code: str
    sentence: str
    remedies: tuple[SpokenRemedy, ...] = ()


@dataclass(frozen=True, slots=True)
class SpokenPayment:
    """Which account would pay: what they may use of it, what would be held, and the rule for other provinces."""

    name: str
    left_fen: int
    held_fen: int
    rule: str


@dataclass(frozen=True, slots=True)
class SpokenAgreement:
    """What the owner asks of an outside use: a form to accept, a contract before it starts, or it is covered.

    A reservation that moves waits for the form, to be accepted on its own page.
    """

    text_id: int
    wants_form: bool
    waits_for_form: bool
    wants_contract: bool
    threshold_fen: int
    contract_number: str
    has_price: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the server says to a wish; `problems` are what cannot even be read."""

    period: Period | None = None
    claimed: Period | None = None
    refusals: tuple[SpokenRefusal, ...] = ()
    problems: tuple[str, ...] = ()
    waits: bool = False
    price: SpokenQuote | None = None
    payment: SpokenPayment | None = None
    pays_later: bool = False
    agreement: SpokenAgreement | None = None
    vouchers: SpokenVouchers | None = None


def spoken_agreement(agreement: Agreement | None, period: Period) -> SpokenAgreement | None:
    """What the owner asks of an outside use, as pages show it."""
    if agreement is None:
        return None
    ground = agreement.ground(period)
    needs_form = ground.need == Need.ORDER_FORM and ground.cover is None
    return SpokenAgreement(
        text_id=agreement.text_id,
        wants_form=needs_form and not agreement.may_wait,
        waits_for_form=needs_form and agreement.may_wait and ground.is_lacking,
        wants_contract=ground.need == Need.CONTRACT and ground.cover is None,
        threshold_fen=agreement.threshold_fen,
        contract_number=ground.cover.number if ground.cover else "",
        has_price=agreement.cost(period) is not None,
    )


def spoken_payment(payment: Payment | None, period: Period) -> SpokenPayment | None:
    """Who would pay, in words; None without an account, or where it cannot."""
    if payment is None or payment.chosen is None or payment.fault(period):
        return None
    chosen = payment.chosen
    return SpokenPayment(chosen.name, max(chosen.available_fen, 0), payment.needed(period), chosen.rule)


def spoken(answer: Answer) -> Spoken:
    """An answer to a wish, in words."""
    return Spoken(
        answer.period,
        answer.claimed,
        spoken_refusals(answer.refusals),
        waits=answer.needs_approval,
        price=spoken_quote(answer.price),
        payment=spoken_payment(answer.payment, answer.period),
        pays_later=answer.payment is not None
        and answer.payment.fault(answer.period) is None
        and answer.payment.chosen is None,
        agreement=spoken_agreement(answer.agreement, answer.period),
        vouchers=spoken_vouchers(answer.payment, answer.period),
    )


def spoken_problems(invalid: InvalidInput) -> Spoken:
    """What is wrong with the fields of a wish, each sentence once."""
    sentences = [sentence for found in problems_of(invalid).values() for sentence in found]
    return Spoken(problems=tuple(dict.fromkeys(sentences)))


def spoken_refusals(refusals: Sequence[Refusal]) -> tuple[SpokenRefusal, ...]:
    """Every reason in words; each remedy is offered once, with the first reason that it cures."""
    offered: set[SpokenRemedy] = set()
    found = []
    for refusal in refusals:
        if refusal.code in SAID_ELSEWHERE:
            continue
        remedies = [remedy for remedy in map(_remedy, refusal.remedies) if remedy not in offered]
        offered.update(remedies)
        found.append(SpokenRefusal(str(refusal.code), sentence_of(refusal), tuple(remedies)))
    return tuple(found)


def sentence_of(refusal: Refusal) -> str:
    """The reason in the reader's language."""
    return str(_(REFUSALS[refusal.code], **_said(refusal.values)))


def label_of(remedy: Remedy) -> str:
    """What the button of a remedy says."""
    period = filters.period(remedy.starts_at, remedy.ends_at) if remedy.starts_at and remedy.ends_at else ""
    mode = _(MODES[remedy.mode]) if remedy.mode else ""
    payer = remedy.payer.name if remedy.payer else ""
    voucher = remedy.voucher.number if remedy.voucher else ""
    said = {"period": period, "payer": payer, "voucher": voucher}
    if remedy.action != Action.USE_MODE and mode:
        return str(_("%(change)s，%(mode)s", change=_(REMEDIES[remedy.action], **said), mode=mode))
    return str(_(REMEDIES[remedy.action], **said, mode=mode))


def _remedy(remedy: Remedy) -> SpokenRemedy:
    """A remedy as a button."""
    return SpokenRemedy(
        label=label_of(remedy),
        starts_at=filters.local_input(remedy.starts_at),
        ends_at=filters.local_input(remedy.ends_at),
        mode=str(remedy.mode) if remedy.mode else "",
        url=remedy.url,
        payer=LATER if remedy.action == Action.PAY_LATER else str(remedy.payer.id) if remedy.payer else "",
        voucher=NONE if remedy.action == Action.NO_VOUCHER else str(remedy.voucher.id) if remedy.voucher else "",
    )


def _said(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as people read them."""
    return {name: _value(name, value) for name, value in values.items() if value is not None}


def _value(name: str, value: Any) -> str:
    """Moments, days, lengths, modes and groups in words; anything else as it is."""
    if isinstance(value, datetime):
        return filters.moment(value)
    if isinstance(value, date):
        return filters.day(value)
    if isinstance(value, ReservationMode):
        return str(_(MODES[value]))
    if isinstance(value, (GroupLimit, GroupName)):
        return in_language(value.name_zh, value.name_en)
    if isinstance(value, Plan):
        return why_nothing(value)
    return _number(name, value)


def _number(name: str, value: Any) -> str:
    """Amounts and minutes in words, by the name of the value."""
    if name.endswith("_fen"):
        return filters.money(value)
    return filters.minutes(value) if name == "minutes" else str(value)
