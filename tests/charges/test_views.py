"""The pages of uses and charges: many confirmed at once, what is refused comes back filled in, letters lead to it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.notifications.rendering import compose
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Paying, Wish
from models.accounts import User
from models.charges import Charge
from models.reservations import Reservation, UseReminder
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.charges import ChargeState
from models.vocabulary.reservations import ReservationState
from tests.charges.houses import PIECES
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.looking import look_again
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.prices import make_hourly_price

HOURLY = 10_000


def arranged(session: Session, **price: Any) -> tuple[list[Reservation], dict[str, User]]:
    """Three hours of yesterday, booked by a student from a lead's grant, at an instrument with a steward."""
    place = make_organisation(session)
    instrument = make_instrument(session, place, name_zh="质谱仪", policy={"closes_on_holidays": False})
    people = {name: make_user(session, name) for name in ("lead", "student", "steward")}
    give(session, people["steward"], Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    make_hourly_price(session, instrument, HOURLY, people["steward"], **price)
    payer = make_payer(session, place, people["lead"], 100_000, [people["student"]])
    now = utcnow()
    day = at_local(local_date(now) - timedelta(days=1))
    hours = [day + timedelta(hours=hour) for hour in (9, 10, 11, 12)]
    student = actor_for(session, people["student"], now=now)
    made = [
        request_reservation(
            session,
            Wish(instrument.id, Period(*times), paying=Paying(payer.id)),
            actor=student,
            now=now - timedelta(days=3),
        )
        for times in pairwise(hours)
    ]
    session.commit()
    mailed(session, now=now)
    return made, people


def test_a_steward_confirms_several_at_once_and_one_as_it_was(session: Session, client: FlaskClient) -> None:
    (first, second, third), people = arranged(session)
    sign_in(client, people["steward"])
    listed, board = (client.get(path).get_data(as_text=True) for path in ("/uses", "/board"))
    nothing = client.post("/uses/confirm", data={})
    several = client.post("/uses/confirm", data={"reservation_ids": [first.id, second.id]})
    again = client.post("/uses/confirm", data={"reservation_ids": [first.id]}, follow_redirects=True)
    late = {"outcome": "used", "actual_starts_at": "2030-01-01T09:00", "actual_ends_at": "2030-01-01T10:00"}
    wrong = client.post(f"/reservations/{third.id}/use", data={**late, "note": "多用"})
    whole = client.post(f"/reservations/{third.id}/use", data={"outcome": "no_show"})
    said = client.get(f"/api/v1/reservations/{first.id}").get_json()

    look_again(session)
    states = session.scalars(sa.select(Reservation.state).order_by(Reservation.id)).all()
    assert (listed.count('name="reservation_ids"'), board.count("<strong>使用确认</strong>")) == (3, 3)
    assert (said["state"], said["use"]["outcome"], said["use"]["confirmed_by"]) == ("completed", "used", "Steward")
    assert said["charge_id"] == session.scalar(sa.select(sa.func.min(Charge.id)))
    assert (nothing.status_code, several.status_code, wrong.status_code, whole.status_code) == (422, 303, 422, 303)
    assert "这次使用已经确认过了。" in again.get_data(as_text=True)
    assert "实际结束时间不能晚于现在。" in wrong.get_data(as_text=True)
    assert "多用" in wrong.get_data(as_text=True)
    assert [str(state) for state in states] == ["completed", "completed", "no_show"]
    assert session.scalars(sa.select(Charge.gross_fen).order_by(Charge.id)).all() == [10_000, 10_000]


def test_a_charge_is_disputed_on_its_page_and_adjusted_in_yuan_and_letters_are_read_in_both_languages(
    session: Session, client: FlaskClient
) -> None:
    (first, *_others), people = arranged(session)
    sign_in(client, people["steward"])
    client.post("/uses/confirm", data={"reservation_ids": [first.id]})
    charge = session.scalars(sa.select(Charge)).one()
    page = f"/charges/{charge.id}"
    asked = mailed(session, now=utcnow())
    sign_in(client, people["student"])
    seen = {"version": str(charge.version)}
    empty = client.post(f"{page}/dispute", data={"dispute_reason": " ", **seen})
    blind = client.post(f"{page}/dispute", data={"dispute_reason": "只用了半小时"})
    client.post(f"{page}/dispute", data={"dispute_reason": "只用了半小时", **seen})
    disputed = mailed(session, now=utcnow())
    sign_in(client, people["steward"])
    seen = {"version": str(charge.version + 1), "adjust_reason": "按记录", "idempotency_key": "once"}
    unread = client.post(f"{page}/adjust", data={"adjust_change_fen": "-5,0", **seen})
    adjusted, again = (client.post(f"{page}/adjust", data={"adjust_change_fen": "-50", **seen}) for _ in range(2))
    stale = client.post(f"{page}/waive", data={"waive_reason": "补偿", "version": "1"})
    sign_in(client, people["lead"])
    account = f"/payer-accounts/{charge.payer_account_id}"
    paths = ("/home", page, account, f"/charges?payer={charge.payer_account_id}")
    home, shown, paid, listed = (client.get(path).get_data(as_text=True) for path in paths)
    payments = client.get(f"/api/v1{account}/payments").get_json()["items"]

    look_again(session)
    found = session.scalars(sa.select(Charge)).one()
    told = [one.recipient.partition("@")[0] for one in asked if one.template == "charges/changed"]
    assert (told, [one.recipient.partition("@")[0] for one in disputed]) == (["lead", "student"], ["lead", "steward"])
    assert "<h1>账户的费用</h1>" in listed
    assert (empty.status_code, blind.status_code, unread.status_code) == (422, 412, 422)
    assert (adjusted.status_code, again.status_code, stale.status_code) == (303, 303, 412)
    assert 'value="-5,0"' in unread.get_data(as_text=True)
    assert (found.state, found.gross_fen, found.captured_fen) == (ChargeState.ADJUSTED, 5_000, 5_000)
    assert [one["amount_fen"] for one in payments] == [-5_000, 10_000]
    assert paid.count('id="paid-') == 2
    assert ("请您核对的费用" in home, "按记录" in shown, "−¥50.00" in shown) == (True, True, True)
    for letter in (*asked, *disputed):
        for language in Language:
            composed = compose(replace(letter, language=language), "https://instruments.example.cn")
            assert letter.values["link"] in composed.text


def test_what_is_counted_is_asked_for_on_the_page_and_what_is_older_is_let_off_there(
    session: Session, client: FlaskClient
) -> None:
    (first, second, third), people = arranged(session, extras=[PIECES])
    sign_in(client, people["steward"])
    listed = client.get("/uses").get_data(as_text=True)
    several = client.post("/api/v1/uses/confirm", json={"reservation_ids": [first.id]}).get_json()["items"]
    missing = client.post(f"/api/v1/reservations/{first.id}/confirm-use", json={})
    empty = client.post(f"/reservations/{first.id}/use", data={"outcome": "used"})
    whole = client.post(f"/reservations/{first.id}/use", data={"outcome": "used", "pieces.0": "2"})
    session.add_all(UseReminder(reservation_id=one.id, level=0, sent_at=utcnow()) for one in (second, third))
    session.commit()
    older = client.get("/uses?show=older").get_data(as_text=True)
    nothing = client.post("/uses/let-off", data={})
    client.post("/uses/let-off", data={"reservation_ids": [second.id]})
    free = client.post("/api/v1/uses/let-off", json={"reservation_ids": [first.id, third.id]}).get_json()["items"]

    look_again(session)
    assert (listed.count("按件"), listed.count('name="reservation_ids"')) == (3, 0)
    assert ([one["code"] for one in several], missing.status_code) == (["pieces_needed"], 422)
    assert (empty.status_code, "收费按件计算，请填写件数" in empty.get_data(as_text=True)) == (422, True)
    assert (whole.status_code, older.count('name="reservation_ids"'), "¥200.00" in older) == (303, 2, True)
    assert (nothing.status_code, [one["code"] for one in free]) == (422, ["use_confirmed", ""])
    assert session.scalars(sa.select(Charge.gross_fen)).all() == [HOURLY + 2 * PIECES["unit_fen"]]
    assert set(session.scalars(sa.select(Reservation.state))) == {ReservationState.COMPLETED}


def test_a_priced_use_of_ones_own_that_runs_shows_no_button_that_would_be_refused(
    session: Session, client: FlaskClient
) -> None:
    (theirs, *_others), people = arranged(session)
    now = utcnow()
    hour = now.replace(minute=0, second=0, microsecond=0)
    wish = Wish(theirs.instrument_id, Period(hour, hour + timedelta(hours=2)), paying=Paying(is_later=True))
    steward = actor_for(session, people["steward"], now=now)
    own = request_reservation(session, wish, actor=steward, now=now - timedelta(days=3))
    session.commit()
    sign_in(client, people["steward"])
    running, cancel = (client.get(f"/reservations/{own.id}{path}") for path in ("", "/cancel"))
    session.get_one(Reservation, own.id).booked_by_id = people["student"].id
    session.commit()
    others = client.get(f"/reservations/{own.id}").get_data(as_text=True)

    link = f'href="/reservations/{own.id}/cancel"'
    assert (running.status_code, link in running.get_data(as_text=True), cancel.status_code) == (200, False, 409)
    assert link in others
