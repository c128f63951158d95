"""What institutions and units set once for the instruments that inherit it; every change in the audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.catalogue import listing
from booking.catalogue.changes import assign, plain
from booking.catalogue.inheritance import (
    CONTACT,
    NO_CONTACT,
    POLICY,
    WHOLE_CONTACT,
    Above,
    Settings,
    names_in,
    policy_in_effect,
)
from booking.catalogue.levels import above_of
from booking.catalogue.missing import missing_of_values
from booking.catalogue.rules import policy_problems
from booking.catalogue.sharing_forms import SettingsForm
from booking.core.actors import Actor, Target
from booking.core.errors import InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory import queries as directory
from booking.directory import service
from booking.directory.forms import UnitForm
from models.catalogue import BookingPolicy, Instrument, SharedSettings
from models.directory import Organisation, Unit
from models.vocabulary.catalogue import PublishingState

Place = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Inheriting:
    """An instrument that inherits something, with its own policy and what stands above it now and then."""

    instrument: Instrument
    policy: BookingPolicy
    before: Above
    after: Above

    def problems(self) -> list[Problem]:
        """What would not fit together any more, or be missing from a published record."""
        inherited = names_in(self.instrument.inherits)
        own = {name: getattr(self.policy, name) for name in POLICY}
        standing = policy_problems(policy_in_effect(own, inherited, self.before))
        found = [
            problem
            for problem in policy_problems(policy_in_effect(own, inherited, self.after))
            if problem not in standing
        ]
        if WHOLE_CONTACT in inherited and self.instrument.publishing_state == PublishingState.PUBLISHED:
            gaps = missing_of_values(self.instrument, self.before.given(WHOLE_CONTACT)[0])
            now_missing = missing_of_values(self.instrument, self.after.given(WHOLE_CONTACT)[0])
            found += [problem for problem in now_missing if problem not in gaps]
        return found


def unit_for(session: Session, unit_id: int, actor: Actor) -> Unit:
    """The unit with its organisation, for who may edit it; raises NotFound or Forbidden."""
    standing = select(Unit).where(Unit.id == unit_id, Unit.removed_at.is_(None))
    unit = session.scalar(standing.options(joinedload(Unit.organisation)))
    if unit is None:
        raise NotFound
    require(actor, Permission.EDIT_UNIT, Target(unit.organisation_id, unit.id))
    return unit


def settings_of(session: Session, place: Place, actor: Actor) -> SharedSettings:
    """What is set at this very level, for who may edit it; an empty row, not stored, when nothing is."""
    _require(session, place, actor)
    return _row(session, place) or _new_row(place)


def edit_settings(
    session: Session,
    place: Place,
    form: SettingsForm,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> SharedSettings:
    """Set everything of one level, or raise InvalidInput with what would not fit instruments below it."""
    _require(session, place, actor)
    row = _locked_row(session, place, expected_version)
    values = _values(form)
    inheriting = _inheriting(session, place, _settings(values))
    if problems := problems_below(inheriting):
        raise InvalidInput(problems)
    before, after = assign(row, values)
    if not after and row.id:
        return row
    row.version += 1
    session.add(row)
    session.flush()
    kind, number = ("unit", place[1]) if place[1] else ("organisation", place[0])
    told: dict[str, Any] = {"before": plain(before), "after": plain(after), "reason": reason}
    audit.note(session, "catalogue.shared_settings_edited", (kind, number), actor=actor, now=now, **told)
    published = [i.instrument.id for i in inheriting if i.instrument.publishing_state == PublishingState.PUBLISHED]
    listing.refresh(session, published)
    return row


def _locked_row(session: Session, place: Place, expected_version: int | None) -> SharedSettings:
    """The row of this level under lock, a new one when there is none; raises StaleVersion."""
    _lock(session, place)
    row = _row(session, place) or _new_row(place)
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion
    return row


def rename_unit(
    session: Session,
    unit_id: int,
    form: UnitForm,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Unit:
    """Give a unit other names, and list its instruments again; raises InvalidInput when the name is taken."""
    unit = unit_for(session, unit_id, actor)
    service.rename_unit(session, unit, form, reason=reason, actor=actor, now=now, expected_version=expected_version)
    members = select(Instrument.id).where(
        Instrument.unit_id == unit_id, Instrument.publishing_state == PublishingState.PUBLISHED
    )
    listing.refresh(session, session.scalars(members).all())
    return unit


def _require(session: Session, place: Place, actor: Actor) -> None:
    """Refuse who may not edit this level, after NotFound for what does not exist."""
    organisation_id, unit_id = place
    directory.organisation(session, organisation_id)
    if unit_id is None:
        require(actor, Permission.EDIT_ORGANISATION, Target(organisation_id))
    else:
        unit_for(session, unit_id, actor)


def _lock(session: Session, place: Place) -> None:
    """Lock the unit or the organisation, so that two never make its row at once."""
    table, number = (Unit, place[1]) if place[1] is not None else (Organisation, place[0])
    session.execute(select(table.id).where(table.id == number).with_for_update())


def _row(session: Session, place: Place) -> SharedSettings | None:
    """The row of this very level."""
    unit = SharedSettings.unit_id.is_(None) if place[1] is None else SharedSettings.unit_id == place[1]
    wanted = select(SharedSettings).where(SharedSettings.organisation_id == place[0], unit)
    return session.scalar(wanted.execution_options(populate_existing=True))


def _new_row(place: Place) -> SharedSettings:
    """A row that sets nothing."""
    nothing: dict[str, Any] = {"policy": {}, "opening_hours": None, "contact_visibility": None, "version": 0}
    return SharedSettings(organisation_id=place[0], unit_id=place[1], **nothing, **NO_CONTACT)


def _values(form: SettingsForm) -> dict[str, Any]:
    """The columns as the form sets them."""
    plain_names = (*CONTACT, "contact_visibility", "opening_hours")
    return {"policy": form.policy(), **{name: getattr(form, name) for name in plain_names}}


def _settings(values: Mapping[str, Any]) -> Settings:
    """The same as what stands above instruments."""
    contact = {name: values[name] for name in CONTACT}
    return Settings.of(values["policy"], values["opening_hours"], contact, values["contact_visibility"])


def _inheriting(session: Session, place: Place, settings: Settings) -> Sequence[Inheriting]:
    """Every instrument below that inherits something, as it would stand with these settings."""
    within = Instrument.organisation_id == place[0] if place[1] is None else Instrument.unit_id == place[1]
    rows = session.execute(
        select(Instrument, BookingPolicy)
        .join(BookingPolicy, BookingPolicy.instrument_id == Instrument.id)
        .where(within, Instrument.inherits != "")
        .options(joinedload(Instrument.organisation))
        .order_by(Instrument.id)
    ).all()
    before = above_of(session, {(row.organisation_id, row.unit_id) for row, _ in rows})
    found = []
    for instrument, policy in rows:
        now = before[instrument.organisation_id, instrument.unit_id]
        then = Above(now.unit, settings) if place[1] is None else Above(settings, now.organisation)
        found.append(Inheriting(instrument, policy, now, then))
    return found


def problems_below(inheriting: Collection[Inheriting]) -> list[Problem]:
    """What would be wrong below, once for each field, with how many instruments it concerns."""
    found: dict[str, list[str]] = {}
    for one in inheriting:
        name = one.instrument.name_zh or one.instrument.name_en
        for problem in one.problems():
            found.setdefault(problem.field, []).append(name)
    sentence = N_("与 %(count)s 台沿用这里的仪器不相容，例如“%(name)s”。")
    return [Problem(field, sentence, {"count": len(names), "name": names[0]}) for field, names in found.items()]
