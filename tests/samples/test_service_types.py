"""Samples are tested, unless the instrument that they go to is there for something else: then they are that."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.vocabulary.programmes import ServiceType
from models.vouchers import VoucherWish
from tests.factories.people import sign_in
from tests.samples.benches import QUOTE
from tests.samples.test_vouchers import FirmBench

SHARES = {"instrument_sharing": 1_000, "testing": 3_000, "pilot_scale": 2_000, "computing": 2_000}


@pytest.fixture
def bench(session: Session, now: datetime) -> FirmBench:
    return FirmBench(session, now, shares=SHARES)


def become(bench: FirmBench, service_type: ServiceType) -> None:
    bench.house.instrument.service_type = service_type
    bench.session.commit()


@pytest.mark.parametrize(
    ("instrument", "service", "share"),
    [
        (ServiceType.INSTRUMENT_SHARING, ServiceType.TESTING, 3_000),
        (ServiceType.TESTING, ServiceType.TESTING, 3_000),
        (ServiceType.PILOT_SCALE, ServiceType.PILOT_SCALE, 2_000),
        (ServiceType.COMPUTING, ServiceType.COMPUTING, 2_000),
    ],
)
def test_an_order_is_testing_or_what_its_instrument_is_there_for(
    bench: FirmBench, instrument: ServiceType, service: ServiceType, share: int
) -> None:
    become(bench, instrument)
    covered = QUOTE * share // 10_000

    order = bench.accepted()
    held = bench.books_of_voucher()
    become(bench, ServiceType.SHARED_LABORATORY)
    charge = bench.tested(order)

    assert held == (500_000 - covered, covered, 0)
    assert charge is not None
    assert charge.voucher_fen == covered
    assert bench.books_of_voucher() == (500_000 - covered, 0, covered)
    assert bench.session.scalars(select(VoucherWish.service_type)).all() == [service]


def test_an_order_says_beforehand_what_its_type_is_covered(bench: FirmBench, client: FlaskClient) -> None:
    become(bench, ServiceType.PILOT_SCALE)
    order = bench.quoted_to_firm()
    sign_in(client, bench.firm.agent)

    told = client.get(f"/api/v1/sample-orders/{order.id}/vouchers").get_json()

    assert told["vouchers"]["covered_fen"] == QUOTE * 2_000 // 10_000
