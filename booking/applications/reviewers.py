"""Who reviews an application: the officers of the office whose turn it is, four eyes."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.affiliations.queries import is_of
from booking.applications.rules import REVIEWED, Reviewing, other_reviews
from booking.core.actors import Actor, Target
from booking.vouchers.offices import free_officers, has_officers
from models.accounts import Grant, User
from models.applications import ApplicationEvent, VoucherApplication
from models.vocabulary.applications import ApplicationState, ApplicationStep

FIRM_STEPS = (ApplicationStep.DRAFT, ApplicationStep.EDIT, ApplicationStep.SUBMIT)


def reviewing_of(
    session: Session,
    found: VoucherApplication,
    events: Sequence[ApplicationEvent],
    actor: Actor,
    *,
    today: date,
) -> Reviewing | None:
    """What stands between an officer and the review that is due; None for who is no officer of its office."""
    if found.state not in REVIEWED or not reviews_here(session, found, actor, today=today):
        return None
    own = [one for one in events if one.actor_id == actor.id]
    decided = [one for one in own if one.step not in {*FIRM_STEPS, ApplicationStep.WITHDRAW}]
    return Reviewing(
        acts_for_firm=is_of(session, actor, found.organisation_id, today),
        filed_it=any(one.step in FIRM_STEPS for one in own),
        did_other_review=any(one.source in other_reviews(found.state) for one in decided),
    )


def reviews_here(session: Session, found: VoucherApplication, actor: Actor, *, today: date) -> bool:
    """Whether somebody is an officer of the office whose review is due.

    A first review that was given to an office without officers, or whose officers are all of the firm, is the
    programme's authority's.
    """
    authority = found.programme.organisation_id
    office = authority if found.state == ApplicationState.PROVINCE_REVIEW else found.district_id
    if office is not None and may(actor, Permission.REVIEW_APPLICATIONS, Target(office)):
        return True
    if office == authority or not may(actor, Permission.REVIEW_APPLICATIONS, Target(authority)):
        return False
    return not session.scalar(select(has_officers(found.district_id, found.organisation_id, today)))


def reviewers_of(
    session: Session, organisation_id: int, application_ids: Collection[int], *, today: date
) -> list[tuple[User, int]]:
    """The same for some applications: each officer with each application that they may review; one statement."""
    both = select(User, VoucherApplication.id).select_from(VoucherApplication)
    joined = both.join(Grant, true()).join(User, User.id == Grant.user_id)
    free = free_officers(organisation_id, VoucherApplication.organisation_id, today)
    rows = joined.where(VoucherApplication.id.in_(application_ids), *free).order_by(User.id, VoucherApplication.id)
    return list(dict.fromkeys((person, key) for person, key in session.execute(rows)))


def took_part(done: Any) -> ColumnElement[bool]:
    """Steps of an application, which must be selected, that keep from reviewing it whoever took them."""
    elsewhere = and_(done.source.in_(REVIEWED), done.source != VoucherApplication.state)
    return or_(done.step.in_(FIRM_STEPS), elsewhere)
