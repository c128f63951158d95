"""Making, changing and ending announcements; every change is in the audit log."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.announcements import queries
from booking.announcements.forms import AnnouncementForm
from booking.core.actors import Actor
from booking.core.errors import InvalidInput, Problem, StaleVersion
from booking.core.texts import N_
from models.announcements import Announcement
from models.directory import Organisation, Place
from models.vocabulary.directory import PlaceLevel


def announce(session: Session, form: AnnouncementForm, *, actor: Actor, now: datetime) -> Announcement:
    """Put a text on the pages for a while; raises Forbidden."""
    require(actor, Permission.ANNOUNCE)
    _check_place(session, form)
    made = Announcement(**form.model_dump(), created_by_id=actor.id, created_at=now)
    session.add(made)
    session.flush()
    after = form.model_dump(mode="json")
    audit.note(session, "announcements.made", ("announcement", made.id), actor=actor, now=now, after=after)
    return made


def change_announcement(
    session: Session,
    announcement_id: int,
    form: AnnouncementForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Announcement:
    """Set all of an announcement; raises Forbidden, NotFound, or StaleVersion."""
    require(actor, Permission.ANNOUNCE)
    found = queries.announcement(session, announcement_id)
    session.refresh(found, with_for_update=True)
    if expected_version is not None and expected_version != found.version:
        raise StaleVersion
    _check_place(session, form)
    before = AnnouncementForm.model_construct(**{name: getattr(found, name) for name in AnnouncementForm.model_fields})
    for name, value in form.model_dump().items():
        setattr(found, name, value)
    found.version += 1
    audit.note(
        session,
        "announcements.changed",
        ("announcement", found.id),
        actor=actor,
        now=now,
        before=before.model_dump(mode="json"),
        after=form.model_dump(mode="json"),
    )
    return found


def end_announcement(session: Session, announcement_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an announcement off the pages now; one that has not begun is never shown. Raises Forbidden or NotFound."""
    require(actor, Permission.ANNOUNCE)
    found = queries.announcement(session, announcement_id)
    session.refresh(found, with_for_update=True)
    if found.ends_at <= now:
        return
    before = {"starts_at": found.starts_at.isoformat(), "ends_at": found.ends_at.isoformat()}
    if found.starts_at >= now:
        session.delete(found)
    else:
        found.ends_at = now
        found.version += 1
    audit.note(session, "announcements.ended", ("announcement", found.id), actor=actor, now=now, before=before)


def _check_place(session: Session, form: AnnouncementForm) -> None:
    """Refuse an organisation or a province that there is not."""
    found = []
    if form.organisation_id is not None and session.get(Organisation, form.organisation_id) is None:
        found.append(Problem("organisation_id", N_("没有这个单位。")))
    place = session.get(Place, form.province) if form.province else None
    if form.province and (place is None or place.level != PlaceLevel.PROVINCE):
        found.append(Problem("province", N_("没有这个省份。")))
    if found:
        raise InvalidInput(found)
