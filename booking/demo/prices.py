"""Prices of the demo's sample instruments, as their fees in words say: by the hour or the sample."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.affiliations.group_reading import as_group
from booking.affiliations.rules import Group
from booking.affiliations.user_groups import seed_groups
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.pricing.forms import ExtraForm, PriceForm
from booking.pricing.queries import Scope
from booking.pricing.service import add_version, place_for
from models.affiliations import UserGroup
from models.catalogue import Instrument
from models.vocabulary.affiliations import Audience
from models.vocabulary.pricing import BilledOn, ExtraKind, Offer, Per

OFFICE_HOURS = "1-5 08:00-18:00"
_AMOUNT = r"\s?(\d+)\s?元/(小时|机位时|样)"
_INSIDE = re.compile(f"(?:本单位|校内){_AMOUNT}")
_ALONE = re.compile(f"自主上机{_AMOUNT}（本单位）")
_OUTSIDE = re.compile(f"(?:外单位|校外){_AMOUNT}")
_STAFF = re.compile(r"另加人工费\s?(\d+)\s?元/小时")
_EXTRAS = {
    "耗材按实际用量": (ExtraKind.CONSUMABLE, "耗材", "Consumables", 2_000),
    "制样另计": (ExtraKind.PREPARATION, "制样", "Sample preparation", 5_000),
    "夹具与辅材另计": (ExtraKind.CONSUMABLE, "夹具与辅材", "Fixtures and materials", 3_000),
}


@dataclass(frozen=True, slots=True)
class _Fees:
    """What the words say, in fen; None where they say nothing."""

    inside: int
    outside: int | None
    by_sample: bool
    common: dict[str, Any]


def add_prices(session: Session, *, actor: Actor, opened: datetime) -> int:
    """A price for members and one for others at every sample whose words can be read; how many rows."""
    samples = session.scalars(select(Instrument).where(Instrument.is_sample).order_by(Instrument.id)).all()
    # Kept as rows, so that each price finds the row of its group without a read.
    groups: dict[int, list[UserGroup]] = {}
    count = 0
    for instrument in samples:
        if fees := _read(instrument.fees_zh):
            owner = instrument.organisation_id
            if owner not in groups:
                groups[owner] = seed_groups(session, owner)
            count += _set(session, instrument.id, fees, groups[owner], actor=actor, opened=opened)
    return count


def _read(words: str) -> _Fees | None:
    """The fees in words as numbers; None for those by the day, and for words that say something else."""
    inside, outside = _INSIDE.search(words) or _ALONE.search(words), _OUTSIDE.search(words)
    if inside is None:
        return None
    staff = _STAFF.search(words)
    extras = [
        ExtraForm(kind=kind, per=Per.PIECE, name_zh=name, name_en=english, unit_fen=fen)
        for said, (kind, name, english, fen) in _EXTRAS.items()
        if said in words
    ]
    common: dict[str, Any] = {
        "step_minutes": 30 if "不足半小时" in words else 1,
        "staff_hourly_fen": int(staff[1]) * 100 if staff else 0,
        "extras": extras,
        "billed_on": BilledOn.LARGER if extras else BilledOn.BOOKED,
        "cancel_share": 5_000,
        "no_show_share": 10_000,
        "peak_hours": OFFICE_HOURS if "夜间及周末" in words else "",
    }
    return _Fees(int(inside[1]) * 100, int(outside[1]) * 100 if outside else None, inside[2] == "样", common)


def _set(
    session: Session, instrument_id: int, fees: _Fees, groups: list[UserGroup], *, actor: Actor, opened: datetime
) -> int:
    """Store the rows of one instrument; how many."""
    place = place_for(session, Scope(instrument_id), actor)
    assert may(actor, Permission.SET_PRICES, place.target)
    by_audience: dict[Audience, Group] = {
        group.audience: as_group(group) for group in groups if group.audience != Audience.ASSIGNED
    }
    rows = list(_forms(fees, by_audience, opened))
    for group, form in rows:
        add_version(session, place, group, form, actor=actor, now=opened)
    return len(rows)


def _forms(fees: _Fees, groups: dict[Audience, Group], opened: datetime) -> Iterator[tuple[Group, PriceForm]]:
    """What members and what others pay."""
    for audience, fen in ((Audience.MEMBERS, fees.inside), (Audience.OTHERS, fees.outside)):
        group = groups[audience]
        what: dict[str, Any] = {"user_group": group.name_zh, "valid_from": local_date(opened)}
        if fen is None:
            yield group, PriceForm(**what, offer=Offer.NOT_OFFERED)
        elif fees.by_sample:
            yield group, PriceForm(**what, **fees.common | {"peak_hours": "", "sample_fen": fen})
        elif fees.common["peak_hours"]:
            yield group, PriceForm(**what, **fees.common, hourly_fen=fen * 8 // 10, peak_hourly_fen=fen)
        else:
            yield group, PriceForm(**what, **fees.common, hourly_fen=fen)
