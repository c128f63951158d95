"""Asking, answering, closing and opening again; every step tells the other side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.attachments import service as attachments
from booking.attachments.preparing import Prepared
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.catalogue.keeping import staff_organisation_id, staff_target
from booking.catalogue.queries import instrument_for
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Conflict, InvalidInput, NotFound, Refused
from booking.core.period import Period
from booking.core.texts import N_
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test
from booking.enquiries.forms import EnquiryForm
from booking.enquiries.queries import asked_since, in_full, is_readable
from booking.enquiries.rules import MOST_A_DAY, OWED_AN_ANSWER, period_problems
from booking.notifications.service import announce
from models.accounts import User
from models.attachments import Attachment
from models.catalogue import Instrument
from models.enquiries import Enquiry, EnquiryMessage, WishedPeriod
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.enquiries import EnquiryState, WishState

LOOKED_AHEAD = timedelta(days=120)
LAST_MINUTE = 23 * 60 + 59


class TooManyEnquiries(Refused):
    """Somebody asks more in a day than people can answer."""

    code = "too_many_enquiries"
    sentence = N_("一天内最多提出 %(most)s 个咨询，请明天再试。")


class NoWishes(Refused):
    """Time on this instrument is not agreed by wishes."""

    code = "no_wishes"
    sentence = N_("这台仪器不按意向商定时间，请直接预约，或只提问题。")


class StaysClosed(Conflict):
    """The thread is kept by the institution that had the instrument when it ended."""

    code = "enquiry_kept"
    sentence = N_("仪器已转到另一单位，这个咨询留在原单位，不能重新打开。请在仪器页面另提咨询。")


class IsClosed(Conflict):
    """The thread has ended."""

    code = "enquiry_closed"
    sentence = N_("这个咨询已结束。需要时请重新打开。")


def ask(
    session: Session,
    instrument_id: int,
    form: EnquiryForm,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    days: int,
    actor: Actor,
    now: datetime,
) -> Enquiry:
    """Ask the staff of a published instrument, who have `days` working days; with times it is a wish."""
    instrument = instrument_for(session, instrument_id, actor)
    if instrument.publishing_state != PublishingState.PUBLISHED:
        raise NotFound
    _check(session, instrument, form, actor=actor, now=now)
    enquiry = Enquiry(
        instrument_id=instrument_id,
        asked_by_id=actor.id,
        sample=form.sample,
        purpose=form.purpose,
        mode=form.mode,
        state=EnquiryState.WAITING,
        wish_state=WishState.ASKED if form.periods else None,
        asked_at=now,
        changed_at=now,
        due_at=answer_due(session, instrument.organisation_id, days, now=now),
        version=1,
    )
    session.add(enquiry)
    session.flush()
    write(session, enquiry, form.text, actor=actor, now=now)
    for position, one in enumerate(form.periods, start=1):
        add_period(session, enquiry, position, one.period)
    _attach(session, enquiry, instrument.organisation_id, files, limits, actor=actor, now=now)
    note(session, enquiry, "asked", actor=actor, now=now, after={"is_wish": bool(form.periods)})
    return enquiry


def _check(session: Session, instrument: Instrument, form: EnquiryForm, *, actor: Actor, now: datetime) -> None:
    """Refuse wishes that cannot be, and more enquiries than a person makes in a day."""
    session.execute(select(User.id).where(User.id == actor.id).with_for_update(key_share=True))
    if form.periods and instrument.booking_mode != BookingMode.ON_REQUEST:
        raise NoWishes
    if problems := period_problems([one.period for one in form.periods], now=now):
        raise InvalidInput(problems)
    if asked_since(session, actor.id, now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooManyEnquiries(most=MOST_A_DAY)


def answer_due(session: Session, organisation_id: int, days: int, *, now: datetime) -> datetime:
    """23:59 of the last of so many working days of the institution."""
    today = local_date(now)
    is_working = working_day_test(session, organisation_id, today, today + LOOKED_AHEAD)
    return at_local(add_working_days(today, days, is_working), LAST_MINUTE)


def add_message(
    session: Session,
    enquiry_id: int,
    text: str,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    days: int,
    actor: Actor,
    now: datetime,
) -> EnquiryMessage:
    """Write to the other side, whose turn it is then, unless a wish still waits for its answer; raises IsClosed."""
    enquiry = lock(session, enquiry_id, actor=actor)
    if enquiry.state == EnquiryState.CLOSED:
        raise IsClosed
    message = write(session, enquiry, text, actor=actor, now=now)
    _attach(session, enquiry, staff_organisation_id(enquiry), files, limits, actor=actor, now=now)
    if message.is_staff and enquiry.wish_state not in OWED_AN_ANSWER:
        turn_to_asker(enquiry)
    elif not message.is_staff and enquiry.due_at is None:
        turn_to_staff(session, enquiry, days, now=now)
    changed(session, enquiry, "answered" if message.is_staff else "added", actor=actor, now=now)
    return message


def close(session: Session, enquiry_id: int, *, actor: Actor, now: datetime) -> Enquiry:
    """End the thread; either side may. Raises IsClosed when it is."""
    enquiry = lock(session, enquiry_id, actor=actor)
    if enquiry.state == EnquiryState.CLOSED:
        raise IsClosed
    enquiry.state, enquiry.due_at = EnquiryState.CLOSED, None
    changed(session, enquiry, "closed", actor=actor, now=now)
    return enquiry


def reopen(session: Session, enquiry_id: int, *, days: int, actor: Actor, now: datetime) -> Enquiry:
    """Open a closed thread again: with the asker it waits for the staff, with the staff for the asker.

    Raises StaysClosed for what a former owner keeps.
    """
    enquiry = lock(session, enquiry_id, actor=actor)
    if enquiry.state != EnquiryState.CLOSED:
        raise Conflict(N_("这个咨询没有结束。"))
    if enquiry.kept_by_id is not None:
        raise StaysClosed
    if is_asker(enquiry, actor):
        turn_to_staff(session, enquiry, days, now=now)
    else:
        turn_to_asker(enquiry)
    changed(session, enquiry, "reopened", actor=actor, now=now)
    return enquiry


def remind(session: Session, enquiry_id: int, *, now: datetime) -> bool:
    """Tell the staff once that their answer is overdue; whether it still is."""
    enquiry = session.scalar(
        select(Enquiry).where(Enquiry.id == enquiry_id).with_for_update().execution_options(populate_existing=True)
    )
    if enquiry is None or enquiry.due_at is None or enquiry.due_at > now or enquiry.reminded_at is not None:
        return False
    enquiry.reminded_at = now
    announce(session, "enquiries.overdue", {"enquiry_id": enquiry.id}, now=now)
    return True


def lock(session: Session, enquiry_id: int, *, actor: Actor) -> Enquiry:
    """The enquiry, locked for a step of either side; raises NotFound, or Forbidden for who may only read."""
    enquiry = session.scalar(
        in_full().where(Enquiry.id == enquiry_id).with_for_update(of=Enquiry).execution_options(populate_existing=True)
    )
    if enquiry is None or not is_readable(enquiry, actor):
        raise NotFound
    if not is_asker(enquiry, actor):
        require(actor, Permission.ANSWER_ENQUIRIES, staff_target(enquiry))
    return enquiry


def is_asker(enquiry: Enquiry, actor: Actor) -> bool:
    """Whether the actor stands on the asking side; who asked never answers for the staff."""
    return enquiry.asked_by_id == actor.id


def write(
    session: Session, enquiry: Enquiry, text: str, *, removed_file: str = "", actor: Actor, now: datetime
) -> EnquiryMessage:
    """One message of the actor's side; with the name of a file, why it was taken away."""
    message = EnquiryMessage(
        enquiry_id=enquiry.id,
        author_id=actor.id,
        is_staff=not is_asker(enquiry, actor),
        text=text,
        removed_file=removed_file,
        written_at=now,
    )
    session.add(message)
    session.flush()
    return message


@dataclass(frozen=True, slots=True)
class Offer:
    """That the owner names the time, the codes of the rules set aside for it, and why."""

    reason: str = ""
    set_aside: Sequence[str] = ()


def add_period(
    session: Session,
    enquiry: Enquiry,
    position: int,
    period: Period,
    *,
    offer: Offer | None = None,
) -> None:
    """One more time that was named."""
    session.add(
        WishedPeriod(
            enquiry_id=enquiry.id,
            position=position,
            starts_at=period.start,
            ends_at=period.end,
            is_offer=offer is not None,
            override_reason=offer.reason if offer else "",
            set_aside=list(offer.set_aside) if offer else [],
        )
    )
    session.flush()


def turn_to_staff(session: Session, enquiry: Enquiry, days: int, *, now: datetime) -> None:
    """The staff must answer, from now within so many working days."""
    due_at = answer_due(session, staff_organisation_id(enquiry), days, now=now)
    enquiry.state, enquiry.due_at, enquiry.reminded_at = EnquiryState.WAITING, due_at, None


def turn_to_asker(enquiry: Enquiry) -> None:
    """The staff have answered."""
    enquiry.state, enquiry.due_at = EnquiryState.ANSWERED, None


def changed(
    session: Session,
    enquiry: Enquiry,
    fact: str,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, Any] | None = None,
) -> None:
    """A new version, with its row in the audit log and its event."""
    enquiry.version += 1
    enquiry.changed_at = now
    session.flush()
    note(session, enquiry, fact, actor=actor, now=now, after=after)


def note(
    session: Session,
    enquiry: Enquiry,
    fact: str,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, Any] | None = None,
) -> None:
    """The audit log says what happened, never what was written; the other side is told."""
    said = {"state": enquiry.state.value, "wish": enquiry.wish_state and enquiry.wish_state.value, **(after or {})}
    audit.note(session, f"enquiries.{fact}", ("enquiry", enquiry.id), actor=actor, now=now, after=said)
    announce(session, f"enquiries.{fact}", {"enquiry_id": enquiry.id, "actor_id": actor.id}, now=now)


def _attach(
    session: Session,
    enquiry: Enquiry,
    organisation_id: int,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> list[Attachment]:
    """Store the files of a message; both sides see them."""
    if not files:
        return []
    owner = Owner(OwnerKind.ENQUIRY, enquiry.id, organisation_id)
    who: dict[str, Any] = {"actor": actor, "now": now, "is_asker": is_asker(enquiry, actor)}
    return attachments.add_attachments(session, owner, files, Visibility.STAFF, limits, **who)
