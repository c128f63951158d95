"""Making and editing organisations and their units; every change is in the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, require
from booking.core.actors import Actor, Target
from booking.core.errors import InvalidInput, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory import queries
from booking.directory.forms import OrganisationForm, UnitForm
from booking.directory.rules import place_problems, uscc_problems
from models.directory import Organisation, Place, Unit

VERIFIED = ("name_zh", "kind", "uscc", "country", "adcode")
FIXED = N_("这一项经过核验，不能自行修改，请联系平台管理员。")


def create_organisation(session: Session, form: OrganisationForm, *, actor: Actor, now: datetime) -> Organisation:
    """A new organisation, by the platform's administrators; raises InvalidInput with every problem."""
    require(actor, Permission.EDIT_ORGANISATION)
    return store_organisation(session, form, actor=actor, now=now)


def store_organisation(session: Session, form: OrganisationForm, *, actor: Actor, now: datetime) -> Organisation:
    """A new organisation, for whoever the caller has checked; raises InvalidInput with every problem."""
    _check(session, form, itself=None)
    organisation = Organisation(**form.model_dump(), created_at=now)
    session.add(organisation)
    session.flush()
    subject = ("organisation", organisation.id)
    after = form.model_dump(mode="json")
    audit.note(session, "directory.organisation_created", subject, actor=actor, now=now, after=after)
    return organisation


def update_organisation(
    session: Session,
    organisation_id: int,
    form: OrganisationForm,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Organisation:
    """Set every column of an organisation; raises InvalidInput with every problem, or StaleVersion.

    What was verified, by which others know it and price its people, only the platform's administrators change.
    """
    organisation = queries.organisation(session, organisation_id)
    require(actor, Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))
    session.refresh(organisation, with_for_update={"key_share": True})
    if expected_version is not None and expected_version != organisation.version:
        raise StaleVersion
    before = {name: getattr(organisation, name) for name in OrganisationForm.model_fields}
    after = {name: value for name, value in form.model_dump().items() if value != before[name]}
    if fixed := [Problem(name, FIXED) for name in VERIFIED if name in after and not may_change_verified(actor)]:
        raise InvalidInput(fixed)
    _check(session, form, itself=organisation_id)
    if not after:
        return organisation
    for name, value in after.items():
        setattr(organisation, name, value)
    organisation.version += 1
    session.flush()
    _note_change(session, organisation_id, before, after, reason=reason, actor=actor, now=now)
    return organisation


def may_change_verified(actor: Actor) -> bool:
    """Whether the actor changes what was verified of an organisation: who edits every organisation does."""
    return may(actor, Permission.EDIT_ORGANISATION)


def _note_change(
    session: Session,
    organisation_id: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """One audit row with exactly what changed."""
    audit.note(
        session,
        "directory.organisation_edited",
        ("organisation", organisation_id),
        actor=actor,
        now=now,
        before={name: before.get(name) for name in after},
        after=after,
        reason=reason,
    )


def add_unit(session: Session, organisation_id: int, form: UnitForm, *, actor: Actor, now: datetime) -> Unit:
    """A new unit of an organisation, or one that was removed once more; raises InvalidInput when the name is taken."""
    queries.organisation(session, organisation_id)
    require(actor, Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))
    same = select(Unit).where(Unit.organisation_id == organisation_id, Unit.name_zh == form.name_zh).with_for_update()
    unit = session.scalar(same.execution_options(populate_existing=True))
    if unit is not None and unit.removed_at is None:
        raise InvalidInput([Problem("name_zh", N_("这个部门已经登记。"))])
    if unit is None:
        unit = Unit(organisation_id=organisation_id, name_zh=form.name_zh, name_en=form.name_en)
        session.add(unit)
    else:
        unit.removed_at, unit.name_en, unit.version = None, form.name_en, unit.version + 1
    session.flush()
    after = {"organisation_id": organisation_id, "name_zh": form.name_zh}
    audit.note(session, "directory.unit_added", ("unit", unit.id), actor=actor, now=now, after=after)
    return unit


def rename_unit(
    session: Session,
    unit: Unit,
    form: UnitForm,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Give a unit other names; raises InvalidInput when another unit has it, or StaleVersion.

    A unit that was removed leaves its name and bears its number behind it.
    """
    require(actor, Permission.EDIT_UNIT, Target(unit.organisation_id, unit.id))
    session.refresh(unit, with_for_update={"of": Unit})
    if expected_version is not None and expected_version != unit.version:
        raise StaleVersion
    same = Unit.organisation_id == unit.organisation_id, Unit.name_zh == form.name_zh, Unit.id != unit.id
    other = session.scalar(select(Unit).where(*same).with_for_update())
    if other is not None and other.removed_at is None:
        raise InvalidInput([Problem("name_zh", N_("这个部门已经登记。"))])
    before = {"name_zh": unit.name_zh, "name_en": unit.name_en}
    after = form.model_dump()
    if after == before:
        return
    if other is not None:
        other.name_zh = f"{other.name_zh[:180]} #{other.id}"
        session.flush()
    unit.name_zh, unit.name_en = form.name_zh, form.name_en
    unit.version += 1
    session.flush()
    told: dict[str, Any] = {"before": before, "after": after, "reason": reason}
    audit.note(session, "directory.unit_renamed", ("unit", unit.id), actor=actor, now=now, **told)


def _check(session: Session, form: OrganisationForm, *, itself: int | None) -> None:
    """Refuse an entry with a problem."""
    if found := organisation_problems(session, form, itself=itself):
        raise InvalidInput(found)


def organisation_problems(session: Session, form: OrganisationForm, *, itself: int | None = None) -> list[Problem]:
    """An unsound number, an unknown place, and names or numbers that another one has."""
    found = uscc_problems(form.uscc) + place_problems(form.country, form.adcode)
    if form.adcode and session.get(Place, form.adcode) is None:
        found.append(Problem("adcode", N_("没有这个行政区划代码，请从列表中选择。")))
    if (form.latitude is None) != (form.longitude is None):
        found.append(Problem("longitude", N_("经度和纬度须一并填写。")))
    same = or_(Organisation.name_zh == form.name_zh, Organisation.uscc == (form.uscc or "-"))
    for other in session.scalars(select(Organisation).where(same, Organisation.id != (itself or 0))):
        if other.name_zh == form.name_zh:
            found.append(Problem("name_zh", N_("已有同名的单位。")))
        if form.uscc and other.uscc == form.uscc:
            found.append(Problem("uscc", N_("已有单位使用这个统一社会信用代码。")))
    return found
