"""Only what is published is listed, with its words."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.catalogue import listing, listing_texts
from booking.catalogue.listing_sources import Reference, Source
from models.catalogue import Instrument
from models.directory import Organisation
from models.listings import InstrumentListing, ListingRemoval
from models.vocabulary.catalogue import PublishingState, RunningState
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation


def listed(session: Session) -> dict[int, InstrumentListing]:
    return {row.instrument_id: row for row in session.scalars(sa.select(InstrumentListing))}


def words(session: Session) -> int:
    return session.scalar(sa.text("SELECT count(*) FROM instrument_texts")) or 0


def refresh(session: Session, *ids: int) -> None:
    listing.refresh(session, ids)
    session.commit()


def test_a_published_instrument_is_listed_with_its_class_and_place(session: Session, now: datetime) -> None:
    instrument = make_instrument(session, hours=((1, 480, 720), (1, 720, 1080), (2, 540, 600)))

    refresh(session, instrument.id)

    row = listed(session)[instrument.id]
    assert (row.class_1, row.class_2, row.class_3) == ("010000", "010100", "010102")
    assert (row.province, row.city, row.district) == ("500000", "500100", "500109")
    assert row.opening_hours == "1:480-1080 2:540-600"
    assert row.is_in_service
    assert words(session) == 1


def test_columns_that_are_never_listed_change_nothing_that_is_listed(now: datetime) -> None:
    def told(**values: Any) -> tuple[dict[str, Any], dict[str, str]]:
        record = Instrument(name_zh="电镜", name_en="", inner_id="A-1", created_at=now, manufacturer="", **values)
        source = Source(record, Organisation(name_zh="大学", name_en=""), None, [], "", True, None)
        nothing = Reference({}, {})
        return listing.row_of(source, nothing, 1), listing_texts.terms_of(source, nothing)

    assert told(**dict.fromkeys(listing.NEVER_LISTED, "标记")) == told()
    assert told(model="标记") != told()


def test_drafts_and_withheld_records_are_not_listed(session: Session, now: datetime) -> None:
    ids = [make_instrument(session, publishing_state=state).id for state in PublishingState]

    refresh(session, *ids)

    assert len(listed(session)) == 1
    assert words(session) == 1


def test_a_withheld_instrument_leaves_the_search(session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    refresh(session, instrument.id)
    instrument.publishing_state = PublishingState.WITHHELD

    refresh(session, instrument.id)

    assert listed(session) == {}
    assert words(session) == 0
    assert session.scalars(sa.select(ListingRemoval.instrument_id)).all() == [instrument.id]


def test_a_hidden_position_is_the_owners(session: Session, now: datetime) -> None:
    owner = make_organisation(session, latitude=29.8, longitude=106.4)
    place: dict[str, Any] = {"latitude": 31.5, "longitude": 104.7, "adcode": "510703"}
    shown = make_instrument(session, owner, **place)
    hidden = make_instrument(session, owner, hides_position=True, **place)

    refresh(session, shown.id, hidden.id)

    rows = listed(session)
    assert (rows[shown.id].latitude, rows[shown.id].district) == (31.5, "510703")
    assert (rows[hidden.id].latitude, rows[hidden.id].district) == (29.8, "500109")


def test_an_instrument_abroad_has_no_province(session: Session, now: datetime) -> None:
    owner = make_organisation(session, country="US", adcode=None)
    instrument = make_instrument(session, owner, running_state=RunningState.TO_REPAIR)

    refresh(session, instrument.id)

    row = listed(session)[instrument.id]
    assert (row.province, row.city, row.district, row.is_in_service) == (None, None, None, False)


def test_an_owners_new_name_reaches_its_instruments(session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    refresh(session, instrument.id)
    before = listed(session)[instrument.id].revision
    session.expire_all()

    listing.refresh_of_organisation(session, instrument.organisation_id)
    session.commit()

    assert listed(session)[instrument.id].revision == before + 1


def test_names_sort_by_their_pinyin() -> None:
    names = ["质谱仪", "拉曼光谱仪", "扫描电镜", "透射电镜", "电子探针"]

    assert sorted(names, key=listing.name_key) == ["电子探针", "拉曼光谱仪", "扫描电镜", "透射电镜", "质谱仪"]


def test_listing_takes_as_many_statements_for_one_as_for_twenty(session: Session, now: datetime) -> None:
    owner = make_organisation(session)
    ids = [make_instrument(session, owner).id for _ in range(20)]
    refresh(session, *ids)

    with counting() as one:
        refresh(session, ids[0])
    with counting() as twenty:
        refresh(session, *ids)

    assert len(one) == len(twenty)
