"""What a claimant could claim: what vouchers covered of charges, less what stands in redemptions already."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from booking.charges.rules import day_used
from booking.core.pages import LARGEST_PAGE, Page, decode_cursor, page_of, row_id
from booking.core.period import Period
from booking.invoices.charged import invoiced_on
from booking.programmes.queries import chosen
from booking.redemptions import again, rules
from booking.redemptions.again import Term, has_term
from booking.redemptions.rules import Batch, Covered
from booking.vouchers.claims import claimed_sum
from models.charges import Charge
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.charges import ChargeState
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.redemptions import Unclaimable
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher, VoucherCapture

AGREED_ON = frozenset({ChargeState.ACCEPTED, ChargeState.BILLED, ChargeState.PAID})
Pair = tuple[int, int]
"""A voucher and a charge, by their ids."""
Unclaimed = tuple[VoucherCapture, ProgrammeVersion, int, int]
"""The last capture of the two, the version under which it was made, what is left of the two, 1 where it is late."""


@dataclass(frozen=True, slots=True)
class Claimable:
    """What a voucher covered of a charge and nobody has claimed, with every reason why it cannot be claimed today.

    `capture` is the last one of the two, made `under` a version of the programme; what is asked for now follows the
    `version` that holds today. `batch` is the open one in which it can be claimed, if the programme has any.
    `claim_by` is the last day, later than the voucher's where something was refused and may be mended.
    `next_opens_on` is when the next batch opens that takes it, where none does now.
    """

    capture: VoucherCapture
    under: ProgrammeVersion
    version: ProgrammeVersion
    amount_fen: int
    used_on: date
    invoiced_on: date | None
    claim_by: date
    reasons: tuple[Unclaimable, ...]
    batch: Batch | None
    next_opens_on: date | None

    @property
    def voucher(self) -> Voucher:
        """The voucher."""
        return self.capture.voucher

    @property
    def charge(self) -> Charge:
        """The charge."""
        return self.capture.charge

    @property
    def pair(self) -> Pair:
        """Both by their ids."""
        return self.capture.voucher_id, self.capture.charge_id


@dataclass(frozen=True, slots=True)
class Known:
    """What is read of many at once: when charges were invoiced, the versions of today, and what may be claimed anew."""

    days: Mapping[int, date]
    versions: Mapping[int, ProgrammeVersion]
    terms: Mapping[Pair, Term]


def claimable(
    session: Session,
    claimant_id: int,
    *,
    today: date,
    programme_id: int | None = None,
    pairs: Collection[Pair] | None = None,
    charge_ids: Collection[int] | None = None,
) -> list[Claimable]:
    """The first page of what a claimant has not claimed yet, or the named ones of it, or all of some charges."""
    if charge_ids is not None:
        return _of_charges(session, claimant_id, programme_id, charge_ids, today=today)
    if pairs is None:
        return claimable_page(session, claimant_id, today=today, programme_id=programme_id).items
    wanted = _unclaimed(claimant_id, programme_id, today)
    both = (
        VoucherCapture.charge_id.in_({charge_id for _voucher_id, charge_id in pairs}),
        VoucherCapture.voucher_id.in_({voucher_id for voucher_id, _charge_id in pairs}),
    )
    rows = session.execute(wanted.where(*both).limit(len(pairs) ** 2)).all()
    return _weighed(session, [row for row in rows if _pair(row[0]) in pairs], today)


def _of_charges(
    session: Session, claimant_id: int, programme_id: int | None, charge_ids: Collection[int], *, today: date
) -> list[Claimable]:
    """All that is open of some charges."""
    wanted = _unclaimed(claimant_id, programme_id, today).where(VoucherCapture.charge_id.in_(charge_ids))
    return _weighed(session, session.execute(wanted).all(), today)


def claimable_page(
    session: Session,
    claimant_id: int,
    *,
    today: date,
    programme_id: int | None = None,
    limit: int = LARGEST_PAGE,
    cursor: str = "",
) -> Page[Claimable]:
    """What a claimant has not claimed yet; a constant number of statements.

    What must be claimed first comes first; what is too late comes last.
    """
    wanted = _unclaimed(claimant_id, programme_id, today)
    if cursor:
        late, day, last = decode_cursor(cursor, row_id, date.fromisoformat, row_id)
        is_late, same_day = _is_late(today), Voucher.redeem_by == day
        later = or_(Voucher.redeem_by > day, and_(same_day, VoucherCapture.id > last))
        wanted = wanted.where(or_(is_late > late, and_(is_late == late, later)))
    rows = session.execute(wanted.limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (row[3], row[0].voucher.redeem_by, row[0].id))
    return Page(_weighed(session, page.items, today), page.next_cursor)


def _is_late(today: date) -> ColumnElement[int]:
    """1 where the last day to redeem is over, and no refusal lets it be claimed anew."""
    return case((and_(Voucher.redeem_by < today, ~has_term(today)), 1), else_=0)


def open_of_programme(session: Session, programme_id: int, *, today: date) -> list[Claimable]:
    """All that nobody has claimed yet of a programme, whoever may; a constant number of statements."""
    return _weighed(session, session.execute(_unclaimed(None, programme_id, today)).all(), today)


def _weighed(session: Session, rows: Sequence[Row[*Unclaimed]], today: date) -> list[Claimable]:
    """Each with what the rules say of it today."""
    captures = [row[0] for row in rows]
    known = Known(
        invoiced_on(session, {one.charge_id for one in captures}),
        versions_on(session, {one.voucher.programme_id for one in captures}, today),
        again.terms(session, captures, today),
    )
    return [_found(row, known, today) for row in rows]


def is_claimant(claimant_ids: Collection[int]) -> ColumnElement[bool]:
    """Whose captures these are to claim: the firm's that pays in full first, or the provider's that deducts."""
    by = ProgrammeVersion.redeemed_by
    firm = and_(by == RedeemedBy.ENTERPRISE, Voucher.organisation_id.in_(claimant_ids))
    return or_(firm, and_(by == RedeemedBy.PROVIDER, Charge.organisation_id.in_(claimant_ids)))


def _unclaimed(claimant_id: int | None, programme_id: int | None, today: date) -> Select[*Unclaimed]:
    """The last capture of each voucher and charge with what is left to claim of the two, what ends first first."""
    every = aliased(VoucherCapture)
    same = every.voucher_id == VoucherCapture.voucher_id, every.charge_id == VoucherCapture.charge_id
    last = select(func.max(every.id)).where(*same).correlate(VoucherCapture).scalar_subquery()
    total = select(cast(func.sum(every.amount_fen), BigInteger)).where(*same).correlate(VoucherCapture)
    left = total.scalar_subquery() - claimed_sum(VoucherCapture.voucher_id, VoucherCapture.charge_id)
    wanted = [VoucherCapture.id == last, left > 0]
    if claimant_id is not None:
        wanted.append(is_claimant([claimant_id]))
    if programme_id is not None:
        wanted.append(Voucher.programme_id == programme_id)
    return (
        select(VoucherCapture, ProgrammeVersion, left, _is_late(today))
        .join(VoucherCapture.voucher)
        .join(VoucherCapture.charge)
        .join(ProgrammeVersion, ProgrammeVersion.id == VoucherCapture.programme_version_id)
        .options(
            contains_eager(VoucherCapture.voucher).options(
                joinedload(Voucher.programme, innerjoin=True).joinedload(Programme.organisation, innerjoin=True),
                joinedload(Voucher.programme_version, innerjoin=True),
                joinedload(Voucher.organisation, innerjoin=True),
            ),
            contains_eager(VoucherCapture.charge).options(
                joinedload(Charge.organisation, innerjoin=True), joinedload(Charge.instrument, innerjoin=True)
            ),
        )
        .where(*wanted)
        .order_by(_is_late(today), Voucher.redeem_by, VoucherCapture.id)
        .execution_options(populate_existing=True)
    )


def _pair(capture: VoucherCapture) -> Pair:
    """Voucher and charge of a capture."""
    return capture.voucher_id, capture.charge_id


def versions_on(session: Session, programme_ids: Collection[int], today: date) -> dict[int, ProgrammeVersion]:
    """The version of each programme that holds on a day; one statement."""
    rows = session.scalars(
        select(ProgrammeVersion)
        .where(ProgrammeVersion.programme_id.in_(programme_ids))
        .order_by(ProgrammeVersion.programme_id, ProgrammeVersion.number)
    ).all()
    return {
        programme_id: chosen([one for one in rows if one.programme_id == programme_id], today)
        for programme_id in programme_ids
    }


def _found(row: Row[*Unclaimed], known: Known, today: date) -> Claimable:
    """One of them with what the rules say of it today."""
    capture, under, amount_fen, _late = row
    charge, voucher = capture.charge, capture.voucher
    version, term = known.versions[voucher.programme_id], known.terms.get(_pair(capture))
    used_on = day_used(charge.kind, Period(charge.booked_starts_at, charge.booked_ends_at))
    day = known.days.get(charge.id) if charge.gross_fen else used_on
    is_billed = charge.gross_fen == charge.billed_fen
    covered = Covered(
        is_accepted=charge.state in AGREED_ON,
        is_frozen=voucher.state == VoucherState.FROZEN,
        counts_on=voucher.programme_version.counts_on,
        used_on=used_on,
        invoiced_on=day if is_billed else None,
        counts_from=voucher.programme_version.counts_from,
        use_by=voucher.use_by,
        redeem_by=voucher.redeem_by,
        again_until=term.until if term else None,
        again_batch=term.opens_on if term else None,
    )
    found = rules.batches(version.windows)
    return Claimable(
        capture=capture,
        under=under,
        version=version,
        amount_fen=int(amount_fen),
        used_on=used_on,
        invoiced_on=covered.invoiced_on if charge.gross_fen else None,
        claim_by=covered.last_day,
        reasons=tuple(rules.unclaimable(covered, found, today)),
        batch=(batch := rules.batch_of(covered, rules.open_batches(covered, found, today))),
        next_opens_on=None if batch else rules.next_opening(covered, found, today),
    )
