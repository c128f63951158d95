"""Units that end: one that has nothing is removed, another is merged, with what it has, into one of its institution.

The row stays for what is over, for prices and for the log; whoever registers the name again has
the unit back, without settings and prices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true, update
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.grants import described, foresee_end
from booking.accounts.looking import note_roles
from booking.accounts.permissions import Permission, require
from booking.catalogue import listing, sharing
from booking.catalogue.changes import plain
from booking.catalogue.ended_prices import has_prices, withdraw_prices
from booking.catalogue.inheritance import CONTACT
from booking.catalogue.levels import above_of
from booking.catalogue.sharing import Inheriting, problems_below
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, Problem, StaleVersion
from booking.core.texts import N_
from models.accounts import Grant, User
from models.affiliations import Affiliation, Invitation
from models.catalogue import BookingPolicy, Instrument, SharedSettings
from models.custody import OwnerChange
from models.directory import Organisation, Unit
from models.enquiries import Enquiry
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.affiliations import AffiliationState, InvitationState
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.reservations import HOLDING_TIME

OPEN_CHANGES = (OwnerChangeState.PROPOSED, OwnerChangeState.ACCEPTED)
GOES_ALONG: dict[str, tuple[Any, str, ColumnElement[bool]]] = {
    "instruments": (Instrument, "unit_id", true()),
    "people": (
        Affiliation,
        "unit_id",
        Affiliation.state.in_((AffiliationState.PENDING, AffiliationState.CONFIRMED)),
    ),
    "invitations": (Invitation, "unit_id", Invitation.state == InvitationState.OPEN),
    "kept_enquiries": (Enquiry, "kept_unit_id", true()),
    "kept_orders": (SampleOrder, "kept_unit_id", true()),
    "owner_changes": (OwnerChange, "to_unit_id", OwnerChange.state.in_(OPEN_CHANGES)),
}
"""What refers to a unit and goes along; what is over stays with its row."""
STAYS = {"shared_settings.unit_id", "price_policies.unit_id"}
"""Settings of a unit end with it, and so do its prices, whose rows are kept for the books."""


@dataclass(frozen=True, slots=True)
class Held:
    """A role at the unit that holds or will, and whose it is."""

    grant: Grant
    name: str


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a unit has: how much of each kind, the roles there, and what ends with it."""

    counts: dict[str, int]
    coming_bookings: int
    roles: Sequence[Held]
    has_settings: bool
    has_prices: bool

    @property
    def is_empty(self) -> bool:
        """Whether the unit may be removed without a word to anybody."""
        return not (any(self.counts.values()) or self.roles or self.has_settings)


@dataclass(frozen=True, slots=True)
class Merge:
    """A unit, the one that it would be merged into, what goes along, and what stands against it."""

    unit: Unit
    into: Unit
    has: Belongings
    problems: list[Problem]


def unit_to_end(session: Session, unit_id: int, actor: Actor) -> Unit:
    """The unit, for who may remove or merge it; raises NotFound or Forbidden."""
    unit = sharing.unit_for(session, unit_id, actor)
    require(actor, Permission.EDIT_ORGANISATION, Target(unit.organisation_id))
    return unit


def belongings(session: Session, unit_id: int, *, now: datetime) -> Belongings:
    """What a unit has as it stands."""
    counts = {
        name: session.scalar(select(func.count()).select_from(table).where(*_theirs(table, column, fits, unit_id))) or 0
        for name, (table, column, fits) in GOES_ALONG.items()
    }
    coming = select(func.count()).where(
        Reservation.instrument_id == Instrument.id,
        Instrument.unit_id == unit_id,
        Reservation.ends_at > now,
        Reservation.state.in_(HOLDING_TIME),
    )
    settings = session.scalar(select(SharedSettings).where(SharedSettings.unit_id == unit_id))
    return Belongings(
        counts=counts,
        coming_bookings=session.scalar(coming) or 0,
        roles=_roles(session, unit_id, now=now),
        has_settings=settings is not None and any(_set_by(settings).values()),
        has_prices=has_prices(session, unit_id, today=local_date(now)),
    )


def preview_merge(session: Session, unit_id: int, into_id: int, *, actor: Actor, now: datetime) -> Merge:
    """What merging would take along, and what stands against it; raises InvalidInput for a unit that cannot take it."""
    unit = unit_to_end(session, unit_id, actor)
    into = session.scalar(select(Unit).where(Unit.id == into_id, Unit.removed_at.is_(None)))
    if into is None or into.organisation_id != unit.organisation_id or into.id == unit.id:
        raise InvalidInput([Problem("into_id", N_("请选择同一单位的另一个部门。"))])
    return Merge(unit, into, belongings(session, unit_id, now=now), _problems(session, unit, into))


def note_preview(session: Session, merge: Merge, *, actor: Actor, now: datetime) -> None:
    """Log that the actor looked at who has roles at the unit."""
    people = [held.grant.user_id for held in merge.has.roles]
    note_roles(session, Target(merge.unit.organisation_id, merge.unit.id), people, actor=actor, now=now)


def merge_unit(
    session: Session,
    unit_id: int,
    into_id: int,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Unit:
    """Give everything of a unit to another of its institution and remove it; the one that has it now.

    Raises StaleVersion, InvalidInput when an instrument would not fit, and Forbidden for who may not give the roles
    that go along.
    """
    _lock(session, unit_to_end(session, unit_id, actor), into_id, expected_version)
    merge = preview_merge(session, unit_id, into_id, actor=actor, now=now)
    if merge.problems:
        raise InvalidInput(merge.problems)
    if merge.has.roles:
        require(actor, Permission.GIVE_GRANTS, Target(merge.unit.organisation_id))
    published = session.scalars(
        select(Instrument.id).where(
            Instrument.unit_id == unit_id, Instrument.publishing_state == PublishingState.PUBLISHED
        )
    ).all()
    _move(session, unit_id, into_id)
    _move_roles(session, merge, reason=reason, actor=actor, now=now)
    after = {"into_id": into_id, **merge.has.counts, "roles": len(merge.has.roles)}
    _close(session, merge.unit, "directory.unit_merged", after, reason=reason, actor=actor, now=now)
    listing.refresh(session, published)
    session.refresh(merge.into)
    return merge.into


def remove_unit(
    session: Session,
    unit_id: int,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Remove a unit that has nothing; raises Conflict for another, or StaleVersion."""
    unit = unit_to_end(session, unit_id, actor)
    _lock(session, unit, unit_id, expected_version)
    if not belongings(session, unit_id, now=now).is_empty:
        raise Conflict(N_("这个部门还有仪器、人员、角色或设定，请并入另一个部门。"))
    _close(session, unit, "directory.unit_removed", {}, reason=reason, actor=actor, now=now)


def _lock(session: Session, unit: Unit, other_id: int, expected_version: int | None) -> None:
    """Lock institution and units, so that nothing is given to a unit that ends; raises StaleVersion."""
    owner = unit.organisation_id
    session.execute(select(Organisation.id).where(Organisation.id == owner).with_for_update())
    both = select(Unit).where(Unit.id.in_({unit.id, other_id})).order_by(Unit.id).with_for_update()
    session.scalars(both.execution_options(populate_existing=True)).all()
    if unit.removed_at is not None or expected_version not in {None, unit.version}:
        raise StaleVersion


def _theirs(table: Any, column: str, fits: ColumnElement[bool], unit_id: int) -> tuple[ColumnElement[bool], ...]:
    """The rows of one kind that belong to the unit and go along."""
    return getattr(table, column) == unit_id, fits


def _roles(session: Session, unit_id: int, *, now: datetime) -> list[Held]:
    """The roles at the very unit that are not over, by name."""
    rows = session.execute(
        select(Grant, User.name)
        .join(User, User.id == Grant.user_id)
        .where(
            Grant.scope_kind == ScopeKind.UNIT,
            Grant.scope_id == unit_id,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= local_date(now)),
        )
        .order_by(User.name, Grant.id)
    )
    return [Held(grant, name) for grant, name in rows]


def _problems(session: Session, unit: Unit, into: Unit) -> list[Problem]:
    """What instruments that inherit would lack, or would not fit together, under the other unit's settings."""
    here, there = (unit.organisation_id, unit.id), (unit.organisation_id, into.id)
    above = above_of(session, [here, there])
    rows = session.execute(
        select(Instrument, BookingPolicy)
        .join(BookingPolicy, BookingPolicy.instrument_id == Instrument.id)
        .where(Instrument.unit_id == unit.id, Instrument.inherits != "")
        .options(joinedload(Instrument.organisation))
        .order_by(Instrument.id)
    )
    return problems_below([Inheriting(instrument, policy, above[here], above[there]) for instrument, policy in rows])


def _move(session: Session, unit_id: int, into_id: int) -> None:
    """Let everything that goes along refer to the other unit, one statement for each kind."""
    for table, column, fits in GOES_ALONG.values():
        values: dict[str, Any] = {column: into_id}
        if table in {Instrument, Affiliation}:
            values["version"] = table.version + 1
        moved = update(table).where(*_theirs(table, column, fits, unit_id)).values(values)
        session.execute(moved.execution_options(synchronize_session=False))
    session.expire_all()


def _move_roles(session: Session, merge: Merge, *, reason: str, actor: Actor, now: datetime) -> None:
    """Let the roles hold at the other unit; each is in the log, and what waits for who goes is foreseen there."""
    changes = []
    for held in merge.has.roles:
        before = described(held.grant)
        held.grant.scope_id = merge.into.id
        changes.append(Changed(held.grant.id, before, described(held.grant)))
        if held.grant.ends_on is not None:
            foresee_end(session, held.grant, held.grant.ends_on, actor=actor, now=now)
    session.flush()
    if changes:
        audit.note_all(session, "accounts.grant_moved", "grant", changes, actor=actor, now=now, reason=reason)


def _close(
    session: Session, unit: Unit, action: str, after: dict[str, Any], *, reason: str, actor: Actor, now: datetime
) -> None:
    """Remove the unit with what it set and what its instruments cost; the log keeps that."""
    settings = session.scalar(select(SharedSettings).where(SharedSettings.unit_id == unit.id))
    before: dict[str, Any] = {"name_zh": unit.name_zh, "name_en": unit.name_en}
    if settings is not None:
        before["settings"] = plain(_set_by(settings))
        session.delete(settings)
    if withdrawn := withdraw_prices(session, unit.id, reason, actor=actor, now=now):
        after |= {"prices_withdrawn": withdrawn}
    unit.removed_at = now
    unit.version += 1
    session.flush()
    told: dict[str, Any] = {"before": before, "after": after, "reason": reason}
    audit.note(session, action, ("unit", unit.id), actor=actor, now=now, **told)


def _set_by(settings: SharedSettings) -> dict[str, Any]:
    """What a row of settings sets."""
    return {name: getattr(settings, name) for name in ("policy", "opening_hours", *CONTACT, "contact_visibility")}
