"""Erasing a person: what names them goes, what the books need stays under a pseudonym."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.ending import Departure, end_grants
from booking.accounts.permissions import Permission, require
from booking.accounts.succession import lock_scopes
from booking.core.actors import Actor
from booking.core.errors import Forbidden, NotFound, Refused
from booking.core.texts import N_
from booking.enquiries.withdrawing import withdraw_everything
from booking.privacy import rules, traces
from booking.privacy.queries import Hindrance, HindranceKind, grants_after, hindrances, last_day
from models.accounts import Grant, MailedToken, User
from models.affiliations import Affiliation, Invitation
from models.reservations import Reservation, ReservationPerson
from models.vocabulary.affiliations import InvitationState

UNCONFIRMED_FOR = timedelta(days=30)

OF_OTHERS = N_("此人还有未结束的预约，或只有其一人担任的角色、课题组或联系人。请先取消或移交。")


class Hindered(Refused):
    """Something must be handed over or cancelled first; carries what."""

    status = 409
    code = "erasure_hindered"
    sentence = N_("还有未结束的预约，或只有您一人担任的角色。请先取消或移交。")

    def __init__(self, found: Sequence[Hindrance], sentence: str | None = None) -> None:
        """Keep everything that hinders."""
        super().__init__(sentence)
        self.hindrances = list(found)


def require_no_hindrance(session: Session, *, actor: Actor, now: datetime) -> None:
    """Refuse before the password is asked for, so that it is not counted in vain; raises Hindered."""
    if found := hindrances(session, session.get_one(User, actor.id), now=now):
        raise Hindered(found)


def erase_me(session: Session, *, actor: Actor, now: datetime) -> None:
    """Erase the actor's own account, at once; raises Hindered."""
    _erase(session, actor.id, actor=actor, now=now, departure=Departure(last_day(now)))


def erase_person(
    session: Session,
    user_id: int,
    reason: str,
    *,
    successors: Mapping[int, str] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Erase somebody's account as they asked, naming in the same step who takes over what nobody else holds.

    Raises Forbidden, NotFound, Hindered, InvalidInput, and Forbidden for one's own account.
    """
    require(actor, Permission.ERASE_PEOPLE)
    if user_id == actor.id:
        raise Forbidden(N_("自己的账户请在账户页注销。"))
    _erase(session, user_id, actor=actor, now=now, departure=Departure(last_day(now), reason, successors or {}))


def unconfirmed(session: Session, *, now: datetime) -> Sequence[int]:
    """Accounts whose address nobody has confirmed for a month, at which nothing hangs and no link is on its way."""
    hangs = [
        exists().where(column == User.id)
        for column in (Grant.user_id, Affiliation.user_id, Reservation.booked_by_id, ReservationPerson.user_id)
    ]
    sent = exists().where(MailedToken.user_id == User.id, MailedToken.expires_at > now, MailedToken.used_at.is_(None))
    invited = exists().where(Invitation.email == User.email, Invitation.state == InvitationState.OPEN)
    old = User.confirmed_at.is_(None), User.deactivated_at.is_(None), User.created_at < now - UNCONFIRMED_FOR
    due = select(User.id).where(*old, ~or_(*hangs, sent, invited))
    return session.scalars(due.order_by(User.id)).all()


def forget_unconfirmed(session: Session, user_id: int, *, now: datetime) -> bool:
    """Erase an account whose address was never confirmed; whether it still was so.

    What others wrote about the address stays: whoever typed it need not own it. The row stays under a pseudonym, so
    that its number is given to nobody else.
    """
    locked = select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    user = session.scalars(locked).one()
    if user.confirmed_at is not None or user.deactivated_at is not None:
        return False
    traces.erase_credentials(session, _renamed(session, user, now=now))
    audit.note(session, "privacy.erased", ("user", user_id), actor=None, now=now)
    return True


def remaining(found: Sequence[Hindrance], successors: Mapping[int, str]) -> list[Hindrance]:
    """What still hinders when these grants have a successor."""
    return [one for one in found if one.kind != HindranceKind.LAST_ROLE or not successors.get(one.id, "").strip()]


def _erase(session: Session, user_id: int, *, actor: Actor, now: datetime, departure: Departure) -> None:
    """Everything in one transaction, with one row in the log, which names nobody."""
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None or rules.is_erased(user.email):
        raise NotFound
    lock_scopes(session, grants_after(session, user.id, last_day(now)))
    if found := remaining(hindrances(session, user, now=now), departure.successors):
        raise Hindered(found, None if user_id == actor.id else OF_OTHERS)
    end_grants(session, grants_after(session, user.id, departure.last_day), departure, actor=actor, now=now)
    person = _renamed(session, user, now=now)
    traces.erase_credentials(session, person)
    traces.end_affiliations(session, person, now=now)
    traces.rename_in_reservations(session, person, now=now)
    traces.erase_return_addresses(session, person)
    withdraw_everything(session, user.id, actor=actor, now=now)
    traces.erase_post(session, person)
    audit.note(session, "privacy.erased", ("user", user.id), actor=actor, now=now, reason=departure.reason)


def _renamed(session: Session, user: User, *, now: datetime) -> traces.Person:
    """The person as they were called until now; the account bears a pseudonym and opens to nobody."""
    person = traces.Person(user.id, user.name, user.email)
    user.name, user.email = rules.name_of(user.id), rules.email_of(user.id)
    user.password_hash, user.deactivated_at = None, now
    user.credential_version += 1
    session.flush()
    return person
