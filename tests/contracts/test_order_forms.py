"""Order forms as papers: their numbers have no gap, and they say for ever what was accepted."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pypdfium2
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contracts.order_forms import order_forms
from booking.reservations.agreeing import accept_order_form
from booking.reservations.service import request_reservation
from booking.samples import quoting
from booking.samples.queries import quotes_of
from models.accounts import User
from models.contracts import UseAgreement
from models.order_forms import OrderForm
from tests.factories.people import make_user, sign_in
from tests.factories.requiring import HOURLY, Place
from tests.factories.samples import Orders, request_form


def numbers(session: Session) -> list[tuple[int, int]]:
    rows = select(OrderForm.year, OrderForm.number).order_by(OrderForm.id)
    return [(row.year, row.number) for row in session.execute(rows)]


def text_of(pdf: bytes) -> str:
    """Everything that a PDF says, its lines joined."""
    pages = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", "").replace("\n", "")


def test_numbers_run_on_through_bookings_and_orders_and_begin_anew_with_each_year(
    session: Session, place: Place
) -> None:
    place.booked(2, place.text_id)
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    order = orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)))
    quote_id = quotes_of(session, order.id)[-1].id
    quoting.accept_quote(session, order.id, quote_id, place.text_id, actor=place.deals.signer, now=place.now)
    session.commit()
    place.booked(1, place.text_id, day=5)
    session.rollback()
    next_year = replace(place, now=datetime(2027, 1, 4, 3, tzinfo=place.now.tzinfo))
    place.booked(1, place.text_id, day=3)
    next_year.booked(1, place.text_id)

    assert numbers(session) == [(2026, 1), (2026, 2), (2026, 3), (2027, 1)]


def test_a_click_of_whoever_takes_a_booking_over_is_another_form_and_a_move_is_none(
    session: Session, place: Place
) -> None:
    made = place.booked(2, place.text_id)
    place.handed_over(made, "agent@example.org")
    accept_order_form(session, made.id, place.text_id, actor=place.deals.signer, now=place.now)

    listed = order_forms(session, place.deals.keeper, place.deals.place.id, limit=9).items

    found = [(one.form.number, one.form.user_id, one.holds) for one in listed]
    assert found == [(2, place.deals.signer.id, True), (1, place.outsider.id, False)]


def test_a_form_keeps_the_names_of_then_on_pages_in_the_paper_and_by_the_api(
    client: FlaskClient, session: Session, place: Place
) -> None:
    made = place.booked(2, place.text_id)
    outsider, called = session.get_one(User, place.outsider.id), place.instrument.name_zh
    firm, house, name = place.deals.firm.name_zh, place.deals.place.name_zh, outsider.name
    named: list[Any] = [place.deals.firm, place.deals.place, place.instrument]
    for turn, one in enumerate(named):
        one.name_zh = one.name_en = f"改名以后{turn}"
    outsider.name = "改名的人"
    session.commit()
    form = session.scalars(select(OrderForm)).one()
    number, at = f"WD{form.year}-00001", f"/order-forms/{form.id}"
    sign_in(client, session.get_one(User, place.deals.keeper.id))

    listed = client.get(f"/organisations/{place.deals.place.id}/order-forms").text
    shown = client.get(f"/reservations/{made.id}/order-form").text
    paper = client.get(f"{at}.pdf")
    told, same = client.get(f"/api/v1{at}").get_json(), client.get(f"/api/v1{at}.pdf")
    rows = client.get(f"/api/v1/order-forms?organisation={place.deals.place.id}").get_json()["items"]

    said = text_of(paper.data)
    assert paper.headers["Content-Disposition"].startswith(f'attachment; filename="{number}.pdf"')
    assert [
        word for word in (number, firm, house, name, called, "仪器使用委托单", "400.00", "知识产权") if word not in said
    ] == []
    assert [number in page for page in (listed, shown)] == [True, True]
    assert ("改名以后" in said, "改名的人" in listed + shown + said) == (False, False)
    assert text_of(same.data) == said
    assert (told["number"], told["accepted_by"], told["party"], told["instrument_zh"]) == (number, name, firm, called)
    assert (told["accepted_fen"], sorted(told["clauses"])[0]) == (2 * HOURLY, "breach")
    assert [(one["id"], one["number"], one["holds"]) for one in rows] == [(form.id, number, True)]


def test_a_form_is_for_who_accepted_it_and_who_keeps_contracts_on_either_side(
    client: FlaskClient, session: Session, place: Place
) -> None:
    place.booked(2, place.text_id)
    stranger = make_user(session, "stranger")
    session.commit()
    form_id = session.scalars(select(OrderForm.id)).one()

    people = [session.get_one(User, one.id) for one in (place.outsider, place.deals.signer, place.member)]
    found: dict[str, Any] = {}
    for user in (*people, stranger):
        sign_in(client, user)
        paths = [f"/order-forms/{form_id}.pdf", f"/api/v1/order-forms/{form_id}"]
        found[user.email.partition("@")[0]] = [client.get(path).status_code for path in paths]

    assert found == {
        "outsider": [200, 200],
        "agent": [200, 200],
        "member": [404, 404],
        "stranger": [404, 404],
    }


def test_a_booking_names_its_form_by_the_api(client: FlaskClient, session: Session, place: Place) -> None:
    formed, waits = place.booked(2, place.text_id), place.booked(4, day=3)
    session.commit()
    sign_in(client, session.get_one(User, place.outsider.id))

    told = [client.get(f"/api/v1/reservations/{one.id}").get_json()["agreement"] for one in (formed, waits)]

    form_id = session.scalars(select(OrderForm.id)).one()
    found = [(one["order_form_id"], one["order_form_number"]) for one in told]
    assert found == [(form_id, "WD2026-00001"), (None, None)]


def test_a_form_that_is_accepted_late_says_so_on_its_paper(client: FlaskClient, session: Session, place: Place) -> None:
    email = session.get_one(User, place.outsider.id).email
    made = request_reservation(session, place.wish(2, on_behalf_of=email), actor=place.steward, now=place.now)
    accept_order_form(session, made.id, place.text_id, actor=place.outsider, now=made.ends_at + timedelta(hours=1))
    session.commit()
    sign_in(client, session.get_one(User, place.outsider.id))
    form_id = session.scalars(select(OrderForm.id)).one()

    assert "补签" in text_of(client.get(f"/order-forms/{form_id}.pdf").data)
    assert session.scalars(select(UseAgreement.accepted_fen).order_by(UseAgreement.id.desc())).first() == 2 * HOURLY
