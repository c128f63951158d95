"""Fixed slots from the edit form to the booking: stored in one form, offered everywhere, and refused with a cure."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from models.catalogue import BookingPolicy
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument
from tests.factories.people import give, make_user, sign_in
from tests.reservations.acting import count

API = "/api/v1"
EVERY_DAY = "1-7 09:00-13:00,14:00-18:00"


def test_an_instrument_in_fixed_slots_is_booked_by_whole_slots(session: Session, client: FlaskClient) -> None:
    instrument = make_instrument(session)
    user = make_user(session, "boss")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    sign_in(client, user)
    tomorrow = local_date(utcnow()) + timedelta(days=1)
    morning = {"starts_at": at_local(tomorrow, 540).isoformat(), "ends_at": at_local(tomorrow, 780).isoformat()}
    address = f"{API}/instruments/{instrument.id}"
    window = f"from={at_local(tomorrow):%Y-%m-%dT%H:%M:%SZ}&to={at_local(tomorrow, 1440):%Y-%m-%dT%H:%M:%SZ}"

    wrong = client.put(f"{address}/policy", json={"slots": "1-7 09:00-18:00"})
    client.put(f"{address}/policy", json={"slots": "1,2-7 9:00-13:00,14:00-18:00"})
    part = client.post(
        f"{API}/reservations",
        json={**morning, "ends_at": at_local(tomorrow, 600).isoformat(), "instrument_id": instrument.id},
    )
    slots = client.get(f"{address}/availability?{window}").get_json()["slots"]
    pages = [
        client.get(url).get_data(as_text=True)
        for url in (f"/instruments/{instrument.id}", f"/catalogue/{instrument.id}/booking")
    ]
    events = client.get(f"/instruments/{instrument.id}/calendar.json?{window}").get_json()["events"]
    whole = client.post(f"{API}/reservations", json={**morning, "instrument_id": instrument.id})

    assert [problem["field"] for problem in wrong.get_json()["problems"]] == ["slots"]
    (refusal,) = part.get_json()["refusals"]
    assert (part.status_code, refusal["code"]) == (422, "not_a_slot")
    assert "09:00–13:00, 14:00–18:00" in refusal["message"]
    assert refusal["remedies"][0]["action"] == "lengthen"
    assert [slot["start"][11:16] for slot in slots] == ["01:00", "06:00"]
    assert [text for text in pages if "按固定时段预约" in text or EVERY_DAY in text] == pages
    assert [event["start"][11:16] for event in events if event["classNames"] == ["is-slot"]] == ["09:00", "14:00"]
    assert (whole.status_code, count(session, Reservation)) == (201, 1)
    session.expire_all()
    assert session.get_one(BookingPolicy, instrument.id).slots == EVERY_DAY
