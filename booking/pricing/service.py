"""Setting prices: always a new row, from today or a later day on, with a line in the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.affiliations.group_reading import as_group
from booking.affiliations.rules import Group
from booking.affiliations.user_groups import seed_groups
from booking.catalogue.changes import plain
from booking.catalogue.queries import instrument_for, target_of
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.pricing.forms import PriceForm
from booking.pricing.queries import Scope, version_of
from models.affiliations import UserGroup
from models.directory import Unit
from models.pricing import PricePolicy


@dataclass(frozen=True, slots=True)
class Place:
    """Where a price is set: its scope, the names people know, and where permissions are asked."""

    scope: Scope
    organisation_id: int
    name_zh: str
    name_en: str
    target: Target

    @property
    def scopes(self) -> list[Scope]:
        """Where its prices may come from: itself, and the unit that it inherits from."""
        unit_id = self.target.unit_id
        return [self.scope] if unit_id in {None, self.scope.unit_id} else [self.scope, Scope(unit_id=unit_id)]

    @property
    def subject(self) -> tuple[str, int | None]:
        """What the audit log calls it."""
        if self.scope.instrument_id is not None:
            return "instrument", self.scope.instrument_id
        return "unit", self.scope.unit_id


def place_for(session: Session, scope: Scope, actor: Actor | None) -> Place:
    """The instrument or unit; raises NotFound for a record the actor may not read."""
    if scope.instrument_id is not None:
        found = instrument_for(session, scope.instrument_id, actor)
        return Place(scope, found.organisation_id, found.name_zh, found.name_en, target_of(found))
    standing = select(Unit).where(Unit.id == scope.unit_id, Unit.removed_at.is_(None))
    unit = session.scalar(standing.options(joinedload(Unit.organisation)))
    if unit is None:
        raise NotFound
    return Place(scope, unit.organisation_id, unit.name_zh, unit.name_en, Target(unit.organisation_id, unit.id))


def place_to_price(session: Session, scope: Scope, actor: Actor) -> Place:
    """The same for who sets prices there; raises NotFound or Forbidden."""
    place = place_for(session, scope, actor)
    require(actor, Permission.SET_PRICES, place.target)
    return place


def set_price(
    session: Session,
    scope: Scope,
    form: PriceForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> PricePolicy:
    """A new row for one user group from a day on; what held before stays as it was.

    Raises InvalidInput for a day that is over or a group that is none, StaleVersion past `expected_version`.
    """
    place = place_to_price(session, scope, actor)
    _check(form, now=now)
    groups = [as_group(row) for row in seed_groups(session, place.organisation_id)]
    if expected_version not in {None, version_of(session, scope)}:
        raise StaleVersion
    group = next((one for one in groups if one.name_zh == form.user_group), None)
    if group is None:
        raise InvalidInput([Problem("user_group", N_("这个单位没有这个用户类别。"))])
    return add_version(session, place, group, form, actor=actor, now=now)


def add_version(
    session: Session, place: Place, group: Group, form: PriceForm, *, actor: Actor, now: datetime
) -> PricePolicy:
    """The next row of a group at a place; callers hold the organisation's lock and have checked everything."""
    scope = place.scope
    same_day = (scope.is_here, PricePolicy.user_group_id == group.id, PricePolicy.valid_from == form.valid_from)
    last = session.scalar(select(func.max(PricePolicy.revision)).where(*same_day)) or 0
    policy = PricePolicy(
        instrument_id=scope.instrument_id,
        unit_id=scope.unit_id,
        user_group_id=group.id,
        revision=last + 1,
        created_at=now,
        created_by_id=actor.id,
        **form.columns(),
        **form.model_dump(include={"valid_from", "offer", "note_zh", "note_en", "reason"}),
    )
    policy.user_group = session.get_one(UserGroup, group.id)
    session.add(policy)
    after = _said(form)
    audit.note(session, "pricing.price_set", place.subject, actor=actor, now=now, after=after, reason=form.reason)
    session.flush()
    return policy


def _check(form: PriceForm, *, now: datetime) -> None:
    """Refuse what does not fit together and days that are over."""
    problems = []
    try:
        _terms = form.terms
    except InvalidInput as invalid:
        problems += invalid.problems
    if form.valid_from < local_date(now):
        problems.append(Problem("valid_from", N_("收费标准从今天或以后某一天起生效，已经过去的不能更改。")))
    if problems:
        raise InvalidInput(problems)


def _said(form: PriceForm) -> Mapping[str, Any]:
    """The price as the log keeps it."""
    columns = form.columns()
    return plain(form.model_dump(exclude={"extras", "packages", "reason"})) | {
        "extras": columns["extras"],
        "packages": columns["packages"],
    }
