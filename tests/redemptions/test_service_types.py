"""What a pilot line was booked as is captured, claimed, approved and paid by the share of that."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.vocabulary.programmes import ServiceType
from tests.redemptions.claims import Claims

SHARES = {"instrument_sharing": 3_000, "pilot_scale": 2_000}


def test_a_use_of_a_pilot_line_goes_all_the_way_at_its_own_share(session: Session, now: datetime) -> None:
    claims = Claims(session, now, shares=SHARES)
    claims.office.instrument.service_type = ServiceType.PILOT_SCALE
    session.commit()

    pilot = claims.used(9)
    claims.office.instrument.service_type = ServiceType.INSTRUMENT_SHARING
    session.commit()
    shared = claims.used(13)
    claims.change(pilot, 5_000)
    claims.invoice()
    redemption = claims.paid(pilot, shared)

    assert [(one.charge_id, one.claimed_fen, one.approved_fen) for one in claims.items(redemption)] == [
        (pilot.id, 5_000, 5_000),
        (shared.id, 6_000, 6_000),
    ]
    assert claims.books()["paid"] == 11_000
