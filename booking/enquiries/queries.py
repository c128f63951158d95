"""Reading enquiries: one thread for who may read it, lists for either side, and the public answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.attachments.queries import attachment_for, attachments_of
from booking.catalogue.keeping import staff_target, staffed_within
from booking.core.actors import Actor, Reach
from booking.core.errors import Forbidden, NotFound
from booking.core.pages import Page, decode_cursor, encode_cursor, row_id
from models.attachments import Attachment
from models.catalogue import Instrument
from models.enquiries import Enquiry, EnquiryMessage, FaqEntry, WishedPeriod
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.enquiries import EnquiryState, WishState

ALL_FILES = frozenset(Visibility)
ANSWER_SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Thread:
    """An enquiry with all that was said, wished and attached."""

    enquiry: Enquiry
    messages: Sequence[EnquiryMessage]
    periods: Sequence[WishedPeriod]
    files: Sequence[Attachment]

    @property
    def wished(self) -> list[WishedPeriod]:
        """The times the asker named."""
        return [one for one in self.periods if not one.is_offer]

    @property
    def offer(self) -> WishedPeriod | None:
        """The time that the owner offered last."""
        return next((one for one in reversed(self.periods) if one.is_offer), None)


def in_full() -> Select[Enquiry]:
    """Enquiries with their instrument, its owner, who asked, and a former owner who keeps them."""
    return (
        select(Enquiry)
        .join(Enquiry.instrument)
        .options(
            contains_eager(Enquiry.instrument).joinedload(Instrument.organisation, innerjoin=True),
            joinedload(Enquiry.asked_by, innerjoin=True),
            joinedload(Enquiry.kept_by),
        )
    )


def enquiry_for(session: Session, enquiry_id: int, actor: Actor) -> Enquiry:
    """The enquiry, for who asked and for the staff of the instrument; raises NotFound for everybody else."""
    found = session.scalar(in_full().where(Enquiry.id == enquiry_id))
    if found is None or not is_readable(found, actor):
        raise NotFound
    return found


def is_readable(enquiry: Enquiry, actor: Actor) -> bool:
    """Whether the thread is the actor's own, or of an instrument whose enquiries they see."""
    is_own = enquiry.asked_by_id == actor.id
    return is_own or may(actor, Permission.SEE_ENQUIRIES, staff_target(enquiry))


def thread_for(session: Session, enquiry_id: int, actor: Actor) -> Thread:
    """The whole thread in a constant number of statements; raises NotFound."""
    enquiry = enquiry_for(session, enquiry_id, actor)
    messages = session.scalars(
        select(EnquiryMessage)
        .where(EnquiryMessage.enquiry_id == enquiry_id)
        .options(joinedload(EnquiryMessage.author, innerjoin=True))
        .order_by(EnquiryMessage.id)
    ).all()
    files = attachments_of(session, OwnerKind.ENQUIRY, enquiry_id, ALL_FILES)
    return Thread(enquiry, messages, periods_of(session, enquiry_id), files)


def periods_of(session: Session, enquiry_id: int) -> Sequence[WishedPeriod]:
    """The times of a wish in the order they were named."""
    named = select(WishedPeriod).where(WishedPeriod.enquiry_id == enquiry_id)
    return session.scalars(named.order_by(WishedPeriod.position)).all()


def file_for(session: Session, enquiry_id: int, attachment_id: int, actor: Actor) -> Attachment:
    """One file of a thread that the actor may read; raises NotFound."""
    enquiry_for(session, enquiry_id, actor)
    return attachment_for(session, OwnerKind.ENQUIRY, enquiry_id, attachment_id, ALL_FILES)


def own_enquiries(
    session: Session, actor: Actor, *, state: EnquiryState | None = None, limit: int, cursor: str = ""
) -> Page[Enquiry]:
    """What the actor asked, the last changed first."""
    statement = in_full().where(Enquiry.asked_by_id == actor.id)
    ordered = statement.order_by(Enquiry.changed_at.desc(), Enquiry.id.desc())
    return _page(session, ordered, state, limit, cursor)


def staffed_enquiries(
    session: Session, actor: Actor, *, state: EnquiryState | None = None, limit: int, cursor: str = ""
) -> Page[Enquiry]:
    """Enquiries about the instruments the actor works for, those due first; raises Forbidden for who has none."""
    reached = reach(actor, Permission.SEE_ENQUIRIES)
    if not reached:
        raise Forbidden
    statement = in_full().where(staffed_within(Enquiry, reached))
    ordered = statement.order_by(Enquiry.due_at.is_(None), Enquiry.due_at, Enquiry.changed_at.desc(), Enquiry.id)
    return _page(session, ordered, state, limit, cursor)


def waiting_count(session: Session, reached: Reach) -> int:
    """How many enquiries about instruments within `reached` wait for an answer."""
    counted = select(func.count()).select_from(Enquiry).join(Enquiry.instrument)
    return session.scalar(counted.where(staffed_within(Enquiry, reached), Enquiry.due_at.is_not(None))) or 0


def waiting_by_instrument(session: Session, here: ColumnElement[bool]) -> dict[int, int]:
    """How many enquiries wait for an answer at each of the instruments that fulfil a condition."""
    counted = select(Enquiry.instrument_id, func.count().label("how_many")).join(Enquiry.instrument)
    waiting = counted.where(here, Enquiry.due_at.is_not(None)).group_by(Enquiry.instrument_id)
    return {found.instrument_id: found.how_many for found in session.execute(waiting)}


def answered_to(session: Session, actor: Actor, *, now: datetime, limit: int) -> Sequence[Enquiry]:
    """What waits for the actor who asked: times offered instead, then what was answered in the last two weeks.

    An agreed time is a reservation and no answer that waits.
    """
    is_offered = Enquiry.wish_state.is_not_distinct_from(WishState.OFFERED)
    offered = and_(is_offered, Enquiry.state != EnquiryState.CLOSED)
    answered = and_(
        Enquiry.state == EnquiryState.ANSWERED,
        Enquiry.wish_state.is_distinct_from(WishState.AGREED),
        Enquiry.changed_at > now - ANSWER_SHOWN,
    )
    own = in_full().where(Enquiry.asked_by_id == actor.id, or_(offered, answered))
    ordered = own.order_by(is_offered.desc(), Enquiry.changed_at.desc(), Enquiry.id.desc())
    return session.scalars(ordered.limit(limit)).all()


def asked_since(session: Session, user_id: int, since: datetime) -> int:
    """How many enquiries somebody has made since then."""
    made = (Enquiry.asked_by_id == user_id, Enquiry.asked_at > since)
    return session.scalar(select(func.count()).select_from(Enquiry).where(*made)) or 0


def overdue(session: Session, *, now: datetime) -> list[int]:
    """Enquiries whose time to be answered is over and whose staff were not reminded."""
    late = (Enquiry.due_at <= now, Enquiry.reminded_at.is_(None))
    return list(session.scalars(select(Enquiry.id).where(*late).order_by(Enquiry.due_at)))


def faq_of(session: Session, instrument_id: int) -> Sequence[FaqEntry]:
    """The questions and answers in order, as the staff keep them: also those that wait to be asked anew."""
    entries = select(FaqEntry).where(FaqEntry.instrument_id == instrument_id)
    return session.scalars(entries.order_by(FaqEntry.position, FaqEntry.id)).all()


def _page(
    session: Session, statement: Select[Enquiry], state: EnquiryState | None, limit: int, cursor: str
) -> Page[Enquiry]:
    """A part of the ordered rows; the cursor is where the next part starts."""
    if state is not None:
        statement = statement.where(Enquiry.state == state)
    offset = decode_cursor(cursor, row_id)[0] if cursor else 0
    rows = session.scalars(statement.offset(offset).limit(limit + 1)).all()
    return Page(list(rows[:limit]), encode_cursor(offset + limit) if len(rows) > limit else None)
