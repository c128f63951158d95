"""What the demo's institutions set once, the instruments that inherit it, some with fixed slots, one on its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import owners, service, sharing, timetable
from booking.catalogue.inheritance import HOURS, POLICY, WHOLE_CONTACT
from booking.catalogue.sharing_forms import SettingsForm
from booking.catalogue.step_forms import OwnerProposal
from booking.catalogue.timetable_forms import PolicyForm
from booking.core.actors import Actor
from booking.core.clock import local_date
from models.catalogue import BookingPolicy, Instrument
from models.directory import Organisation, Unit
from models.vocabulary.catalogue import BookingMode, PublishingState

SLOTS = "1-5 09:00-13:00,14:00-18:00"


@dataclass(frozen=True, slots=True)
class _Place:
    """An institution or a unit of it, what it sets, and what how many of its instruments take from it."""

    organisation: str
    unit: str
    settings: dict[str, Any]
    inherited: tuple[str, ...]
    count: int
    slotted: int = 0


PLACES = (
    _Place(
        "西南大学",
        "",
        {"contact_name": "大型仪器共享办公室", "phone": "023-68250000", "postcode": "400715", "horizon_days": 45},
        ("horizon_days",),
        0,
    ),
    _Place(
        "西南大学",
        "分析测试中心",
        {"contact_name": "测试中心值班室", "phone": "023-68250001", "opening_hours": "1-5 08:00-22:00; 6 09:00-18:00"},
        (WHOLE_CONTACT, HOURS, "horizon_days"),
        4,
    ),
    _Place(
        "西南科技大学",
        "分析测试中心",
        {"contact_name": "测试中心预约台", "phone": "0816-6089000", "notice_minutes": 120, "needs_approval": True},
        (WHOLE_CONTACT, "notice_minutes", "needs_approval"),
        3,
        2,
    ),
)


def set_once(session: Session, *, actor: Actor, now: datetime) -> int:
    """Set what is shared and let some instruments take it; how many do."""
    count = 0
    for one in PLACES:
        owner = session.scalars(select(Organisation.id).where(Organisation.name_zh == one.organisation)).one()
        unit = _unit(session, owner, one.unit)
        sharing.edit_settings(session, (owner, unit), SettingsForm(**one.settings), actor=actor, now=now)
        below = _bookable(session, owner, unit, one.count + one.slotted)
        for instrument in below[: one.count]:
            service.inherit_again(session, instrument, one.inherited, actor=actor, now=now)
        for instrument in below[one.count :]:
            _use_slots(session, instrument, actor=actor, now=now)
        count += min(one.count, len(below))
    return count


def _unit(session: Session, organisation_id: int, name: str) -> int | None:
    """The unit of this name, None for the institution itself."""
    if not name:
        return None
    return session.scalars(select(Unit.id).where(Unit.organisation_id == organisation_id, Unit.name_zh == name)).one()


def _bookable(session: Session, organisation_id: int, unit_id: int | None, count: int) -> Sequence[int]:
    """The first published instruments of a place that are booked here."""
    here = (
        Instrument.organisation_id == organisation_id,
        Instrument.unit_id == unit_id,
        Instrument.booking_mode == BookingMode.HERE,
        Instrument.publishing_state == PublishingState.PUBLISHED,
    )
    return session.scalars(select(Instrument.id).where(*here).order_by(Instrument.id).limit(count)).all()


def _use_slots(session: Session, instrument_id: int, *, actor: Actor, now: datetime) -> None:
    """Let the instrument be booked by half days."""
    standing = session.get_one(BookingPolicy, instrument_id)
    numbers = {name: getattr(standing, name) for name in POLICY}
    half_day = {"slots": SLOTS, "shortest_minutes": 60, "longest_minutes": max(480, standing.longest_minutes)}
    timetable.edit_policy(session, instrument_id, PolicyForm(**(numbers | half_day)), actor=actor, now=now)


def offer_one(session: Session, *, actor: Actor, now: datetime) -> None:
    """An instrument of Chongqing University that Southwest University may take or decline."""
    named = select(Organisation.name_zh, Organisation.id).where(Organisation.name_zh.in_(("重庆大学", "西南大学")))
    ids = dict(session.execute(named).all())
    published = Instrument.publishing_state == PublishingState.PUBLISHED, Instrument.is_sample
    giver = Instrument.organisation_id == ids["重庆大学"], Instrument.booking_mode == BookingMode.ON_REQUEST
    offered = session.scalars(select(Instrument.id).where(*giver, *published).order_by(Instrument.id).limit(1)).one()
    day = local_date(now) + timedelta(days=21)
    offer = OwnerProposal(to_organisation_id=ids["西南大学"], starts_on=day, reason="共建实验室迁至西南大学")
    owners.propose_owner(session, offered, offer, actor=actor, now=now)
