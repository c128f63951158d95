"""Asking with files, a wish with several times that becomes a booking, a photo, and an answer made public."""

from datetime import datetime, timedelta

from playwright.sync_api import FilePayload, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.web.filters import local_input
from models.enquiries import Enquiry
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.enquiries import WishState
from tests.factories.instruments import make_instrument
from tests.factories.people import give, make_user
from tests.factories.pictures import photo
from tests.journeys.conftest import PHONE, OpenContext

PHOTO: FilePayload = {"name": "样品.jpg", "mimeType": "image/jpeg", "buffer": photo()}


def at(days: int) -> datetime:
    return at_local(local_date(utcnow()) + timedelta(days=days), 9 * 60)


def test_a_wish_with_three_times_and_a_photo_becomes_a_booking_and_its_answer_a_common_question(
    open_context: OpenContext, session: Session
) -> None:
    instrument = make_instrument(session, name_zh="离子研磨仪", booking_mode=BookingMode.ON_REQUEST)
    steward, asker = make_user(session, "ion-steward"), make_user(session, "ion-asker")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    staff, user = open_context(steward).new_page(), open_context(asker, viewport=PHONE).new_page()

    staff.goto(f"/catalogue/{instrument.id}/attachments")
    staff.locator("[name=files]").set_input_files(PHOTO)
    staff.get_by_role("button", name="上传").click()
    expect(staff.get_by_text("待审查，尚未公开")).to_be_visible()

    user.goto(f"/instruments/{instrument.id}/enquire")
    user.locator("[name=text]").fill("能做氧化铝粉末吗？")
    for number in (1, 2, 3):
        user.locator(f"[name=starts_{number}]").fill(local_input(at(number + 1)))
        user.locator(f"[name=ends_{number}]").fill(local_input(at(number + 1) + timedelta(hours=2)))
    user.locator("[name=files]").set_input_files(PHOTO)
    user.locator("main form button[type=submit]").last.click()
    expect(user.get_by_text("时间待定")).to_be_visible()
    expect(user.locator("img.photo")).to_be_visible()

    staff.goto("/board")
    staff.get_by_role("link", name="离子研磨仪").click()
    period_id = staff.locator("[name=period_id] option").nth(1).get_attribute("value")
    staff.locator("[name=period_id]").select_option(period_id)
    staff.locator("[name=message]").fill("能，请先干燥。")
    staff.locator("#wish").get_by_role("button", name="答复").click()
    expect(staff.get_by_text("时间已商定")).to_be_visible()
    staff.get_by_role("link", name="公开为常见问题").click()
    staff.locator("[name=question_zh]").fill("能做粉末吗？")
    staff.locator("[name=answer_zh]").fill("能，须先干燥。")
    staff.get_by_role("button", name="公开", exact=True).click()

    user.reload()
    user.get_by_role("link", name="查看预约").click()
    expect(user.get_by_role("heading", name="离子研磨仪")).to_be_visible()
    user.goto(f"/instruments/{instrument.id}")
    expect(user.get_by_text("能做粉末吗？")).to_be_visible()

    made = session.scalars(select(Enquiry).where(Enquiry.instrument_id == instrument.id)).one()
    booked = session.scalars(select(Reservation).where(Reservation.instrument_id == instrument.id)).one()
    assert (made.wish_state, made.reservation_id) == (WishState.AGREED, booked.id)
    assert (booked.booked_by_id, booked.starts_at) == (asker.id, at(3))
