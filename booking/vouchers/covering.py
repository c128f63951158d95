"""How much of a fee the vouchers of an enterprise would cover, by which limits, or every reason why they do not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from booking.payers.holds import Purpose
from booking.programmes.rules import Case
from booking.vouchers.books import by_year
from booking.vouchers.known import Found, Read, Standings
from booking.vouchers.plans import Part, Plan, Wish, nothing
from booking.vouchers.reading import LastHold, Provider, last_holds, read_for
from booking.vouchers.rules import Candidate, CapAccounts, Pools, Share, in_order, shared_out
from models.vocabulary.programmes import ServiceType
from models.vocabulary.vouchers import VoucherState

__all__ = ["Ask", "Part", "Plan", "Wish", "candidate_of", "nothing", "plan"]

NOTHING_READ = Read({}, Standings({}, []))


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
    read = _asked(session, ask, held, today)
    if not any(ask.wish.voucher_id in {None, one} for one in read.found):
        return nothing(ask.fee_fen)
    candidates = in_order(_candidates(read, held))
    budgets = {programme_id: book.left_fen for programme_id, book in read.standing.books.items()}
    pools = Pools({one.accounts.id: one.left_fen for one in read.standing.caps}, budgets)
    pools.give_back(candidates)
    asked = [one for one in candidates if ask.wish.voucher_id in {None, one.voucher_id}]
    kind, shares = ask.wish.service_type, shared_out(_case(ask), asked, pools)
    parts = (_part(read.found[one.candidate.voucher_id], one, kind) for one in shares)
    return Plan(ask.fee_fen, tuple(parts), read)


def _asked(session: Session, ask: Ask, held: Mapping[int, LastHold], today: date) -> Read:
    """The vouchers that shall pay (none, the one that is named, or every issued one), and those that hold for it.

    What another than the named one holds comes back to the cap and budget that both draw from.
    """
    wish = ask.wish
    if not wish.is_used:
        return NOTHING_READ
    also = [one.voucher_id for one in held.values() if one.amount_fen]
    provider = Provider(ask.owner_id, wish.service_type, ask.used_on)
    return read_for(session, wish.organisation_id, wish.voucher_id, also, provider, today=today)


def _candidates(read: Read, held: Mapping[int, LastHold]) -> Iterator[Candidate]:
    """The same as the rules read them."""
    years = by_year(read.standing.caps)
    for one in read.found.values():
        yield candidate_of(one, years[one.organisation_id, one.programme_id], held.get(one.id))


def candidate_of(found: Found, caps: Mapping[int, CapAccounts], last: LastHold | None) -> Candidate:
    """A voucher as the rules read it."""
    return Candidate(
        voucher_id=found.id,
        programme_id=found.programme_id,
        terms=found.terms,
        use_by=found.use_by,
        state=found.state,
        credit_fen=found.credit_fen,
        caps=caps,
        held_fen=last.amount_fen if last else 0,
        held_cap_id=last.cap_id if last else None,
        is_recognised=found.is_accepted,
        is_flagged=found.is_flagged,
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


def _part(found: Found, share: Share, service_type: ServiceType) -> Part:
    """What a voucher covers, with what a page says of it."""
    is_issued = found.state == VoucherState.ISSUED
    return Part(
        voucher_id=found.id,
        number=found.number,
        programme_id=found.programme_id,
        version_id=found.version_id,
        use_by=found.use_by,
        redeem_by=found.redeem_by,
        redeemed_by=found.terms.redeemed_by,
        cap_id=share.cap.id if share.cap else None,
        covered=share.covered,
        unusable=None if is_issued else found.state,
        invoice_by=share.candidate.invoice_by,
        service_type=service_type,
        share=found.terms.shares.get(service_type, 0),
    )
