"""Entering what an authority accepts, and ending it; nothing is changed or deleted, all of it is in the audit log."""

from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, Problem
from booking.core.places import is_same_province
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.recognitions import queries
from booking.recognitions.forms import EndRecognitionForm, RecognitionForm
from models.directory import Organisation, Place
from models.recognitions import Recognition, RecognitionEnding
from models.vocabulary.directory import OrganisationKind, PlaceLevel


class AlreadyOver(Conflict):
    """The entry was ended before, or its last day is over."""

    code = "already_over"
    sentence = N_("这一条已经结束。")


def recognise(session: Session, form: RecognitionForm, *, actor: Actor, now: datetime) -> Recognition:
    """Enter something that an authority accepts; raises NotFound, Forbidden or InvalidInput."""
    authority = organisation(session, form.organisation_id)
    require(actor, Permission.MANAGE_RECOGNITIONS, Target(authority.id))
    form.check()
    _check_names(session, authority, form)
    _lock(session, authority.id)
    made = Recognition(**form.model_dump(), created_at=now, created_by_id=actor.id)
    _check_days(session, made, form)
    session.add(made)
    session.flush()
    after = form.model_dump(mode="json", exclude_none=True)
    audit.note(session, "recognitions.entered", ("recognition", made.id), actor=actor, now=now, after=after)
    return made


def end_recognition(
    session: Session, recognition_id: int, form: EndRecognitionForm, *, actor: Actor, now: datetime
) -> RecognitionEnding:
    """Accept it no longer than until a day, today or later; raises NotFound, Forbidden, InvalidInput or AlreadyOver."""
    found = queries.recognition(session, recognition_id)
    require(actor, Permission.MANAGE_RECOGNITIONS, Target(found.organisation_id))
    _lock(session, found.organisation_id)
    if session.scalar(select(exists().where(RecognitionEnding.recognition_id == found.id))):
        raise AlreadyOver
    _check_end(found, form.ends_on, local_date(now))
    made = RecognitionEnding(recognition_id=found.id, **form.model_dump(), created_at=now, created_by_id=actor.id)
    session.add(made)
    session.flush()
    session.expire(found, ["ending"])
    after = {"ends_on": form.ends_on.isoformat()}
    subject = ("recognition", found.id)
    audit.note(session, "recognitions.ended", subject, actor=actor, now=now, after=after, reason=form.reason)
    return made


def _lock(session: Session, authority_id: int) -> None:
    """Entries of an authority are made and ended one after the other."""
    session.execute(select(Organisation.id).where(Organisation.id == authority_id).with_for_update(key_share=True))


def _check_names(session: Session, authority: Organisation, form: RecognitionForm) -> None:
    """Refuse who is no authority, an unknown provider or province, and one's own province."""
    problems = []
    if authority.kind != OrganisationKind.AUTHORITY:
        problems.append(Problem("organisation_id", N_("只有主管部门才能登记互认。")))
    if form.provider_id is not None and session.get(Organisation, form.provider_id) is None:
        problems.append(Problem("provider_id", N_("没有这个单位。")))
    if form.province is not None:
        place = session.get(Place, form.province)
        if place is None or place.level != PlaceLevel.PROVINCE:
            problems.append(Problem("province", N_("没有这个省份。")))
        elif is_same_province(form.province, authority.adcode):
            problems.append(Problem("province", N_("互认的是另一个省市的材料和服务，请选对方。")))
    if problems:
        raise InvalidInput(problems)


def _check_days(session: Session, made: Recognition, form: RecognitionForm) -> None:
    """Refuse an entry that says of some day what another one says already."""
    if any(queries.days(one).overlap(form.days) for one in queries.same_subject(session, made)):
        raise InvalidInput([Problem("starts_on", N_("这些日期里已有相同的登记；请先结束它，或改日期。"))])


def _check_end(found: Recognition, ends_on: date, today: date) -> None:
    """Refuse to end what is over, to reach back, and to make it last longer."""
    last = queries.days(found).last
    if last is not None and last < today:
        raise AlreadyOver
    if ends_on < today:
        raise InvalidInput([Problem("ends_on", N_("最后一天只能是今天或以后。"))])
    if ends_on < found.starts_on:
        raise InvalidInput([Problem("ends_on", N_("最后一天不能早于第一天。"))])
    if last is not None and ends_on >= last:
        raise InvalidInput([Problem("ends_on", N_("这一条本来就到 %(day)s 为止。"), {"day": last.isoformat()})])
