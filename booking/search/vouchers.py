"""What vouchers pay of what a search finds: for anybody the highest share, for a firm's people what they would pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.pricing.queries import Price
from booking.programmes.rules import Case, Left, covered
from booking.recognitions.offers import Offer, Offers
from booking.reservations.firms import offered_to
from booking.search.results import Result, prices_of
from booking.search.shelf import Shelf
from booking.vouchers.known import Found
from booking.vouchers.reading import vouchers_by_id
from models.vocabulary.pricing import Per
from models.vocabulary.programmes import RedeemedBy


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one of the reader's vouchers would pay of an hour or a sample, in fen; a firm may pay in full first."""

    price_fen: int
    covered_fen: int
    per: Per
    pays_first: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """What vouchers pay at one instrument: the programmes, the highest share first, and an estimate for the reader."""

    offers: tuple[Offer, ...]
    estimate: Estimate | None = None

    @property
    def share(self) -> int:
        """The highest share, in basis points."""
        return self.offers[0].share

    @property
    def is_home(self) -> bool:
        """Whether a programme of the provider's own province pays."""
        return any(one.is_home for one in self.offers)

    @property
    def is_across(self) -> bool:
        """Whether one of the other province does."""
        return any(not one.is_home for one in self.offers)


@dataclass(frozen=True, slots=True)
class Costs:
    """What each result of a page costs the reader, and what vouchers pay of it, by instrument."""

    prices: Mapping[int, Price]
    covered: Mapping[int, Covered]


def costs_of(
    session: Session, results: Sequence[Result], offers: Offers, reader: Actor | None, *, now: datetime
) -> Costs:
    """Prices and vouchers of a page of results; four statements at most."""
    prices = prices_of(session, results, reader, now=now)
    return Costs(prices, covered_by(session, results, prices, offers, reader, today=local_date(now)))


def covered_of(shelf: Shelf, offers: Offers) -> int:
    """The listed instruments of which vouchers pay a share."""
    found = 0
    for provider_id, kinds in offers.by_provider.items():
        theirs = shelf.having("institution", provider_id)
        for kind in kinds if theirs else ():
            found |= theirs & shelf.having("service_type", kind)
    return found


def covered_by(
    session: Session,
    results: Sequence[Result],
    prices: Mapping[int, Price],
    offers: Offers,
    reader: Actor | None,
    *,
    today: date,
) -> dict[int, Covered]:
    """What vouchers pay of each result; two statements at most for who acts for a firm."""
    own = _own(session, reader, today) if offers.by_provider else []
    found = {}
    for result in results:
        here = offers.at(result.organisation_id, result.service_type)
        if here:
            price = prices.get(result.id)
            estimate = _estimate(own, here, price, result, today) if price else None
            found[result.id] = Covered(here, estimate)
    return found


def _own(session: Session, reader: Actor | None, today: date) -> Sequence[Found]:
    """The vouchers that the reader may use, with their terms."""
    if reader is None:
        return []
    usable = {one.id: one for one in offered_to(session, reader.id, today)}
    return [*vouchers_by_id(session, usable).values()] if usable else []


def _estimate(
    own: Sequence[Found], offers: Sequence[Offer], price: Price, result: Result, today: date
) -> Estimate | None:
    """What the voucher that pays most would pay of an hour, else of a sample; None where none pays anything."""
    fen, per = (price.terms.hourly_fen, Per.HOUR) if price.terms.hourly_fen else (price.terms.sample_fen, Per.SAMPLE)
    if not price.is_offered or not fen:
        return None
    programmes, kind = {one.programme_id for one in offers}, result.service_type
    best: tuple[int, Found] | None = None
    for voucher in own:
        if voucher.programme_id not in programmes or kind not in voucher.terms.shares:
            continue
        left = Left(credit_fen=voucher.credit_fen, year_cap_fen=voucher.credit_fen, use_by=voucher.use_by)
        is_same = voucher.organisation_id == result.organisation_id
        amount = covered(voucher.terms, Case(kind, fen, today, is_same_legal_person=is_same), left).covered_fen
        if amount and (best is None or amount > best[0]):
            best = amount, voucher
    if best is None:
        return None
    return Estimate(fen, best[0], per, best[1].terms.redeemed_by == RedeemedBy.ENTERPRISE)
