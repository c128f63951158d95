"""How much of a fee the vouchers of an enterprise would cover, by which limits, or every reason why they do not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from booking.payers.holds import Purpose
from booking.programmes.queries import terms_of
from booking.programmes.rules import Case
from booking.recognitions.queries import recognised_by
from booking.vouchers.plans import Part, Plan, Wish, nothing
from booking.vouchers.reading import (
    Cap,
    Found,
    LastHold,
    budgets_left,
    by_year,
    caps_of,
    flagged_by,
    last_holds,
    vouchers_for,
)
from booking.vouchers.rules import Candidate, CapAccounts, Pools, Share, in_order, shared_out
from models.directory import Organisation
from models.vocabulary.vouchers import VoucherState

__all__ = ["Ask", "Part", "Plan", "Wish", "candidate_of", "nothing", "plan"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A fee of an owner of instruments on a day; what its purpose (None: nothing yet) holds counts as left."""

    wish: Wish
    purpose: Purpose | None
    owner_id: int
    fee_fen: int
    used_on: date
    invoiced_on: date | None = None


def plan(session: Session, ask: Ask, *, today: date) -> Plan:
    """Which vouchers cover how much of the fee: reads only, as many statements for many vouchers as for one.

    Every voucher that could be asked has its part, also for nothing, with the reasons or the limits.
    """
    held = last_holds(session, ask.purpose) if ask.purpose else {}
    found = _asked(session, ask.wish, held)
    if not any(ask.wish.voucher_id in {None, one} for one in found):
        return nothing(ask.fee_fen)
    programme_ids = {one.voucher.programme_id for one in found.values()}
    caps = caps_of(session, [ask.wish.organisation_id], programme_ids)
    candidates = in_order(_candidates(session, ask, found, held, caps))
    by_use = {one.programme_id for one in candidates if one.takes_budget}
    pools = Pools({one.accounts.id: one.left_fen for one in caps}, budgets_left(session, by_use, today))
    pools.give_back(candidates)
    asked = [one for one in candidates if ask.wish.voucher_id in {None, one.voucher_id}]
    parts = (_part(found[share.candidate.voucher_id], share) for share in shared_out(_case(ask), asked, pools))
    return Plan(ask.fee_fen, tuple(parts))


def _asked(session: Session, wish: Wish, held: Mapping[int, LastHold]) -> dict[int, Found]:
    """The vouchers that shall pay (none, the one that is named, or every issued one), and those that hold for it.

    What another than the named one holds comes back to the cap and budget that both draw from.
    """
    if not wish.is_used:
        return {}
    also = [one.voucher_id for one in held.values() if one.amount_fen]
    return vouchers_for(session, wish.organisation_id, wish.voucher_id, also)


def _candidates(
    session: Session, ask: Ask, found: Mapping[int, Found], held: Mapping[int, LastHold], caps: Sequence[Cap]
) -> Iterator[Candidate]:
    """The same as the rules read them."""
    years = by_year(caps)
    flagged = flagged_by(session, ask.wish.organisation_id, ask.owner_id)
    provider = session.get_one(Organisation, ask.owner_id)
    authorities = {one.authority.id: one.authority for one in found.values()}
    accepted = recognised_by(session, tuple(authorities.values()), provider, ask.wish.service_type, ask.used_on)
    for one in found.values():
        last = held.get(one.voucher.id)
        yield candidate_of(
            one,
            years[one.voucher.organisation_id, one.voucher.programme_id],
            last,
            is_recognised=one.authority.id in accepted,
            is_flagged=one.authority.id in flagged,
        )


def candidate_of(
    found: Found,
    caps: Mapping[int, CapAccounts],
    last: LastHold | None,
    *,
    is_recognised: bool = True,
    is_flagged: bool = False,
) -> Candidate:
    """A voucher as the rules read it."""
    voucher = found.voucher
    return Candidate(
        voucher_id=voucher.id,
        programme_id=voucher.programme_id,
        terms=terms_of(found.version),
        use_by=voucher.use_by,
        state=voucher.state,
        credit_fen=found.credit_fen,
        caps=caps,
        held_fen=last.amount_fen if last else 0,
        held_cap_id=last.cap_id if last else None,
        is_recognised=is_recognised,
        is_flagged=is_flagged,
    )


def _case(ask: Ask) -> Case:
    """The use as the rules read it, but for what depends on the authority."""
    return Case(
        service_type=ask.wish.service_type,
        fee_fen=ask.fee_fen,
        used_on=ask.used_on,
        invoiced_on=ask.invoiced_on,
        is_statutory=ask.wish.is_statutory,
        is_same_legal_person=ask.wish.organisation_id == ask.owner_id,
        is_related_declared=ask.wish.is_related,
        is_funded_otherwise=ask.wish.is_funded,
    )


def _part(found: Found, share: Share) -> Part:
    """What a voucher covers, with what a page says of it."""
    voucher, is_issued = found.voucher, found.voucher.state == VoucherState.ISSUED
    return Part(
        voucher_id=voucher.id,
        number=voucher.number,
        programme_id=voucher.programme_id,
        version_id=found.version.id,
        use_by=voucher.use_by,
        redeem_by=voucher.redeem_by,
        redeemed_by=found.version.redeemed_by,
        cap_id=share.cap.id if share.cap else None,
        covered=share.covered,
        unusable=None if is_issued else voucher.state,
    )
