"""The demo's instruments: samples and real records through the import, then modes, shared parts and states."""

from collections import defaultdict
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import gate, lanes, service, test_items
from booking.catalogue.forms import InstrumentChanges, TestItemForm
from booking.catalogue.importing import Fate, import_instruments
from booking.catalogue.timetable_forms import NewSharedGroup
from booking.core.actors import Actor
from booking.core.forms import read
from booking.demo.institutions import DATA, read_rows
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.catalogue import BookingMode, PublishingState

Key = tuple[str, str]

PUBLIC = "demo: public and sample data"

UNPUBLISHED = (
    ("西南大学", PublishingState.DRAFT, "资料待补充"),
    ("西南大学", PublishingState.DRAFT, "资料待补充"),
    ("西南大学", PublishingState.WITHHELD, "涉及未公开的合作项目"),
    ("重庆大学", PublishingState.DRAFT, "资料待补充"),
    ("重庆大学", PublishingState.WITHHELD, "设备搬迁中，待重新安装"),
    ("西南科技大学", PublishingState.WITHHELD, "涉及未公开的合作项目"),
)


def import_file(session: Session, path: Path, *, now: datetime) -> int:
    """Import and publish one of the demo's tables; how many rows. A refused row would be a fault of the data."""
    report = import_instruments(session, path.read_bytes(), actor=None, now=now, published_because=PUBLIC)
    refused = [outcome for outcome in report.outcomes if outcome.fate == Fate.REFUSED]
    assert not refused, refused[:3]
    return len(report.outcomes)


def ids_by_key(session: Session) -> dict[Key, int]:
    """The instruments by institution and inner number."""
    rows = session.execute(
        select(Organisation.name_zh, Instrument.inner_id, Instrument.id).join(
            Organisation, Organisation.id == Instrument.organisation_id
        )
    )
    return {(name, inner_id or ""): key for name, inner_id, key in rows}


def add_test_items(session: Session, ids: dict[Key, int], *, actor: Actor, now: datetime) -> int:
    """The test items of the samples; how many."""
    items: dict[int, list[TestItemForm]] = defaultdict(list)
    for row in read_rows(DATA / "sample_test_items.csv"):
        values = {name: value for name, value in row.items() if name in TestItemForm.model_fields}
        items[ids[row["institution"], row["inner_id"]]].append(read(TestItemForm, values))
    return test_items.put_test_items(session, items, actor=actor, now=now)


def set_modes(session: Session, ids: dict[Key, int], *, actor: Actor, now: datetime) -> None:
    """How each sample is booked, and the parts that some share."""
    groups: dict[Key, int] = {}
    for row in read_rows(DATA / "sample_booking.csv"):
        instrument_id = ids[row["institution"], row["inner_id"]]
        mode = BookingMode(row["booking_mode"])
        if mode != BookingMode.ON_REQUEST:
            service.set_booking_mode(session, instrument_id, mode, row["booking_url"], actor=actor, now=now)
        if row["shared_group"]:
            _share(session, instrument_id, (row["institution"], row["shared_group"]), groups, actor=actor, now=now)


def _share(
    session: Session, instrument_id: int, key: Key, groups: dict[Key, int], *, actor: Actor, now: datetime
) -> None:
    """Make the shared group with its first instrument, and let the others join it."""
    if key in groups:
        lanes.join_shared_group(session, instrument_id, groups[key], actor=actor, now=now)
        return
    new = NewSharedGroup(name=key[1])
    groups[key] = lanes.create_shared_group(session, instrument_id, new, actor=actor, now=now).id


def keep_some_unpublished(session: Session, ids: dict[Key, int], *, actor: Actor, now: datetime) -> None:
    """Drafts and withheld records at the end of some institutions' lists, for their people to see."""
    left = {name: sorted(key for (owner, _), key in ids.items() if owner == name) for name, _, _ in UNPUBLISHED}
    for name, state, reason in UNPUBLISHED:
        step = gate.withhold_record if state == PublishingState.WITHHELD else gate.unpublish_record
        step(session, left[name].pop(), reason, actor=actor, now=now)


def send_to_review(session: Session, ids: dict[Key, int], *, actor: Actor, now: datetime) -> None:
    """A complete draft before the reviewers, and a changed text of a published record that waits aside."""
    own = sorted(key for (owner, _), key in ids.items() if owner == "西南大学")
    state = {key: session.get_one(Instrument, key).publishing_state for key in own}
    draft = next(key for key in own if state[key] == PublishingState.DRAFT)
    gate.submit_record(session, draft, "资料已补充", actor=actor, now=now)
    shown = next(key for key in own if state[key] == PublishingState.PUBLISHED)
    text = f"{session.get_one(Instrument, shown).functions_zh}\n可安装低温样品台。"
    change = InstrumentChanges(functions_zh=text)
    service.patch_instrument(session, shown, change, actor=actor, now=now)
