"""Labels of orders and samples: what stands on them, who gets them, and how they lead back to the order."""

from datetime import datetime
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL.Image import Image
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from booking.core.errors import NotFound
from booking.samples.stickers import (
    Read,
    TooManyStickers,
    Which,
    offered_orders,
    order_by_number,
    read_code,
    stickers_of,
)
from models.accounts import User
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.samples import Hazard
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.samples import Orders, request_form

SAID = {"hazards": [Hazard.TOXIC, Hazard.FLAMMABLE], "hazard_note": "戴手套", "marks": ["A-1", "李𠮷"]}


def make_orders(session: Session, now: datetime, name: str = "our") -> Orders:
    names = {"name_zh": "西南大学", "name_en": "Southwest University"} if name == "our" else {}
    place = make_organisation(session, **names)
    instrument = make_instrument(session, place, name_zh="质谱仪", name_en="Mass spectrometer", model="Q-TOF")
    steward, asker = make_user(session, f"{name}-steward"), make_user(session, f"{name}-asker")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    asks, works = (actor_for(session, one, now=now) for one in (asker, steward))
    return Orders(session, instrument.id, asks, works, now)


def accepted(orders: Orders, title: str = "氧化铝", count: int = 3) -> SampleOrder:
    order = orders.accepted(orders.quoted(orders.asked(request_form(title, count, **SAID if count == 3 else {}))))
    orders.session.commit()
    return order


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("WT20261127-00012", Read("WT20261127-00012", None)),
        (" wt20261127-00012-3\n", Read("WT20261127-00012", 3)),
        ("ＷＴ20261127－00012－3", Read("WT20261127-00012", 3)),
        ("WT2026112700012", Read("WT20261127-00012", None)),
        ("http://a.example/sample-orders/find?number=WT20261127-123456-200", Read("WT20261127-123456", 200)),
        ("WT20261127", None),
        ("WT20261127-00012-1234", None),
        ("氧化铝", None),
        ("", None),
    ],
)
def test_a_code_is_read_as_it_is_typed_or_as_a_scanner_sends_the_address(typed: str, read: Read | None) -> None:
    assert read_code(typed) == read


def test_an_order_has_a_label_of_its_own_and_one_for_each_sample_for_either_side_and_nobody_else(
    session: Session, now: datetime
) -> None:
    orders, theirs = make_orders(session, now), make_orders(session, now, "their")
    order, other, asked = accepted(orders), accepted(theirs), orders.asked()
    session.commit()

    for side in (orders.asker, orders.staff):
        codes = {which: [one.code for one in stickers_of(session, [order.id], which, side)] for which in Which}
        each = [f"{order.number}-{place}" for place in (1, 2, 3)]
        assert codes == {Which.BOTH: [order.number, *each], Which.ORDERS: [order.number], Which.SAMPLES: each}
        assert [one.id for one in offered_orders(session, side)] == [order.id]
        for hidden in ([other.id], [order.id, other.id], [asked.id], [10**6]):
            with pytest.raises(NotFound):
                stickers_of(session, hidden, Which.BOTH, side)
        with pytest.raises(NotFound):
            order_by_number(session, other.number or "", side)


def test_labels_of_many_orders_take_a_constant_number_of_statements_and_not_too_many_are_made_at_once(
    session: Session, now: datetime
) -> None:
    orders = make_orders(session, now)
    ids = [accepted(orders).id for _ in range(5)]
    counts = []
    for some in (ids[:2], ids):
        look_again(session)
        with counting() as statements:
            found = stickers_of(session, some, Which.BOTH, orders.staff)
            _read = [(one.order.instrument.organisation.name_zh, one.code) for one in found]
            offered_orders(session, orders.staff)
        counts.append((len(statements), len(found)))
    large = [accepted(orders, count=120).id for _ in range(2)]

    assert counts == [(counts[0][0], 8), (counts[0][0], 20)]
    assert len(stickers_of(session, large, Which.SAMPLES, orders.staff)) == 240
    with pytest.raises(TooManyStickers):
        stickers_of(session, large, Which.BOTH, orders.staff)


def sheets(data: bytes) -> list[tuple[str, Image]]:
    """Each page's text, and its picture."""
    paper = pypdfium2.PdfDocument(data)
    try:
        return [(page.get_textpage().get_text_bounded(), page.render(scale=2).to_pil()) for page in paper]
    finally:
        paper.close()


def test_a_sheet_carries_labels_of_many_orders_whose_codes_lead_to_them(client: FlaskClient, session: Session) -> None:
    orders = make_orders(session, utcnow())
    first, second = accepted(orders), accepted(orders, "超长的样品名称" * 28, 6)
    sign_in(client, session.get_one(User, orders.staff.id))

    path = f"sample-orders/stickers.pdf?order={first.id}&order={second.id}&first=4"
    made = client.get(f"/{path}")
    (text, picture), (later_text, later) = sheets(made.data)

    codes = [one.text for one in (*zxingcpp.read_barcodes(picture), *zxingcpp.read_barcodes(later))]
    numbers = [str(first.number), *(f"{first.number}-{place}" for place in (1, 2, 3)), str(second.number)]
    numbers += [f"{second.number}-{place}" for place in range(1, 7)]
    address = client.application.config["SETTINGS"].address
    assert (made.mimetype, made.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert sorted(codes) == sorted(f"{address}/sample-orders/find?number={one}" for one in numbers)
    assert (len(zxingcpp.read_barcodes(picture)), len(zxingcpp.read_barcodes(later))) == (9, 2)
    assert {one for one in numbers if one in text.split()} == set(numbers[:9])
    for said in ("样品 1 / 3 · A-1", "李〓", "氧化铝", "质谱仪 Q-TOF", "西南大学", "危险：有毒、易燃", "测后：销毁"):
        assert said in text
    assert ("整单，共 3 个样品" in text, "未声明危险" in later_text, "…" in later_text) == (True, True, True)
    client.set_cookie("language", "en")
    (english, _picture) = sheets(client.get(f"/api/v1/{path}&which=orders").data)[0]
    assert ("No danger declared" in english, "Southwest University" in english) == (True, True)


def test_a_label_on_the_page_has_no_style_of_its_own_and_leads_to_the_sample(
    client: FlaskClient, session: Session
) -> None:
    orders = make_orders(session, utcnow())
    order = accepted(orders)
    sign_in(client, session.get_one(User, orders.asker.id))

    page = client.get(f"/sample-orders/stickers?order={order.id}&which=samples").get_data(as_text=True)
    code = f"{order.number}-2"
    led = client.get(f"/sample-orders/find?number={code.lower()}")
    there = client.get(f"/sample-orders/{order.id}").get_data(as_text=True)

    assert (page.count("<svg"), page.count("style="), code in page) == (3, 0, True)
    assert f"/sample-orders/stickers.pdf?order={order.id}&amp;which=samples&amp;first=1" in page
    assert (led.status_code, led.location) == (303, f"/sample-orders/{order.id}#sample-2")
    assert ('id="sample-2"' in there, f"/sample-orders/stickers?order={order.id}" in there) == (True, True)
    assert client.get(f"/sample-orders/find?number={order.number}-9").location == f"/sample-orders/{order.id}"


def test_a_label_leads_nobody_else_anywhere_and_signs_one_in_first(client: FlaskClient, session: Session) -> None:
    orders = make_orders(session, utcnow())
    order = accepted(orders)
    find = f"/sample-orders/find?number={order.number}-1"

    first = client.get(find)
    sign_in(client, make_user(session, "stranger"))
    found = client.get(find)
    broken = client.get("/sample-orders/find?number=12")

    assert (first.status_code, urlsplit(first.location).path) == (303, "/sign-in")
    assert "find" in urlsplit(first.location).query
    assert (found.status_code, order.title in found.get_data(as_text=True)) == (404, False)
    assert (broken.status_code, 'id="problems-number"' in broken.get_data(as_text=True)) == (422, True)
    assert client.get(f"/sample-orders/stickers?order={order.id}").status_code == 404
    assert client.get(f"/sample-orders/stickers.pdf?order={order.id}").status_code == 404
    assert client.get(f"/api/v1/sample-orders?number={order.number}").get_json()["items"] == []


def test_who_asks_for_too_many_labels_gets_the_form_back_and_the_api_finds_by_what_stands_on_a_label(
    client: FlaskClient, session: Session
) -> None:
    orders = make_orders(session, utcnow())
    large = [accepted(orders, count=200), accepted(orders, count=200)]
    sign_in(client, session.get_one(User, orders.staff.id))
    asked = "&".join(f"order={one.id}" for one in large)

    refused = client.get(f"/sample-orders/stickers?{asked}")
    items = client.get(f"/api/v1/sample-orders?staffed=1&number={large[1].number}-7").get_json()["items"]

    typed = refused.get_data(as_text=True)
    assert (refused.status_code, 'id="problems-order"' in typed, typed.count(" checked")) == (422, True, 2)
    assert client.get(f"/api/v1/sample-orders/stickers.pdf?{asked}").status_code == 422
    assert [one["id"] for one in items] == [large[1].id]
