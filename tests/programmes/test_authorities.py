"""The one authority that acts for a province."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.core.actors import HeldGrant
from booking.programmes.authorities import acting_for, authorities_of
from models.vocabulary.programmes import BorderWay
from tests.clearing.across import Across, on
from tests.factories.programmes import CHONGQING, SICHUAN, make_authority, make_officer, make_programme

BEIBEI, YUBEI, MIANYANG = "500109", "500112", "510704"


def test_it_is_the_one_that_stands_at_the_province_and_has_programmes(session: Session, now: datetime) -> None:
    make_authority(session, BEIBEI)
    make_authority(session, CHONGQING)
    second = make_authority(session, CHONGQING)
    first = make_authority(session, SICHUAN)
    make_authority(session, SICHUAN)
    make_programme(session, second, make_officer(session, second, "zheng", now=now), now=now)

    assert authorities_of(session, {"50", "51", "52"}) == {"50": second.id, "51": first.id}


def test_where_no_authority_stands_at_the_province_it_is_the_one_whose_vouchers_crossed_the_border(
    session: Session, now: datetime
) -> None:
    places = {"50": make_authority(session, BEIBEI), "51": make_authority(session, MIANYANG)}
    across = Across(session, now, authorities=places)
    beside = make_authority(session, YUBEI)
    idle = across.officer("idle", beside)
    make_programme(session, beside, idle, now=now)
    within = across.captured("51", "51", 100, on(10, 1))
    before = authorities_of(session, {"50", "51"})
    across.captured("50", "51", 100, on(10, 2), BorderWay.HOME_PAYS)

    after = authorities_of(session, {"50", "51"})

    assert (before, after) == ({}, {"50": across.cq.id})
    assert within.capture.issuer_province == within.capture.provider_province
    assert acting_for(session, across.officers["50"], Permission.CLEAR_MONTHS) == after
    assert acting_for(session, idle, Permission.CLEAR_MONTHS) == {}


@pytest.mark.parametrize("places", [(CHONGQING,), (BEIBEI, CHONGQING), (BEIBEI,), ()])
def test_one_acts_for_a_province_at_its_authority_alone(
    session: Session, now: datetime, places: tuple[str, ...]
) -> None:
    authorities = {place: make_authority(session, place) for place in (BEIBEI, CHONGQING)}
    grants: list[HeldGrant] = []
    for number, place in enumerate(places):
        grants += make_officer(session, authorities[place], f"officer{number}", now=now).grants
    actor = replace(make_officer(session, make_authority(session, SICHUAN), "one", now=now), grants=tuple(grants))

    found = acting_for(session, actor, Permission.CLEAR_MONTHS)

    assert found == ({"50": authorities[CHONGQING].id} if CHONGQING in places else {})
