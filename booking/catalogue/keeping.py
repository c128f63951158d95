"""What people wrote to the staff of an instrument, when it goes to another institution.

What still waits for the work of the staff goes along; everything else stays with the institution of its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Integer, and_, func, or_, select, true, union, update
from sqlalchemy.orm import Session

from booking.catalogue.queries import target_of, within
from booking.core.actors import Reach, Target
from models.accounts import Grant, User
from models.attachments import Attachment
from models.catalogue import Instrument
from models.enquiries import Enquiry
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.enquiries import OPEN_WISHES, EnquiryState
from models.vocabulary.samples import UNDER_WAY

Written = Enquiry | SampleOrder
NOTICE = timedelta(days=3)
"""How long those whose enquiry or order would go along have to end it."""


@dataclass(frozen=True, slots=True)
class GoingAlong:
    """How much of what is not public goes with an instrument."""

    enquiries: int
    orders: int
    files: int
    staff_files: int

    @property
    def is_written(self) -> bool:
        """Whether somebody outside wrote what would go along."""
        return self.enquiries + self.orders > 0


def staff_target(written: Written) -> Target:
    """Where permissions are asked about an enquiry or an order: at the instrument, or at the owner who kept it."""
    if written.kept_by_id is None:
        return target_of(written.instrument)
    return Target(written.kept_by_id, written.kept_unit_id)


def staff_organisation_id(written: Written) -> int:
    """Whose staff stand on the other side, and whose quota its files count against."""
    return written.kept_by_id or written.instrument.organisation_id


def staffed_within(table: type[Written], reached: Reach) -> ColumnElement[bool]:
    """The condition, beside the instrument, that an enquiry or an order lies within what a permission reaches."""
    if reached.everywhere:
        return true()
    kept = or_(table.kept_by_id.in_(reached.organisation_ids), table.kept_unit_id.in_(reached.unit_ids))
    return or_(and_(table.kept_by_id.is_(None), within(reached)), kept)


def going_along(session: Session, instrument_id: int) -> GoingAlong:
    """What would go with the instrument today."""
    enquiries, orders = (
        session.scalar(select(func.count()).select_from(table).where(*_open(table, instrument_id))) or 0
        for table in (Enquiry, SampleOrder)
    )
    is_staffs = func.coalesce(func.sum((Attachment.visibility == Visibility.STAFF).cast(Integer)), 0)
    files = Attachment.owner_kind == OwnerKind.INSTRUMENT, Attachment.owner_id == instrument_id
    counted = session.execute(select(func.count(), is_staffs).where(*files)).one()
    return GoingAlong(enquiries, orders, *counted)


def last_written(session: Session, instrument_id: int) -> datetime | None:
    """When the last of what would go along today was written or requested; its asker was told then, or before."""
    moments = [
        session.scalar(select(func.max(moment)).where(*_open(table, instrument_id)))
        for table, moment in ((Enquiry, Enquiry.changed_at), (SampleOrder, SampleOrder.requested_at))
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def part(session: Session, instrument: Instrument, *, giver_id: int, giver_unit_id: int | None) -> None:
    """Leave what waits for no work with the giver; the rest counts against the receiver's quota from now on."""
    kept = {"kept_by_id": giver_id, "kept_unit_id": giver_unit_id}
    for table, kind in ((Enquiry, OwnerKind.ENQUIRY), (SampleOrder, OwnerKind.SAMPLE_ORDER)):
        theirs = table.instrument_id == instrument.id, table.kept_by_id.is_(None)
        session.execute(update(table).where(*theirs, ~_waits(table)).values(kept))
        gone = select(table.id).where(*_open(table, instrument.id))
        files = update(Attachment).where(Attachment.owner_kind == kind, Attachment.owner_id.in_(gone))
        session.execute(files.values(organisation_id=instrument.organisation_id))


def askers_of(session: Session, instrument_id: int, *, today: date) -> Sequence[User]:
    """Whose enquiry or order would go along, or did: who asked, for a firm everybody who acts for it."""
    firms = select(SampleOrder.organisation_id).where(*_open(SampleOrder, instrument_id))
    alone = SampleOrder.organisation_id.is_(None)
    agents = select(Grant.user_id).where(
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.scope_id.in_(firms),
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    people = union(
        select(Enquiry.asked_by_id).where(*_open(Enquiry, instrument_id)),
        select(SampleOrder.requested_by_id).where(*_open(SampleOrder, instrument_id), alone),
        agents,
    )
    active = User.id.in_(people), User.deactivated_at.is_(None)
    return session.scalars(select(User).where(*active).order_by(User.id)).all()


def _waits(table: type[Written]) -> ColumnElement[bool]:
    """The condition that the staff still have work: an answer or a time to give, an order to carry out."""
    if table is not Enquiry:
        return table.state.in_(UNDER_WAY)
    wished = and_(Enquiry.wish_state.is_not(None), Enquiry.wish_state.in_(OPEN_WISHES))
    return or_(Enquiry.state == EnquiryState.WAITING, and_(Enquiry.state == EnquiryState.ANSWERED, wished))


def _open(table: type[Written], instrument_id: int) -> tuple[ColumnElement[bool], ...]:
    """The conditions that something is written to the instrument's staff of today and waits for their work."""
    return table.instrument_id == instrument_id, table.kept_by_id.is_(None), _waits(table)
