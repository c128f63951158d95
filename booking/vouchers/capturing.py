"""Taking from vouchers what they cover of a charge as it is now, and giving back what is too much."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.core.places import province_of
from booking.ledger.rules import Posting
from booking.ledger.service import post_entries
from booking.payers.holds import Purpose
from booking.programmes.rules import Case, Excluded, each_once
from booking.vouchers.books import by_year
from booking.vouchers.covering import candidate_of
from booking.vouchers.due import Asked, Claims, Due, Earlier, due_of
from booking.vouchers.holding import hold_row
from booking.vouchers.moving import Locked, locked
from booking.vouchers.opening import CAUSE, pairs_of
from booking.vouchers.queries import claims_on
from booking.vouchers.reading import LastHold, last_holds, taken_of
from booking.vouchers.rules import Candidate, Pools, Position, changes, in_order, moved
from booking.vouchers.wishing import wish_of
from models.base import Base
from models.charges import Charge
from models.directory import Organisation
from models.vocabulary.programmes import CountsOn, Limit, RedeemedBy, ReservesBudget, ServiceType
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import ProvincePair

Way = tuple[str, str]
"""The province that issued a voucher, and that of the provider."""


@dataclass(frozen=True, slots=True)
class CapturedPart:
    """What a voucher has covered of a charge in all, and the limits that decide.

    `rejected_fen` of it were not approved by a redemption: the voucher pays them no more.
    """

    voucher_id: int
    number: str
    amount_fen: int
    redeemed_by: RedeemedBy
    decided_by: tuple[Limit, ...] = ()
    rejected_fen: int = 0


@dataclass(frozen=True, slots=True)
class Captured:
    """What vouchers have covered of a charge: what its lines deduct, and what the enterprise may claim back.

    `kept_fen` is what they would cover no more, were it not asked for in a redemption that waits; `excluded` is every
    reason why one covers nothing.
    """

    parts: tuple[CapturedPart, ...] = ()
    kept_fen: int = 0
    excluded: tuple[Excluded, ...] = ()

    @property
    def deducted_fen(self) -> int:
        """Of vouchers that the provider redeems: the charge is lower by it."""
        return sum(one.amount_fen for one in self.parts if one.redeemed_by == RedeemedBy.PROVIDER)

    @property
    def expected_fen(self) -> int:
        """Of vouchers that the enterprise redeems: paid in full first, claimed back later."""
        return sum(one.amount_fen for one in self.parts if one.redeemed_by == RedeemedBy.ENTERPRISE)


def capture(
    session: Session,
    purpose: Purpose,
    charge: Charge,
    eligible_fen: int,
    used_on: date,
    *,
    invoiced_on: date | None = None,
    now: datetime,
) -> Captured:
    """Let vouchers have covered what is due of a locked charge's eligible fee as it is now, never the difference.

    Takes what is held, more where credit, cap and budget are left, and gives back what is too much; what was held
    beyond it is free again. What stands in a redemption stays taken. Nothing for what was never held, one statement.
    The amounts are totals of the charge, not what this call has moved. What is `eligible` is the charge's fee before
    vouchers (gross_fen + voucher_fen), none of a cancellation or a no-show: those only `holding.release`.
    Where a programme counts on the invoice, what is outside by its day goes back, and the cap is that of its year.
    """
    held = last_holds(session, purpose)
    if not held:
        return Captured()
    taken = taken_of(session, charge.id)
    using = sorted({*taken, *(one.voucher_id for one in held.values() if one.amount_fen)})
    if not using:
        return Captured()
    books = locked(session, using, now=now)
    # Redemptions write what they reject under the vouchers' lock alone, never under the charge's.
    taken = taken_of(session, charge.id)
    case = Case(_service_type(session, purpose), eligible_fen, used_on, invoiced_on)
    claims = claims_on(session, charge.id)
    asked = [
        Asked(one, taken.get(one.voucher_id, Earlier()), claims.get(one.voucher_id, Claims()))
        for one in in_order(_candidates(books, held, taken))
    ]
    due = list(due_of(case, asked, _pools(books, held, taken)))
    _post(session, Use(purpose, charge, held), books, due, now=now)
    return _told(books, due)


def _service_type(session: Session, purpose: Purpose) -> ServiceType:
    """What kind of service the vouchers were wished for."""
    wish = wish_of(session, purpose)
    if wish is None:
        raise RuntimeError(f"{purpose.key}: vouchers hold for it that nobody wished for")
    return wish.service_type


def _candidates(books: Locked, held: Mapping[int, LastHold], taken: Mapping[int, Earlier]) -> Iterator[Candidate]:
    """The vouchers as the rules read them: what is taken already counts as held, against the cap it was taken from."""
    years = by_year(books.standing.caps)
    for voucher_id, one in books.found.items():
        caps = years[one.organisation_id, one.programme_id]
        last, earlier = held.get(voucher_id), taken.get(voucher_id, Earlier())
        candidate = candidate_of(one, caps, last)
        if earlier.last_id and candidate.terms.counts_on == CountsOn.SERVICE:
            fixed = next(cap for cap in caps.values() if cap.id == earlier.cap_id)
            candidate = replace(candidate, caps=dict.fromkeys(caps, fixed))
        yield replace(candidate, held_fen=candidate.held_fen + earlier.net_fen)


def _pools(books: Locked, held: Mapping[int, LastHold], taken: Mapping[int, Earlier]) -> Pools:
    """What caps and budgets have left, with what the use itself holds and has taken."""
    budgets = {programme_id: book.left_fen for programme_id, book in books.standing.books.items()}
    pools = Pools({one.accounts.id: one.left_fen for one in books.standing.caps}, budgets)
    for voucher_id, one in books.found.items():
        candidate = candidate_of(one, {}, held.get(voucher_id))
        pools.give_back([candidate])
        if earlier := taken.get(voucher_id):
            pools.give_back([replace(candidate, held_fen=earlier.net_fen, held_cap_id=earlier.cap_id)])
    return pools


@dataclass(frozen=True, slots=True)
class Use:
    """What is charged: the purpose whose holds are spent, and its charge."""

    purpose: Purpose
    charge: Charge
    held: Mapping[int, LastHold]

    def held_fen(self, voucher_id: int) -> int:
        """What is held in one of them."""
        return self.held[voucher_id].amount_fen if voucher_id in self.held else 0


def _post(session: Session, use: Use, books: Locked, due: Sequence[Due], *, now: datetime) -> None:
    """One entry for each voucher that changes, with the rows that say what it did; what comes back moves first.

    What counts against the cap of another year leaves the cap of before by an entry of its own.
    """
    ways = _ways(session, use.charge, books)
    pairs = _pairs(session, ways, books, now=now)
    accounts = {one.accounts.id: one.accounts for one in books.standing.caps}
    postings: dict[int, Posting] = {}
    leaving: dict[int, Posting] = {}
    for one in sorted(due, key=lambda one: one.net_fen - one.earlier.net_fen - use.held_fen(one.voucher_id)):
        last, earlier = use.held.get(one.voucher_id), one.earlier
        held_fen = use.held_fen(one.voucher_id)
        marks = f"{last.id if last else 0}:{earlier.last_id}"
        key = f"{use.purpose.key}:voucher:{one.voucher_id}:charge:{use.charge.id}:{marks}"
        is_moved = one.moves_cap and not held_fen
        if is_moved:
            old = accounts[earlier.cap_id]
            leaving[one.voucher_id] = Posting(f"{key}:cap", list(moved(old.used_id, old.left_id, earlier.net_fen)))
        cap = accounts[last.cap_id] if last and held_fen else one.cap
        before = Position(held_fen, earlier.net_fen, None if is_moved else cap)
        after = Position(0, one.net_fen, one.cap)
        if moves := list(changes(books.books_of(one.voucher_id, pairs.get(one.voucher_id)), before, after)):
            postings[one.voucher_id] = Posting(key, moves)
    if not postings:
        return
    entries = post_entries(session, CAUSE, [*books.following, *leaving.values(), *postings.values()], now=now)
    left = {voucher_id: entries[posting.key] for voucher_id, posting in leaving.items()}
    changed = [
        (one, entries[postings[one.voucher_id].key], left.get(one.voucher_id))
        for one in due
        if one.voucher_id in postings
    ]
    _store(session, use, books, ways, changed, now=now)


def _store(
    session: Session,
    use: Use,
    books: Locked,
    ways: Mapping[int, Way],
    changed: Sequence[tuple[Due, int, int | None]],
    *,
    now: datetime,
) -> None:
    """The rows of holds that are spent, and of what was taken or given back."""
    spent = [
        hold_row(use.purpose, entry_id, books.found[one.voucher_id], None, use.held, now=now)
        for one, entry_id, _left_id in changed
        if one.voucher_id in use.held and use.held[one.voucher_id].amount_fen
    ]
    taken = [
        {
            "entry_id": entry_id,
            "voucher_id": one.voucher_id,
            "cap_id": cap_id,
            "charge_id": use.charge.id,
            "kind": CaptureKind.USE.value,
            "amount_fen": amount_fen,
            "counts_on": one.counts_on,
            "decided_by": [limit.value for limit in one.decided_by],
            "issuer_province": ways[one.voucher_id][0],
            "provider_province": ways[one.voucher_id][1],
            "programme_version_id": books.found[one.voucher_id].version_id,
            "created_at": now,
        }
        for one, its_own_id, left_id in changed
        for entry_id, cap_id, amount_fen in _parts(one, its_own_id, left_id)
        if amount_fen
    ]
    for table, rows in (("voucher_holds", spent), ("voucher_captures", taken)):
        if rows:
            session.execute(insert(Base.metadata.tables[table]), rows)


def _parts(one: Due, entry_id: int, left_id: int | None) -> Iterator[tuple[int, int, int]]:
    """What was taken by which entry from which cap: the difference, or all of it out of one cap and into another."""
    if left_id is None:
        yield entry_id, one.cap.id, one.net_fen - one.earlier.net_fen
        return
    yield left_id, one.earlier.cap_id, -one.earlier.net_fen
    yield entry_id, one.cap.id, one.net_fen


def _ways(session: Session, charge: Charge, books: Locked) -> dict[int, Way]:
    """Between which provinces each voucher pays: that of the authority, and that of the owner of the instrument."""
    adcode = session.scalar(select(Organisation.adcode).where(Organisation.id == charge.organisation_id))
    return {
        voucher_id: (province_of(one.issuer_adcode), province_of(adcode)) for voucher_id, one in books.found.items()
    }


def _pairs(session: Session, ways: Mapping[int, Way], books: Locked, *, now: datetime) -> dict[int, ProvincePair]:
    """Where clearing counts what each voucher pays; nowhere for those that live elsewhere."""
    never = ReservesBudget.NEVER
    ours = {one: way for one, way in ways.items() if books.found[one].terms.reserves_budget != never}
    found = pairs_of(session, set(ours.values()), now=now) if ours else {}
    return {voucher_id: found[way] for voucher_id, way in ours.items()}


def _told(books: Locked, due: Sequence[Due]) -> Captured:
    """What the charge has of vouchers now."""
    return Captured(
        tuple(
            CapturedPart(
                voucher_id=one.voucher_id,
                number=books.found[one.voucher_id].number,
                amount_fen=one.net_fen + one.earlier.rejected_fen,
                redeemed_by=books.found[one.voucher_id].terms.redeemed_by,
                decided_by=one.decided_by,
                rejected_fen=one.earlier.rejected_fen,
            )
            for one in due
            if one.net_fen + one.earlier.rejected_fen
        ),
        kept_fen=sum(one.kept_fen for one in due),
        excluded=each_once(reason for one in due for reason in one.excluded),
    )
