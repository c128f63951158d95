"""The pages of sample orders: what is typed stays, lists lead to orders, and what waits stands on the home page."""

import hashlib
import io

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from models.accounts import User
from models.attachments import Attachment
from models.samples import SampleOrder, SampleQuote, SampleResult
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.samples import SampleOrderState
from tests.factories.instruments import make_instrument
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.pictures import photo
from tests.factories.samples import Orders

ASKED = {"title": "粉末", "sample_count": "2", "marks": "A\nB", "hazards": ["toxic", "flammable"], "report": "data"}


def arranged(session: Session) -> tuple[Orders, User, User]:
    """An instrument with a steward, and somebody who asks."""
    instrument = make_instrument(session, name_zh="质谱仪")
    steward, asker = make_user(session, "steward"), make_user(session, "asker")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    now = utcnow()
    asks, works = (actor_for(session, one, now=now) for one in (asker, steward))
    return Orders(session, instrument.id, asks, works, now), asker, steward


def test_a_request_that_does_not_fit_together_comes_back_filled_in_and_a_whole_one_is_stored_with_its_photo(
    session: Session, client: FlaskClient
) -> None:
    orders, asker, _steward = arranged(session)
    sign_in(client, asker)
    path = f"/instruments/{orders.instrument_id}/sample-orders"

    wrong = client.post(path, data={**ASKED, "leftover": "return"})
    typed = wrong.get_data(as_text=True)
    whole = {**ASKED, "leftover": "dispose", "hazard_note": "戴手套", "other_tests": "铁", "idempotency_key": "k"}
    files = [(io.BytesIO(photo()), "样品.jpg")]
    made = client.post(path, data={**whole, "files": files})

    look_again(session)
    stored = session.scalars(select(SampleOrder)).one()
    assert wrong.status_code == 422
    assert [f'id="problems-{name}"' in typed for name in ("other_tests", "hazard_note", "return_address")] == [True] * 3
    assert typed.count(" checked") == 4
    assert made.location == f"/sample-orders/{stored.id}"
    assert (stored.hazards, count(session, Attachment)) == (["toxic", "flammable"], 1)


def test_either_side_finds_what_waits_for_it_and_a_refused_quote_keeps_its_lines(
    app: Flask, session: Session, client: FlaskClient
) -> None:
    orders, asker, steward = arranged(session)
    order = orders.asked()
    session.commit()
    staff = app.test_client()
    sign_in(client, asker)
    sign_in(staff, steward)
    here = f"/sample-orders/{order.id}"
    lines = {"lines.0.kind": "test_item", "lines.0.name": "铁含量", "lines.0.count": "3", "lines.0.unit_fen": "80.50"}
    lines |= {"lines.4.kind": "rounding", "lines.4.unit_fen": "-1.5", "last_quote_id": "0"}

    waiting = [
        staff.get(page).get_data(as_text=True).count(f'href="{here}"') for page in ("/sample-orders/queue", "/home")
    ]
    wrong = staff.post(f"{here}/quote", data={**lines, "valid_until": "2020-01-01"})
    typed = wrong.get_data(as_text=True)
    good = {**lines, "valid_until": "2099-01-01"}
    sent, twice = (staff.post(f"{here}/quote", data={**good, "idempotency_key": "k"}) for _ in range(2))
    late = staff.post(f"{here}/quote", data={**good, "idempotency_key": "other"})
    mine = [client.get(page).get_data(as_text=True).count(f'href="{here}"') for page in ("/sample-orders", "/home")]
    shown = client.get(here).get_data(as_text=True)
    quote_id = client.get(f"/api/v1{here}").get_json()["quotes"][0]["id"]
    accepted = client.post(f"{here}/accept", data={"quote_id": quote_id})
    printed = client.get(f"{here}/form").get_data(as_text=True)
    again = client.post(f"{here}/accept", data={"quote_id": quote_id})

    look_again(session)
    kept = session.get_one(SampleOrder, order.id)
    assert (waiting, mine) == ([1, 1], [1, 1])
    assert (wrong.status_code, 'value="80.50"' in typed, 'id="problems-valid_until"' in typed) == (422, True, True)
    assert (twice.status_code, late.status_code, count(session, SampleQuote)) == (303, 409, 1)
    assert (sent.status_code, accepted.status_code, again.status_code) == (303, 303, 409)
    assert "¥240.00" in shown
    assert kept.number is not None
    assert (kept.state, kept.number in printed) == (SampleOrderState.ACCEPTED, True)


def test_a_picture_with_results_is_kept_and_saved_as_it_was_sent_and_steps_are_those_one_may_take(
    app: Flask, session: Session, client: FlaskClient
) -> None:
    orders, _asker, steward = arranged(session)
    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    order = orders.received()
    order.state = SampleOrderState.TESTING
    session.commit()
    sign_in(client, steward)
    reader = app.test_client()
    sign_in(reader, auditor)
    sent = photo(kind="PNG")
    here = f"/api/v1/sample-orders/{order.id}"

    files = [(io.BytesIO(sent), "谱图.png")]
    answer = client.post(f"{here}/results", data={"files": files, "is_final": "1"}).get_json()
    result = session.scalars(select(SampleResult)).one()
    served = client.get(f"/sample-orders/{order.id}/attachments/{result.attachment_id}")

    assert (served.data, served.mimetype) == (sent, "image/png")
    assert served.headers["Content-Disposition"].startswith("attachment;")
    assert answer["results"][0]["sha256"] == hashlib.sha256(sent).hexdigest()
    assert answer["steps_open"] == ["record", "count", "report", "give_back"]
    assert reader.get(here).get_json()["steps_open"] == []


def test_files_go_with_a_request_and_photos_with_the_receipt_by_api(
    app: Flask, session: Session, client: FlaskClient
) -> None:
    orders, asker, steward = arranged(session)
    order = orders.sent()
    session.commit()
    staff, stranger = app.test_client(), app.test_client()
    sign_in(client, asker)
    sign_in(staff, steward)
    sign_in(stranger, make_user(session, "stranger"))
    path = f"/api/v1/instruments/{orders.instrument_id}/sample-orders"
    here = f"/api/v1/sample-orders/{order.id}"
    asked = {"title": "粉末", "sample_count": "2", "marks": ["A", "B"], "hazards": ["toxic"], "hazard_note": "戴手套"}
    asked |= {"other_tests": "铁", "leftover": "dispose", "report": "data"}

    made = client.post(path, data={**asked, "files": [(io.BytesIO(photo()), "样品.jpg")]})
    wrong = client.post(path, data={**asked, "files": [(io.BytesIO(b"<svg/>"), "a.svg")]})
    unknown = client.post(path, data={**asked, "colour": "red", "files": [(io.BytesIO(photo()), "样品.jpg")]})
    refused = stranger.post(f"{here}/receive", data={"files": [(io.BytesIO(photo()), "到样.jpg")]})
    came = {"damaged": ["1"], "note": "瓶口开裂", "files": [(io.BytesIO(photo()), "到样.jpg")]}
    received = staff.post(f"{here}/receive", data=came)

    told = made.get_json()
    assert (made.status_code, wrong.status_code, unknown.status_code, refused.status_code) == (201, 422, 422, 404)
    assert ([one["mark"] for one in told["samples"]], told["hazards"]) == (["A", "B"], ["toxic"])
    assert [one["file_name"] for one in told["attachments"]] == ["样品.jpg"]
    assert [one["file_name"] for one in received.get_json()["attachments"]] == ["到样.jpg"]
    assert (received.status_code, received.get_json()["samples"][0]["state"]) == (200, "damaged")
    assert count(session, SampleOrder) == 2
