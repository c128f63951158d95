"""Reading what units and institutions set for their instruments."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue.inheritance import (
    CONTACT,
    HOURS,
    INHERITABLE,
    NOTHING_SET,
    POLICY,
    VISIBILITY,
    WHOLE_CONTACT,
    Above,
    Level,
    Settings,
    names_in,
    policy_in_effect,
    resolved,
)
from booking.catalogue.rules import Hours, read_hours, write_hours
from models.catalogue import BookingPolicy, Instrument, SharedSettings
from models.vocabulary.catalogue import ContactVisibility


@dataclass(frozen=True)
class Policy:
    """The booking policy that holds for an instrument."""

    grid_minutes: int
    shortest_minutes: int
    longest_minutes: int
    notice_minutes: int
    horizon_days: int
    setup_minutes: int
    cleanup_minutes: int
    needs_approval: bool
    needs_payer: bool
    decision_days: int
    allows_self: bool
    allows_assisted: bool
    closes_on_holidays: bool
    slots: str


@dataclass(frozen=True, slots=True)
class Effective:
    """Everything that holds for an instrument, own or inherited, and from which level each comes."""

    policy: Policy
    hours: list[Hours]
    contact: Mapping[str, str]
    contact_visibility: ContactVisibility
    levels: Mapping[str, Level]
    above: Above


def settings_in(row: SharedSettings | None) -> Settings:
    """The settings of one level from its row."""
    if row is None:
        return NOTHING_SET
    contact = {name: getattr(row, name) for name in CONTACT}
    return Settings.of(row.policy, row.opening_hours, contact, row.contact_visibility)


def above_of(session: Session, places: Iterable[tuple[int, int | None]]) -> dict[tuple[int, int | None], Above]:
    """What stands above each place (organisation and unit); one statement."""
    wanted = set(places)
    owners = {organisation_id for organisation_id, _ in wanted}
    rows = session.scalars(select(SharedSettings).where(SharedSettings.organisation_id.in_(owners))) if owners else ()
    found: dict[tuple[int, int | None], Settings] = {}
    for row in rows:
        found[row.organisation_id, row.unit_id] = settings_in(row)
    return {
        (owner, unit): Above(
            unit=found.get((owner, unit), NOTHING_SET) if unit is not None else NOTHING_SET,
            organisation=found.get((owner, None), NOTHING_SET),
        )
        for owner, unit in wanted
    }


def effective(instrument: Instrument, policy: BookingPolicy, hours: Collection[Hours], above: Above) -> Effective:
    """What holds for an instrument, from its own rows and what stands above it."""
    inherited = names_in(instrument.inherits)
    own: dict[str, Any] = {name: getattr(policy, name) for name in POLICY}
    own[HOURS] = write_hours(hours)
    own[WHOLE_CONTACT] = {name: getattr(instrument, name) for name in CONTACT}
    own[VISIBILITY] = instrument.contact_visibility
    found = {name: resolved(name, own[name], inherited, above) for name in INHERITABLE}
    return Effective(
        policy=Policy(**policy_in_effect(own, inherited, above)),
        hours=read_hours(found[HOURS][0]),
        contact=found[WHOLE_CONTACT][0],
        contact_visibility=ContactVisibility(found[VISIBILITY][0]),
        levels={name: level for name, (_, level) in found.items()},
        above=above,
    )


def inherited_contacts(session: Session, instruments: Iterable[Instrument]) -> dict[int, Mapping[str, str]]:
    """The contacts of those among the instruments that inherit theirs; at most one statement."""
    inheriting = [one for one in instruments if WHOLE_CONTACT in names_in(one.inherits)]
    if not inheriting:
        return {}
    above = above_of(session, [(one.organisation_id, one.unit_id) for one in inheriting])
    return {one.id: above[one.organisation_id, one.unit_id].given(WHOLE_CONTACT)[0] for one in inheriting}
