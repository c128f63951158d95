"""Vouchers as far as whoever looks may see them: their firm's, their authority's, or as auditors all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.affiliations.queries import is_of
from booking.core.actors import Actor, Target
from booking.core.errors import Forbidden, NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.core.texts import N_
from booking.ledger.queries import Touched, entries_of
from booking.programmes.queries import programme
from booking.vouchers.books import standings
from booking.vouchers.known import Book
from booking.vouchers.queries import voucher
from booking.vouchers.rules import STEPS, BookStanding, is_firms, steps_from
from booking.vouchers.verifying import is_last_hold
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation
from models.programmes import Programme
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.vouchers import CaptureKind, VoucherState, VoucherStep
from models.vouchers import ProgrammeBook, Voucher, VoucherCapture, VoucherEvent, VoucherHold


class OwnVoucher(Forbidden):
    """The officer belongs to the firm, or to the provider that is said to be related to it."""

    code = "own_voucher"
    sentence = N_("您属于这家企业或单位，不能替主管部门办理它的创新券事项。")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which vouchers: of one programme, in one state, or only those of the firms that the actor acts for."""

    programme_id: int | None = None
    state: VoucherState | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A voucher, whether the actor decides on it for its authority, and whether they read which officer did.

    `is_own`: the actor would decide, and belongs to the firm. `may_unregister`: it lives elsewhere, and they act for
    the firm.
    """

    voucher: Voucher
    may_manage: bool
    sees_officers: bool
    is_own: bool
    may_unregister: bool

    @property
    def allowed(self) -> frozenset[VoucherStep]:
        """What the actor may do with it, as far as it stands so that it can be done."""
        number = self.voucher.number_there
        firms = {step for step in STEPS if is_firms(step, number)}
        return frozenset(set(STEPS) - firms if self.may_manage else ()) | (firms if self.may_unregister else set())

    @property
    def steps(self) -> list[VoucherStep]:
        """What they can do now, in order."""
        return [step for step in steps_from(self.voucher.state) if step in self.allowed]


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of a voucher with what it changed of each of its amounts, and which step, use or charge it is of."""

    touched: Touched
    step: VoucherStep | None = None
    is_hold: bool = False
    is_back: bool = False
    charge_id: int | None = None
    is_rejected: bool = False
    is_lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """What a voucher holds for or has covered of one use; `opens` says whether the actor may read the use itself."""

    amount_fen: int
    entry_id: int
    provider: Organisation
    day: date | None
    created_at: datetime
    reservation_id: int | None
    sample_order_id: int | None
    charge_id: int | None
    opens: bool


@dataclass(frozen=True, slots=True)
class Budget:
    """What of a programme's budget is free, committed and paid; `budget_fen` None: no limit."""

    programme: Programme
    book: Book

    @property
    def standing(self) -> BookStanding:
        """What the books hold."""
        return self.book.standing

    @property
    def budget_fen(self) -> int | None:
        """What the version in force says."""
        return self.book.budget_fen

    @property
    def left_fen(self) -> int | None:
        """What is free now, as the version in force says it."""
        return self.book.left_fen


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Vouchers of the firms and of the authorities for which the actor may see them."""
    seen = reach(actor, Permission.SEE_VOUCHERS)
    if seen.everywhere:
        return true()
    theirs = select(Programme.id).where(Programme.organisation_id.in_(seen.organisation_ids))
    return or_(Voucher.organisation_id.in_(seen.organisation_ids), Voucher.programme_id.in_(theirs))


def readable(session: Session, voucher_id: int, actor: Actor, *, today: date) -> Found:
    """A voucher that the actor may read; raises NotFound for others. Nobody decides on one of their own firm."""
    found = voucher(session, voucher_id)
    places = Target(found.organisation_id), Target(found.programme.organisation_id)
    seen = [may(actor, Permission.SEE_VOUCHERS, one) for one in places]
    if not any(seen):
        raise NotFound
    manages = may(actor, Permission.MANAGE_VOUCHERS, places[1])
    is_own = manages and is_of(session, actor, found.organisation_id, today)
    unregisters = found.number_there is not None and may(actor, Permission.APPLY_FOR_VOUCHERS, places[0])
    return Found(found, manages and not is_own, sees_officers=seen[1], is_own=is_own, may_unregister=unregisters)


def vouchers(session: Session, actor: Actor, wanted: Wanted, *, limit: int, cursor: str = "") -> Page[Voucher]:
    """What the actor may see, the newest first, with all amounts; one statement however many there are."""
    rows = _whole().where(seen_by(actor))
    if wanted.programme_id is not None:
        rows = rows.where(Voucher.programme_id == wanted.programme_id)
    if wanted.state is not None:
        rows = rows.where(Voucher.state == wanted.state)
    if wanted.mine:
        rows = rows.where(Voucher.organisation_id.in_(reach(actor, Permission.SEE_VOUCHERS).organisation_ids))
    if cursor:
        rows = rows.where(Voucher.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(Voucher.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (row.id,))


def _whole() -> Select[Voucher]:
    """Vouchers with everything that a list says of them."""
    accounts = (Voucher.credit, Voucher.held, Voucher.captured, Voucher.paid)
    return select(Voucher).options(
        joinedload(Voucher.programme, innerjoin=True).joinedload(Programme.organisation, innerjoin=True),
        joinedload(Voucher.organisation, innerjoin=True),
        *(joinedload(one, innerjoin=True) for one in accounts),
    )


def lines(session: Session, found: Voucher, *, limit: int, cursor: str = "") -> Page[Line]:
    """Every entry of a voucher, the newest first; what they changed adds up to each of its amounts."""
    sides = [found.credit_id, found.held_id, found.captured_id, found.paid_id]
    page = entries_of(session, sides, limit=limit, cursor=cursor)
    ids = [one.entry.id for one in page.items]
    rows = session.execute(select(VoucherEvent.entry_id, VoucherEvent.step).where(VoucherEvent.entry_id.in_(ids)))
    steps = {row.entry_id: row.step for row in rows}
    holds = set(session.scalars(select(VoucherHold.entry_id).where(VoucherHold.entry_id.in_(ids))))
    taken = {
        one.entry_id: one for one in session.scalars(select(VoucherCapture).where(VoucherCapture.entry_id.in_(ids)))
    }
    return Page([_line(one, found, steps, holds, taken) for one in page.items], page.next_cursor)


def _line(
    touched: Touched,
    found: Voucher,
    steps: dict[int | None, VoucherStep],
    holds: Collection[int],
    taken: dict[int, VoucherCapture],
) -> Line:
    """What one entry is of."""
    line = Line(touched, step=steps.get(touched.entry.id))
    if capture := taken.get(touched.entry.id):
        return replace(
            line,
            charge_id=capture.charge_id,
            is_back=capture.amount_fen < 0,
            is_rejected=capture.kind == CaptureKind.REJECTED,
            is_lapsed=capture.kind == CaptureKind.LAPSED,
        )
    if touched.entry.id in holds:
        return replace(line, is_hold=True, is_back=touched.changes[found.held_id] < 0)
    return line


def held_now(session: Session, found: Voucher, actor: Actor) -> list[Use]:
    """What is held now, use by use, the newest first; it adds up to what the voucher holds."""
    rows = session.execute(
        select(VoucherHold, Reservation, SampleOrder, Organisation)
        .outerjoin(Reservation, Reservation.id == VoucherHold.reservation_id)
        .outerjoin(SampleOrder, SampleOrder.id == VoucherHold.sample_order_id)
        .join(Instrument, Instrument.id == func.coalesce(Reservation.instrument_id, SampleOrder.instrument_id))
        .join(Organisation, Organisation.id == Instrument.organisation_id)
        .where(VoucherHold.voucher_id == found.id, VoucherHold.amount_fen > 0, is_last_hold())
        .order_by(VoucherHold.id.desc())
    )
    return [
        Use(
            amount_fen=hold.amount_fen,
            entry_id=hold.entry_id,
            provider=provider,
            day=None,
            created_at=hold.created_at,
            reservation_id=hold.reservation_id,
            sample_order_id=hold.sample_order_id,
            charge_id=None,
            opens=_opens(actor, reservation, order),
        )
        for hold, reservation, order, provider in rows
    ]


def taken_from(session: Session, found: Voucher, actor: Actor, *, limit: int, cursor: str = "") -> Page[Use]:
    """What charges have taken, the newest first; below zero it came back."""
    rows = (
        select(VoucherCapture, Charge, SampleOrder, Organisation)
        .join(Charge, Charge.id == VoucherCapture.charge_id)
        .outerjoin(SampleOrder, SampleOrder.id == Charge.sample_order_id)
        .join(Organisation, Organisation.id == Charge.organisation_id)
        .where(VoucherCapture.voucher_id == found.id)
    )
    if cursor:
        rows = rows.where(VoucherCapture.id < decode_cursor(cursor, row_id)[0])
    found_rows = session.execute(rows.order_by(VoucherCapture.id.desc()).limit(limit + 1)).all()
    page = page_of(found_rows, limit, lambda row: (row[0].id,))
    return Page([_taken(actor, *row) for row in page.items], page.next_cursor)


def _taken(
    actor: Actor, capture: VoucherCapture, charge: Charge, order: SampleOrder | None, provider: Organisation
) -> Use:
    is_own = charge.user_id == actor.id
    return Use(
        amount_fen=capture.amount_fen,
        entry_id=capture.entry_id,
        provider=provider,
        day=capture.counts_on,
        created_at=capture.created_at,
        reservation_id=charge.reservation_id,
        sample_order_id=charge.sample_order_id,
        charge_id=charge.id,
        opens=is_own or _opens(actor, None, order),
    )


def _opens(actor: Actor, reservation: Reservation | None, order: SampleOrder | None) -> bool:
    """Whether the actor booked or ordered it, or orders for the firm."""
    if reservation is not None:
        return reservation.booked_by_id == actor.id
    if order is None:
        return False
    is_own = actor.id in {order.requested_by_id, order.accepted_by_id}
    is_firms = order.organisation_id is not None and may(
        actor, Permission.ORDER_FOR_FIRM, Target(order.organisation_id)
    )
    return is_own or is_firms


def lapsed_fen(session: Session, voucher_id: int) -> int:
    """What a voucher has covered, and nobody asked to be paid for in time."""
    of_it = VoucherCapture.voucher_id == voucher_id, VoucherCapture.kind == CaptureKind.LAPSED
    return -int(session.scalar(select(func.coalesce(func.sum(VoucherCapture.amount_fen), 0)).where(*of_it)) or 0)


def events_of(session: Session, voucher_id: int) -> Sequence[VoucherEvent]:
    """What was done with a voucher, the newest first, by whom."""
    rows = select(VoucherEvent).where(VoucherEvent.voucher_id == voucher_id)
    return session.scalars(rows.options(joinedload(VoucherEvent.actor)).order_by(VoucherEvent.id.desc())).all()


def budgets(session: Session, actor: Actor, *, today: date) -> list[Budget]:
    """The budgets of the programmes of the actor's authorities, of all for auditors, the newest programme first."""
    seen = reach(actor, Permission.SEE_BUDGETS)
    rows = select(Programme).join(ProgrammeBook, ProgrammeBook.programme_id == Programme.id)
    rows = rows.where(Programme.runs_at == "")
    if not seen.everywhere:
        rows = rows.where(Programme.organisation_id.in_(seen.organisation_ids))
    found = session.scalars(
        rows.options(joinedload(Programme.organisation, innerjoin=True)).order_by(Programme.id.desc())
    ).all()
    return _budgets(session, found, today)


def budget(session: Session, programme_id: int, actor: Actor, *, today: date) -> Budget:
    """One of them; raises NotFound, also where nothing was issued yet, and where the vouchers live elsewhere."""
    found = programme(session, programme_id)
    if found.runs_at or not may(actor, Permission.SEE_BUDGETS, Target(found.organisation_id)):
        raise NotFound
    of_it = _budgets(session, [found], today)
    if not of_it:
        raise NotFound
    return of_it[0]


def _budgets(session: Session, found: Sequence[Programme], today: date) -> list[Budget]:
    """Programmes with their books; one statement however many there are."""
    books = standings(session, [one.id for one in found], today).books
    return [Budget(one, books[one.id]) for one in found if one.id in books]
