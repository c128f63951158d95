"""What a pilot line was booked as is captured, claimed, approved and paid by the share of that, and told so."""

import io
import zipfile
from datetime import datetime

from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from models.charges import Charge
from models.vocabulary.programmes import ServiceType
from tests.factories.people import sign_in
from tests.redemptions.claims import Claims

SHARES = {"instrument_sharing": 3_000, "pilot_scale": 2_000}


def used_as(claims: Claims, service_type: ServiceType, hour: int) -> Charge:
    claims.office.instrument.service_type = service_type
    claims.session.commit()
    return claims.used(hour)


def test_a_use_of_a_pilot_line_goes_all_the_way_at_its_own_share(session: Session, now: datetime) -> None:
    claims = Claims(session, now, shares=SHARES)

    pilot = used_as(claims, ServiceType.PILOT_SCALE, 9)
    shared = used_as(claims, ServiceType.INSTRUMENT_SHARING, 13)
    claims.change(pilot, 5_000)
    claims.invoice()
    redemption = claims.paid(pilot, shared)

    assert [(one.charge_id, one.claimed_fen, one.approved_fen) for one in claims.items(redemption)] == [
        (pilot.id, 5_000, 5_000),
        (shared.id, 6_000, 6_000),
    ]
    assert claims.books()["paid"] == 11_000


def test_page_pack_and_api_of_a_redemption_say_the_type(session: Session, now: datetime, client: FlaskClient) -> None:
    claims = Claims(session, now, shares=SHARES)
    pilot = used_as(claims, ServiceType.PILOT_SCALE, 9)
    shared = used_as(claims, ServiceType.INSTRUMENT_SHARING, 13)
    claims.invoice()
    made = claims.ask(pilot, shared)
    sign_in(client, claims.agent)

    page = client.get(f"/redemptions/{made.id}").text
    told = client.get(f"/api/v1/redemptions/{made.id}").get_json()
    with zipfile.ZipFile(io.BytesIO(client.get(f"/redemptions/{made.id}/pack.zip").data)) as package:
        sheet = load_workbook(io.BytesIO(package.read("00-封面.xlsx")))["明细"]
    rows = [{str(head.value): cell.value for head, cell in zip(sheet[1], row, strict=True)} for row in sheet]

    assert [text in page for text in ("· 中试熟化", "· 大型仪器共享")] == [True, True]
    assert {one["charge_id"]: one["service_type"] for one in told["items"]} == {
        pilot.id: "pilot_scale",
        shared.id: "instrument_sharing",
    }
    assert sorted(str(one["服务类型"]) for one in rows[1:]) == ["中试熟化", "大型仪器共享"]
