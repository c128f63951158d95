"""Two institutions with something of every kind that is filtered by what somebody may see, and who finds what of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit, audit_log, grant_queries
from booking.accounts.permissions import Permission, may, reach
from booking.catalogue import arrivals, exporting, owner_queries, report_queries, review_queries
from booking.catalogue.queries import is_readable, organisations_within, readable
from booking.charges import queries as charges
from booking.core.actors import Actor, Target
from booking.core.errors import Forbidden
from booking.enquiries import queries as enquiries
from booking.imports.queries import visible
from booking.reservations import queries as reservations
from booking.reservations.suspensions import suspensions_in_force
from booking.reservations.uses import uses_to_confirm
from booking.samples import lists as sample_lists
from booking.samples import queries as samples
from models.accounts import AuditEntry, Grant, User
from models.arrivals import ReportExemption
from models.base import Base
from models.catalogue import Instrument
from models.charges import Charge
from models.custody import OwnerChange
from models.directory import Unit
from models.enquiries import Enquiry
from models.imports import Import
from models.publishing import ReviewRound
from models.reservations import Reservation, Suspension
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.arrivals import ExemptionState
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.charges import ChargeKind, ChargeState
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.reservations import ReservationMode, ReservationState
from models.vocabulary.samples import Leftover, ReportKind, SampleOrderState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import give, make_user

PROVINCES = ("500109", "510703")
"""Beibei in Chongqing, Fucheng in Mianyang, Sichuan."""
STATES = (PublishingState.DRAFT, PublishingState.WITHHELD, PublishingState.PUBLISHED, PublishingState.DRAFT)
MANY = 99
ACCEPTED = date(2026, 9, 1)
TERMS = report_queries.Terms(days=30, reminder_days=5)
NOTED = audit_log.Wanted(action="directory.edited")


@dataclass
class Landscape:
    """An institution in each of two provinces, with a unit; four instruments, two of them in units.

    In each province, too, an authority with officials and a centre with operators, where `staff` has a role everywhere.
    `guest` has one at every unit and instrument, and asked, booked and was suspended everywhere.
    """

    now: datetime
    person: User
    staff: User
    guest: User
    absent: Grant
    places: dict[ScopeKind, list[int]]
    instruments: list[Instrument]
    targets: dict[tuple[str, int], Target]


def arrange(session: Session, now: datetime) -> Landscape:
    """The landscape, committed; nobody holds it yet."""
    organisations = [
        make_organisation(session, kind=kind, adcode=adcode)
        for kind in (OrganisationKind.UNIVERSITY, OrganisationKind.AUTHORITY, OrganisationKind.PLATFORM)
        for adcode in PROVINCES
    ]
    universities = organisations[: len(PROVINCES)]
    units = [Unit(organisation_id=one.id, name_zh="中心") for one in universities]
    session.add_all(units)
    session.commit()
    stands = [(owner, at) for owner, own in zip(universities, units, strict=True) for at in (own.id, None)]
    instruments = [
        make_instrument(session, owner, unit_id=unit, publishing_state=state, accepted_on=ACCEPTED)
        for (owner, unit), state in zip(stands, STATES, strict=True)
    ]
    away = make_user(session, "away")
    land = Landscape(
        now=now,
        person=make_user(session, "person"),
        staff=make_user(session, "staff"),
        guest=make_user(session, "guest"),
        absent=give(session, away, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM),
        places={
            ScopeKind.ORGANISATION: [one.id for one in organisations],
            ScopeKind.UNIT: [one.id for one in units],
            ScopeKind.INSTRUMENT: [one.id for one in instruments],
        },
        instruments=instruments,
        targets={("organisation", one.id): Target(one.id) for one in organisations}
        | {("unit", one.id): Target(one.organisation_id, one.id) for one in units}
        | {("instrument", one.id): Target(one.organisation_id, one.unit_id, one.id) for one in instruments},
    )
    for kind, number in land.targets:
        who, scope = (land.staff if kind == "organisation" else land.guest), ScopeKind(kind)
        give(session, who, Role.RESEARCHER, scope, number)
        audit.note(session, NOTED.action, (kind, number), actor=None, now=now)
    session.add_all(_dealings(land))
    session.commit()
    return land


def _dealings(land: Landscape) -> Iterable[Base]:
    """What the guest has to do with every place, and what the institutions do."""
    firms, now, who = land.places[ScopeKind.ORGANISATION], land.now, land.guest.id
    for one, firm in zip(land.instruments, [*firms[2:4], None, None], strict=True):
        yield _suspension(land, one.organisation_id, one.id)
        yield Enquiry(instrument_id=one.id, asked_by_id=who, asked_at=now, changed_at=now, due_at=now)
        yield _order(land, one.id, firm)
        booked = _reservation(land, one.id)
        yield booked
        # The first was another's when it was used.
        owner_id = firms[1] if one is land.instruments[0] else one.organisation_id
        yield _charge(land, booked, owner_id)
        yield ReviewRound(instrument_id=one.id, is_update=False, opened_at=now, changed_at=now)
        yield ReportExemption(instrument_id=one.id, reason="军工配套", asked_by_id=who, asked_at=now)
    for giver, receiver, offered in zip(firms[:2], firms[4:], land.instruments[::2], strict=True):
        yield _suspension(land, giver, None)
        yield Import(organisation_id=giver, user_id=who, asked_by_id=who, file_name="t.csv", created_at=now)
        yield OwnerChange(
            instrument_id=offered.id,
            from_organisation_id=giver,
            to_organisation_id=receiver,
            starts_on=date(2027, 1, 1),
            reason="学科调整",
            proposed_at=now,
        )


def _suspension(land: Landscape, organisation_id: int, instrument_id: int | None) -> Suspension:
    return Suspension(
        user_id=land.guest.id,
        organisation_id=organisation_id,
        instrument_id=instrument_id,
        starts_at=land.now,
        ends_at=land.now + timedelta(days=9),
        reason="爽约",
        created_at=land.now,
    )


def _order(land: Landscape, instrument_id: int, firm: int | None) -> SampleOrder:
    return SampleOrder(
        instrument_id=instrument_id,
        requested_by_id=land.guest.id,
        organisation_id=firm,
        state=SampleOrderState.REQUESTED,
        title="氧化铝",
        sample_count=1,
        leftover=Leftover.DISPOSE,
        report=ReportKind.DATA,
        requested_at=land.now,
        changed_at=land.now,
    )


def _reservation(land: Landscape, instrument_id: int) -> Reservation:
    return Reservation(
        uid=f"{instrument_id}@test",
        instrument_id=instrument_id,
        booked_by_id=land.guest.id,
        starts_at=land.now,
        ends_at=land.now + timedelta(hours=1),
        state=ReservationState.CONFIRMED,
        mode=ReservationMode.SELF,
        created_at=land.now,
        updated_at=land.now,
    )


def _charge(land: Landscape, booked: Reservation, owner_id: int) -> Charge:
    return Charge(
        reservation=booked,
        organisation_id=owner_id,
        instrument_id=booked.instrument_id,
        user_id=land.guest.id,
        kind=ChargeKind.USE,
        state=ChargeState.FINAL,
        booked_starts_at=booked.starts_at,
        booked_ends_at=booked.ends_at,
        created_at=land.now,
        updated_at=land.now,
    )


Found = dict[str, set[int]]


def listed(session: Session, land: Landscape, actor: Actor, today: date) -> Found:
    """What the lists and their conditions in SQL show somebody, by kind."""
    everything = reservations.Filter()
    return {
        "records": set(session.scalars(select(Instrument.id).where(readable(actor)))),
        "records to export": set(exporting.own_ids(session, actor, state=None, words="")),
        "reservations": _ids(
            reservations.visible_reservations(session, actor, everything, limit=MANY, now=land.now).items
        ),
        "charges": {
            one.charge.id for one in charges.charges_at(session, actor, charges.Wanted(), today=today, limit=MANY).items
        },
        "uses": _ids(uses_to_confirm(session, actor, limit=MANY, now=land.now + timedelta(hours=2)).items),
        "suspensions": _ids(one.suspension for one in suspensions_in_force(session, actor, now=land.now)),
        "enquiries": _ids(_staffed_enquiries(session, actor)),
        "orders": _ids(_orders(session, actor)),
        "owner changes": _ids(owner_queries.changes_within(session, actor, limit=MANY).items),
        **_publishing(session, actor),
        "imports": set(session.scalars(select(Import.id).where(visible(actor)))),
        "grants": {
            one.grant.id
            for who in (land.staff, land.guest)
            for one in grant_queries.visible_grants(session, who.id, actor, today=today)
        },
        "log": _ids(audit_log.page(session, NOTED, reach(actor, Permission.SEE_AUDIT), limit=MANY).items),
        **{
            permission: _ids(organisations_within(session, reach(actor, permission)))
            for permission in (Permission.ADD_RECORD, Permission.IMPORT_RECORDS)
        },
    }


def _publishing(session: Session, actor: Actor) -> Found:
    """What waits on the way to the public: rounds of review, report dates, wishes to be exempt, new instruments."""
    dated = reach(actor, Permission.SEE_REPORT_DATES)
    new = arrivals.arrivals(session, reach(actor, Permission.TICK_TRAINING), today=ACCEPTED, limit=MANY)
    return {
        "rounds": _ids(review_queries.waiting_rounds(session, actor, limit=MANY).items),
        "report dates": _ids(one.instrument for one in report_queries.unreported(session, dated, TERMS)),
        "exemptions": _ids(report_queries.exemptions(session, dated, state=ExemptionState.ASKED)),
        "arrivals": _ids(one.instrument for one in new.items),
    }


def _staffed_enquiries(session: Session, actor: Actor) -> Iterable[Enquiry]:
    try:
        return enquiries.staffed_enquiries(session, actor, limit=MANY).items
    except Forbidden:
        return []


def _orders(session: Session, actor: Actor) -> Iterable[SampleOrder]:
    own = [one.order for one in sample_lists.own_orders(session, actor, sample_lists.Wanted(), limit=MANY).items]
    try:
        staffed = sample_lists.staffed_orders(session, actor, sample_lists.Wanted(), limit=MANY).items
    except Forbidden:
        return own
    return [*own, *(one.order for one in staffed)]


def allowed(session: Session, land: Landscape, actor: Actor) -> Found:
    """The same by the rules in Python, asked of each row alone."""
    places = land.targets
    grants = select(Grant).where(Grant.user_id.in_([land.staff.id, land.guest.id]))
    changes = select(OwnerChange).options(*owner_queries.IN_FULL)
    return {
        "records": {one.id for one in land.instruments if is_readable(one, actor)},
        "records to export": _instruments_at(land, actor, Permission.SEE_RECORD),
        "reservations": {
            one.id
            for one in session.scalars(reservations.in_full())
            if reservations.may_see(reservations.sight_of(one, actor))
        },
        "charges": {
            one.id
            for one in session.scalars(charges.in_full())
            if may(actor, Permission.SEE_CHARGES, charges.target_of(one))
        },
        "uses": {
            one.id for one in session.scalars(reservations.in_full()) if reservations.sight_of(one, actor).decides
        },
        "suspensions": {
            one.id
            for one in session.scalars(select(Suspension))
            if may(actor, Permission.SUSPEND_PEOPLE, _suspended_at(land, one))
        },
        "enquiries": {one.id for one in session.scalars(enquiries.in_full()) if enquiries.is_readable(one, actor)},
        "orders": {one.id for one in session.scalars(samples.in_full()) if samples.side_of(one, actor)},
        "owner changes": {one.id for one in session.scalars(changes) if owner_queries.side_of(one, actor)},
        "rounds": {
            one.id
            for one in session.scalars(select(ReviewRound))
            if may(actor, Permission.REVIEW_RECORD, places["instrument", one.instrument_id])
        },
        "report dates": _instruments_at(land, actor, Permission.SEE_REPORT_DATES),
        "exemptions": {
            one.id
            for one in session.scalars(select(ReportExemption))
            if may(actor, Permission.SEE_REPORT_DATES, places["instrument", one.instrument_id])
        },
        "arrivals": _instruments_at(land, actor, Permission.TICK_TRAINING),
        "imports": {
            one.id
            for one in session.scalars(select(Import))
            if may(actor, Permission.SEE_IMPORTS, Target(one.organisation_id))
        },
        "grants": {
            one.id
            for one in session.scalars(grants)
            if may(actor, Permission.SEE_GRANTS, places[one.scope_kind, one.scope_id or 0])
        },
        "log": {
            one.id
            for one in session.scalars(select(AuditEntry).where(AuditEntry.action == NOTED.action))
            if may(actor, Permission.SEE_AUDIT, Target(places[one.subject_kind, one.subject_id or 0].organisation_id))
        },
        **{
            permission: {
                number for (kind, number), at in places.items() if kind == "organisation" and may(actor, permission, at)
            }
            for permission in (Permission.ADD_RECORD, Permission.IMPORT_RECORDS)
        },
    }


def _instruments_at(land: Landscape, actor: Actor, permission: Permission) -> set[int]:
    return {
        number for (kind, number), at in land.targets.items() if kind == "instrument" and may(actor, permission, at)
    }


def _suspended_at(land: Landscape, one: Suspension) -> Target:
    kind, number = ("instrument", one.instrument_id) if one.instrument_id else ("organisation", one.organisation_id)
    return land.targets[kind, number]


def _ids(rows: Iterable[Any]) -> set[int]:
    return {one.id for one in rows}
