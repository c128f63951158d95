"""Asking, answering, wishes for time and public answers, through the pages, the API and the services."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.preparing import FilesRefused, Uploaded, prepare
from booking.attachments.rules import Limits
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.enquiries import queries, removing, service, wishes
from booking.enquiries.faq import add_faq, edit_faq
from booking.enquiries.forms import EnquiryForm, NewFaq, OfferForm, PeriodForm, WishAnswerForm
from booking.enquiries.withdrawing import withdraw_message
from booking.notifications.rendering import compose
from booking.reservations.board_queries import BoardRow, day_board
from booking.reservations.reasons import Code
from booking.reservations.refusals import ReservationRefused
from models.accounts import AuditEntry, User
from models.attachments import Attachment
from models.catalogue import Instrument
from models.custody import Stewardship
from models.enquiries import Enquiry, EnquiryMessage, FaqEntry
from models.reservations import Reservation
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, PublishingState, ShareMode
from models.vocabulary.custody import StewardRank
from models.vocabulary.enquiries import EnquiryState, WishAnswer, WishState
from models.vocabulary.reservations import ReservationState
from tests.counting import Statements, counting
from tests.factories.instruments import make_instrument
from tests.factories.letters import mailed
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.pictures import PDF, photo

LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=12)
DAYS = 2
DAY = timedelta(days=1)


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make_instrument(session, name_zh="离子研磨仪", name_en="Ion mill", booking_mode=BookingMode.ON_REQUEST)


@pytest.fixture
def steward(session: Session, instrument: Instrument) -> User:
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return user


@pytest.fixture
def asker(session: Session) -> User:
    return make_user(session, "asker", language=Language.ENGLISH)


def acting(session: Session, user: User, now: datetime) -> Actor:
    return actor_for(session, user, now=now)


def asked(session: Session, instrument: Instrument, asker: User, *hours: int, now: datetime) -> Enquiry:
    """A question, or with hours from now a wish of one hour each."""
    times = [now + timedelta(hours=hour) for hour in hours]
    periods = [PeriodForm(starts_at=start, ends_at=start + timedelta(hours=1)) for start in times]
    form = EnquiryForm(text="能做吗？", sample="粉末", periods=periods)
    who = acting(session, asker, now)
    made = service.ask(session, instrument.id, form, [], LIMITS, days=DAYS, actor=who, now=now)
    session.commit()
    return made


def of_the_page(statements: Statements) -> int:
    """How many statements the page itself took; announcements are read at their own pace."""
    return len([text for text in statements.texts if "announcements" not in text])


def accepting(session: Session, made: Enquiry, number: int = 0) -> WishAnswerForm:
    """The answer that takes one of the wished times."""
    return WishAnswerForm(answer=WishAnswer.ACCEPT, period_id=queries.periods_of(session, made.id)[number].id)


def boards(session: Session, steward: User, day: date, now: datetime) -> list[BoardRow]:
    """What the steward's board shows of a day."""
    return day_board(session, reach(acting(session, steward, now), Permission.SEE_BOOKINGS), day, now=now)


def letters(session: Session, now: datetime) -> list[tuple[str, str]]:
    return [(letter.recipient, letter.template) for letter in mailed(session, now=now)]


def test_a_question_goes_to_the_staff_with_a_due_time_in_working_days_and_the_answer_to_the_asker(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    friday = now + timedelta(days=4)
    made = asked(session, instrument, asker, now=friday)
    due = made.due_at
    first = letters(session, friday)

    staff = acting(session, steward, friday)
    service.add_message(session, made.id, "能，须干燥。", [], LIMITS, days=DAYS, actor=staff, now=friday)
    session.commit()
    second = letters(session, friday)

    assert due == datetime(2026, 12, 1, 15, 59, tzinfo=UTC)
    assert first == [("steward@example.org", "enquiries/asked")]
    assert second == [("asker@example.org", "enquiries/answered")]
    assert (made.state, made.due_at) == (EnquiryState.ANSWERED, None)
    facts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert facts == ["enquiries.asked", "enquiries.answered"]


def test_staff_are_reminded_once_when_an_answer_is_overdue(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    made, later = asked(session, instrument, asker, now=now), now + timedelta(days=5)
    letters(session, now)

    early, late = queries.overdue(session, now=now), queries.overdue(session, now=later)
    done = [service.remind(session, made.id, now=later), service.remind(session, made.id, now=later)]
    session.commit()

    assert (early, late, done) == ([], [made.id], [True, False])
    assert letters(session, later) == [("steward@example.org", "enquiries/overdue")]
    assert queries.overdue(session, now=later) == []


def test_primary_and_deputy_are_told_and_no_other_steward(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    ranks = {"deputy": StewardRank.DEPUTY, "primary": StewardRank.PRIMARY}
    for name, rank in ranks.items():
        user = make_user(session, name)
        give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
        session.add(Stewardship(instrument_id=instrument.id, rank=rank, user_id=user.id))
    made, later = asked(session, instrument, asker, now=now), now + timedelta(days=5)
    first = letters(session, now)
    service.remind(session, made.id, now=later)
    session.commit()

    both = ["primary@example.org", "deputy@example.org"]
    assert first == [(address, "enquiries/asked") for address in both]
    assert letters(session, later) == [(address, "enquiries/overdue") for address in both]


def test_only_the_asker_and_the_staff_read_a_thread(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    made, other = asked(session, instrument, asker, now=now), make_user(session, "other")

    with pytest.raises(NotFound):
        queries.thread_for(session, made.id, acting(session, other, now))

    for user in (asker, steward):
        thread = queries.thread_for(session, made.id, acting(session, user, now))
        assert [message.text for message in thread.messages] == ["能做吗？"]


def test_the_owner_accepts_one_of_the_wished_times(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    made = asked(session, instrument, asker, 24, 48, now=now)
    letters(session, now)
    wishes.answer_wish(session, made.id, accepting(session, made, 1), actor=acting(session, steward, now), now=now)
    session.commit()

    booked = session.get_one(Reservation, made.reservation_id)
    assert (made.wish_state, made.agreed_starts_at) == (WishState.AGREED, now + timedelta(hours=48))
    assert (booked.booked_by_id, booked.state, booked.starts_at) == (
        asker.id,
        ReservationState.CONFIRMED,
        now + timedelta(hours=48),
    )
    assert letters(session, now) == [
        ("asker@example.org", "reservations/confirmed"),
        ("asker@example.org", "enquiries/wish_answered"),
    ]
    assert [row.instrument.id for row in boards(session, steward, local_date(booked.starts_at), now)] == [instrument.id]
    assert boards(session, steward, local_date(booked.starts_at + timedelta(days=1)), now) == []


def test_a_time_that_was_promised_to_one_is_promised_to_nobody_else(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    first, second = (asked(session, instrument, one, 24, 48, now=now) for one in (asker, make_user(session, "other")))
    staff, start = acting(session, steward, now), now + timedelta(hours=24)
    wishes.answer_wish(session, first.id, accepting(session, first), actor=staff, now=now)
    session.commit()
    offer = {"answer": WishAnswer.OFFER, "starts_at": start, "ends_at": start + timedelta(hours=1)}

    for form in (accepting(session, second), WishAnswerForm(**offer), WishAnswerForm(**offer, override_reason="急")):
        with pytest.raises(ReservationRefused) as refused:
            wishes.answer_wish(session, second.id, form, actor=staff, now=now)
        session.rollback()
        assert [one.code for one in refused.value.refusals] == [Code.SLOT_TAKEN]

    assert (second.wish_state, second.reservation_id, count(session, Reservation)) == (WishState.ASKED, None, 1)


def test_rules_are_set_aside_for_a_wish_with_a_reason_only(
    session: Session, steward: User, asker: User, now: datetime
) -> None:
    closed = ((1, 480, 540),)
    strict = make_instrument(session, hours=closed, booking_mode=BookingMode.ON_REQUEST)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, strict.id)
    made, staff = asked(session, strict, asker, 24, now=now), acting(session, steward, now)
    form = accepting(session, made)

    with pytest.raises(ReservationRefused) as refused:
        wishes.answer_wish(session, made.id, form, actor=staff, now=now)
    session.rollback()
    why = form.model_copy(update={"override_reason": "与用户约好"})
    wishes.answer_wish(session, made.id, why, actor=staff, now=now)
    session.commit()

    set_aside = session.scalars(select(AuditEntry).where(AuditEntry.action == "reservations.rules_overridden")).one()
    assert [one.code for one in refused.value.refusals] == [Code.CLOSED]
    assert (set_aside.reason, set_aside.after, made.wish_state) == (
        "与用户约好",
        {"set_aside": ["closed"]},
        WishState.AGREED,
    )


def test_an_offer_sets_aside_what_its_owner_set_aside_and_nothing_that_came_later(
    session: Session, steward: User, asker: User, now: datetime
) -> None:
    strict = make_instrument(session, hours=((1, 480, 540),), booking_mode=BookingMode.ON_REQUEST)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, strict.id)
    made, staff, start = asked(session, strict, asker, 24, now=now), acting(session, steward, now), now + 3 * DAY
    times = {"starts_at": start, "ends_at": start + timedelta(hours=2)}
    offer = WishAnswerForm(answer=WishAnswer.OFFER, override_reason="与用户约好", **times)
    wishes.answer_wish(session, made.id, offer, actor=staff, now=now)
    usual, strict.share_mode = strict.share_mode, ShareMode.NONE
    session.commit()
    taking: dict[str, Any] = {"days": DAYS, "actor": acting(session, asker, now), "now": now}

    with pytest.raises(ReservationRefused) as refused:
        wishes.settle_offer(session, made.id, OfferForm(accepts=True), **taking)
    session.rollback()
    strict.share_mode = usual
    session.commit()
    wishes.settle_offer(session, made.id, OfferForm(accepts=True), **taking)
    session.commit()

    assert Code.NOT_SHARED in [one.code for one in refused.value.refusals]
    logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "reservations.rules_overridden")).one()
    assert (logged.actor_id, logged.reason, logged.after) == (None, "与用户约好", {"set_aside": ["closed"]})


def test_technicians_say_no_to_a_wish_and_give_no_time(
    session: Session, instrument: Instrument, asker: User, now: datetime
) -> None:
    technician = make_user(session, "technician")
    give(session, technician, Role.TECHNICIAN, ScopeKind.INSTRUMENT, instrument.id)
    made, who = asked(session, instrument, asker, 24, now=now), acting(session, technician, now)

    for form in (accepting(session, made), WishAnswerForm(answer=WishAnswer.OFFER)):
        with pytest.raises(Forbidden):
            wishes.answer_wish(session, made.id, form, actor=who, now=now)
    session.rollback()
    no = WishAnswerForm(answer=WishAnswer.REFUSE, message="检修")
    wishes.answer_wish(session, made.id, no, actor=who, now=now)

    assert (made.wish_state, count(session, Reservation)) == (WishState.REFUSED, 0)


def test_the_letter_of_a_no_gives_the_reason_to_the_asker(
    app: Flask, session: Session, instrument: Instrument, steward: User, now: datetime
) -> None:
    made = asked(session, instrument, make_user(session, "asker"), 24, now=now)
    mailed(session, now=now)
    no = WishAnswerForm(answer=WishAnswer.REFUSE, message="这一周检修，下月再来。")

    wishes.answer_wish(session, made.id, no, actor=acting(session, steward, now), now=now)
    session.commit()
    [letter] = mailed(session, now=now)
    with app.app_context():
        text = compose(letter, "https://instruments.example.cn").text

    assert (letter.recipient, letter.template) == ("asker@example.org", "enquiries/wish_answered")
    assert "机主这次不能安排，理由如下。" in text
    assert "这一周检修，下月再来。" in text


def test_staff_may_write_while_a_wish_waits_and_its_due_time_stays(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    made = asked(session, instrument, asker, 24, now=now)
    due, staff = made.due_at, acting(session, steward, now)

    service.add_message(session, made.id, "样品多厚？", [], LIMITS, days=DAYS, actor=staff, now=now)
    session.commit()
    waiting = (made.state, made.due_at, made.wish_state)
    wishes.answer_wish(session, made.id, accepting(session, made), actor=staff, now=now)

    assert waiting == (EnquiryState.WAITING, due, WishState.ASKED)
    assert (made.state, made.due_at) == (EnquiryState.ANSWERED, None)


@pytest.mark.parametrize(("accepts", "state"), [(True, WishState.AGREED), (False, WishState.DECLINED)])
def test_the_owner_offers_another_time_and_the_asker_takes_or_declines_it(
    session: Session,
    instrument: Instrument,
    steward: User,
    asker: User,
    *,
    now: datetime,
    accepts: bool,
    state: WishState,
) -> None:
    made, start = asked(session, instrument, asker, 24, now=now), now + timedelta(hours=72)
    offer = WishAnswerForm(answer=WishAnswer.OFFER, starts_at=start, ends_at=start + timedelta(hours=2))
    wishes.answer_wish(session, made.id, offer, actor=acting(session, steward, now), now=now)
    session.commit()
    letters(session, now)

    with pytest.raises(Forbidden):
        wishes.settle_offer(
            session, made.id, OfferForm(accepts=True), days=DAYS, actor=acting(session, steward, now), now=now
        )
    form = OfferForm(accepts=accepts)
    wishes.settle_offer(session, made.id, form, days=DAYS, actor=acting(session, asker, now), now=now)
    session.commit()

    assert made.wish_state == state
    assert made.agreed_starts_at == (start if accepts else None)
    assert (made.reservation_id is not None, count(session, Reservation)) == (accepts, int(accepts))
    assert (made.due_at is None) == accepts
    booked = [("asker@example.org", "reservations/confirmed")] if accepts else []
    assert letters(session, now) == [*booked, ("steward@example.org", "enquiries/wish_settled")]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"answer": "refuse"}, id="no without a reason"),
        pytest.param({"answer": "accept"}, id="accepting nothing"),
        pytest.param({"answer": "accept", "period_id": 999}, id="a time that nobody named"),
        pytest.param({"answer": "offer"}, id="offering nothing"),
        pytest.param(
            {"answer": "offer", "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-01T01:00:00Z"}, id="the past"
        ),
    ],
)
def test_an_answer_to_a_wish_must_be_whole(
    session: Session, instrument: Instrument, steward: User, asker: User, *, now: datetime, form: dict[str, Any]
) -> None:
    made = asked(session, instrument, asker, 24, now=now)

    with pytest.raises(InvalidInput):
        wishes.answer_wish(session, made.id, WishAnswerForm(**form), actor=acting(session, steward, now), now=now)

    session.rollback()
    assert session.get_one(Enquiry, made.id).wish_state == WishState.ASKED


def test_instruments_that_are_booked_here_take_questions_but_no_wishes(
    session: Session, steward: User, asker: User, now: datetime
) -> None:
    here = make_instrument(session)

    with pytest.raises(service.NoWishes):
        asked(session, here, asker, 24, now=now)
    session.rollback()

    assert asked(session, here, asker, now=now).wish_state is None


def test_nobody_asks_more_than_twenty_times_a_day_nor_about_what_is_not_public(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    draft = make_instrument(session, publishing_state=PublishingState.DRAFT)
    for _ in range(20):
        asked(session, instrument, asker, now=now)

    with pytest.raises(service.TooManyEnquiries):
        asked(session, instrument, asker, now=now)
    session.rollback()
    with pytest.raises(NotFound):
        asked(session, draft, asker, now=now)
    session.rollback()

    assert count(session, Enquiry) == 20


def test_an_asker_has_a_share_of_the_room_and_staff_take_a_file_away_with_a_reason(
    session: Session, instrument: Instrument, steward: User, asker: User, now: datetime
) -> None:
    made, staff, who = asked(session, instrument, asker, now=now), *(acting(session, u, now) for u in (steward, asker))
    files = prepare([Uploaded("样品.pdf", PDF)], LIMITS)
    tight = replace(LIMITS, share_bytes=len(PDF), quota_bytes=2 * len(PDF))
    send = partial(service.add_message, session, made.id, "附件", files, tight, days=DAYS, now=now)
    send(actor=who)
    with pytest.raises(FilesRefused) as over_share:
        send(actor=who)
    session.rollback()
    send(actor=who)
    send(actor=staff)
    with pytest.raises(FilesRefused) as over_quota:
        service.add_message(
            session, made.id, "又", files, replace(tight, share_bytes=10**6), days=1, actor=who, now=now
        )
    session.commit()
    letters(session, now)
    sent = session.scalars(select(Attachment).where(Attachment.uploaded_by_id == asker.id)).one()
    digest = sent.sha256

    with pytest.raises(Forbidden):
        removing.remove_file(session, made.id, sent.id, "太大", actor=who, now=now)
    service.close(session, made.id, actor=staff, now=now)
    removing.remove_file(session, made.id, sent.id, "太大", actor=staff, now=now)
    session.commit()

    used = [problem.values for refused in (over_share, over_quota) for problem in refused.value.problems]
    assert [sorted(values) for values in used] == [["share", "used"], []]
    thread = queries.thread_for(session, made.id, who)
    assert [file.uploaded_by_id for file in thread.files] == [steward.id]
    assert (thread.messages[-1].removed_file, thread.messages[-1].text) == ("样品.pdf", "太大")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "attachments.removed")).one()
    assert (entry.before or {})["sha256"] == digest
    assert letters(session, now)[-1] == ("asker@example.org", "enquiries/file_removed")


def test_a_whole_conversation_by_the_pages(
    app: Flask, session: Session, client: FlaskClient, instrument: Instrument, *, steward: User, asker: User
) -> None:
    staff = app.test_client()
    sign_in(client, asker)
    sign_in(staff, steward)
    first = {"text": "能做粉末吗？", "sample": "氧化铝", "starts_2": "2099-01-05T09:00", "ends_2": "2099-01-05T11:00"}
    files = [(io.BytesIO(photo()), "样品.jpg"), (io.BytesIO(PDF), "说明.pdf")]

    sent = client.post(f"/instruments/{instrument.id}/enquire", data={**first, "files": files, "idempotency_key": "k"})
    thread = sent.location
    waiting = staff.get("/enquiries/waiting").get_data(as_text=True)
    board = staff.get("/board").get_data(as_text=True)
    period_id = client.get(f"/api/v1{thread}").get_json()["periods"][0]["id"]
    staff.post(
        f"{thread}/answer-wish",
        data={"answer": "accept", "period_id": period_id, "message": "能，须干燥。", "override_reason": "约好"},
    )
    page, answered = (one.get(path).get_data(as_text=True) for one, path in ((client, thread), (staff, "/board")))
    closed = [
        client.post(f"{thread}/close").status_code,
        client.post(f"{thread}/messages", data={"text": "x"}).status_code,
    ]
    client.post(f"{thread}/reopen")
    client.post(f"{thread}/messages", data={"text": "谢谢"})

    look_again(session)
    made = session.scalars(select(Enquiry)).one()
    picture = session.scalars(select(Attachment).order_by(Attachment.id)).first()
    assert picture is not None
    assert "氧化铝" in waiting
    assert (board.count(f'href="{thread}"'), "时间意向" in board) == (1, True)
    assert thread not in answered
    assert "能，须干燥。" in page
    assert "Agreed time: " in page
    assert page.count('href="/reservations/') == 1
    assert closed == [303, 409]
    assert (made.state, count(session, EnquiryMessage), count(session, Attachment)) == (EnquiryState.WAITING, 3, 2)
    assert client.get(f"{thread}/attachments/{picture.id}/96").mimetype == "image/jpeg"


def test_what_was_typed_stays_when_times_are_wrong(client: FlaskClient, instrument: Instrument, asker: User) -> None:
    sign_in(client, asker)
    wrong = {"text": "能做吗", "starts_3": "2099-01-05T11:00", "ends_3": "2099-01-05T09:00"}

    answer = client.post(f"/instruments/{instrument.id}/enquire", data=wrong)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="problems-starts_3"' in page
    assert "2099-01-05T11:00" in page


def test_a_good_answer_becomes_a_common_question_on_the_page(
    app: Flask,
    session: Session,
    client: FlaskClient,
    instrument: Instrument,
    *,
    steward: User,
    asker: User,
    now: datetime,
) -> None:
    made = asked(session, instrument, asker, now=now)
    sign_in(client, steward)
    shown, nobody = f"/instruments/{instrument.id}", app.test_client()
    path = f"{shown}/faq"
    nobody.get(shown)
    with counting() as without:
        nobody.get(shown)

    draft = client.get(f"{path}?enquiry={made.id}").get_data(as_text=True)
    half = client.post(path, data={"question_zh": "能做粉末吗？"})
    for number in (1, 2):
        client.post(
            path, data={"question_zh": f"问题{number}", "answer_zh": "能。", "question_en": "Q", "answer_en": "Yes."}
        )
    look_again(session)
    first, second = session.scalars(select(FaqEntry).order_by(FaqEntry.id)).all()
    client.post(f"{path}/{second.id}/move", data={"places": "-1"})
    client.post(
        f"{path}/{first.id}", data={"question_zh": "改过", "answer_zh": "不能。", "version": str(first.version + 1)}
    )
    with counting() as with_entries:
        page = nobody.get(shown).get_data(as_text=True)
    listed = nobody.get(f"/api/v1{path}").get_json()["items"]
    client.post(f"{path}/{first.id}/remove")

    assert "能做吗？" in draft
    assert half.status_code == 422
    assert [one["question_zh"] for one in listed] == ["问题2", "改过"]
    assert page.index("问题2") < page.index("改过")
    assert of_the_page(with_entries) == of_the_page(without)
    assert count(session, FaqEntry) == 1


def test_who_asked_takes_words_files_and_what_was_made_public_of_them_back(
    session: Session, client: FlaskClient, instrument: Instrument, *, steward: User, asker: User, now: datetime
) -> None:
    made, staff, own = (
        asked(session, instrument, asker, now=now),
        acting(session, steward, now),
        acting(session, asker, now),
    )
    files = prepare([Uploaded("样品.jpg", photo())], LIMITS)
    service.add_message(session, made.id, "照片", files, LIMITS, days=DAYS, actor=own, now=now)
    service.add_message(session, made.id, "能。", [], LIMITS, days=DAYS, actor=staff, now=now)
    pair = {"question_zh": "能做粉末吗？", "answer_zh": "能。"}
    for enquiry_id in (made.id, None):
        add_faq(session, instrument.id, NewFaq(**pair, enquiry_id=enquiry_id), actor=staff, now=now)
    session.commit()
    later = now + DAY
    thanks = service.add_message(session, made.id, "谢谢", [], LIMITS, days=DAYS, actor=own, now=later)
    withdraw_message(session, made.id, thanks.id, actor=own, now=later)
    session.commit()
    mailed(session, now=later)
    public = list(session.scalars(select(FaqEntry.taken_back_at)))
    messages = session.scalars(select(EnquiryMessage).order_by(EnquiryMessage.id)).all()
    for step, number, who in ((withdraw_message, messages[0].id, staff), (withdraw_message, messages[2].id, own)):
        with pytest.raises(Forbidden):
            step(session, made.id, number, actor=who, now=now)
    sign_in(client, asker)
    file_id = session.scalars(select(Attachment.id)).one()
    session.rollback()

    for message in messages[:2]:
        client.post(f"/enquiries/{made.id}/messages/{message.id}/withdraw")
    client.post(f"/enquiries/{made.id}/attachments/{file_id}/withdraw")
    page = client.get(f"/enquiries/{made.id}?lang=zh").get_data(as_text=True)
    look_again(session)
    told = [letter for letter in mailed(session, now=later) if letter.template == "enquiries/withdrawn"]

    assert [one.text for one in session.scalars(select(EnquiryMessage).order_by(EnquiryMessage.id))] == [
        *("", "", "能。", "")
    ]
    assert public == [None, None]
    assert [(letter.recipient, letter.values["faq_removed"]) for letter in told] == [
        (steward.email, 1),
        (steward.email, 0),
    ]
    assert ("能做吗？" in page, "粉末" in page, "能。" in page) == (False, False, True)
    kept = session.scalars(select(FaqEntry).order_by(FaqEntry.id)).all()
    assert [(one.question_zh, one.answer_zh, one.taken_back_at is None) for one in kept] == [
        ("", "能。", False),
        ("能做粉末吗？", "能。", True),
    ]
    assert (count(session, Attachment), session.get_one(Enquiry, made.id).sample) == (0, "")
    withdrawn = select(AuditEntry.after).where(AuditEntry.action == "enquiries.withdrawn").order_by(AuditEntry.id)
    assert [entry and entry["message_id"] for entry in session.scalars(withdrawn)] == [
        *(thanks.id, messages[0].id, messages[1].id)
    ]


def test_an_entry_edited_after_a_message_goes_with_it_and_its_place_alone_publishes_nothing(
    session: Session, instrument: Instrument, *, steward: User, asker: User, now: datetime
) -> None:
    made, later = asked(session, instrument, asker, now=now), now + DAY
    staff, own = acting(session, steward, now), acting(session, asker, now)
    pair = NewFaq(question_zh="能做吗？", answer_zh="能。", enquiry_id=made.id)
    entry = add_faq(session, instrument.id, pair, actor=staff, now=now)
    said = service.add_message(session, made.id, "是机密粉末", [], LIMITS, days=DAYS, actor=own, now=later)
    edit_faq(session, instrument.id, entry.id, {"answer_zh": "机密粉末也能。"}, actor=staff, now=later)

    withdraw_message(session, made.id, said.id, actor=own, now=later + DAY)
    moved = edit_faq(session, instrument.id, entry.id, {"position": 1}, actor=staff, now=later + DAY)

    assert (moved.question_zh, moved.taken_back_at) == ("", later + DAY)


def test_what_was_taken_back_is_not_published_again_and_its_answer_waits_for_the_staff(
    app: Flask,
    session: Session,
    client: FlaskClient,
    instrument: Instrument,
    *,
    steward: User,
    asker: User,
    now: datetime,
) -> None:
    made, own = asked(session, instrument, asker, now=now), acting(session, asker, now)
    sign_in(client, steward)
    shown, nobody = f"/instruments/{instrument.id}", app.test_client()
    words = {"question_zh": "能做机密粉末吗？", "answer_zh": "能做机密粉末。", "enquiry_id": made.id}
    client.post(f"{shown}/faq", data=words)
    look_again(session)
    first = session.scalars(select(FaqEntry)).one()
    client.post(f"{shown}/faq/{first.id}", data={**words, "question_zh": "机密粉末？", "version": first.version})
    look_again(session)
    message_id = session.scalars(select(EnquiryMessage.id)).one()
    seen = session.get_one(Enquiry, made.id).version
    withdraw_message(session, made.id, message_id, actor=own, now=utcnow())
    session.commit()

    late = [client.post(f"{shown}/faq", data={**words, **more}) for more in ({"enquiry_version": seen}, {})]
    listed = [one.get(f"/api/v1{shown}/faq").get_json()["items"] for one in (client, nobody)]
    page, form = (one.get(path).get_data(as_text=True) for one, path in ((nobody, shown), (client, f"{shown}/faq")))
    look_again(session)
    stored = [(one.id, one.question_zh, one.answer_zh) for one in session.scalars(select(FaqEntry))]
    asked_anew = client.post(f"{shown}/faq/{first.id}", data={"question_zh": "粉末可以吗？", "answer_zh": "可以。"})
    again = nobody.get(shown).get_data(as_text=True)
    look_again(session)

    assert [answer.status_code for answer in late] == [409, 409]
    assert not any("机密" in answer.get_data(as_text=True).replace("能做机密粉末。", "") for answer in late)
    assert stored == [(first.id, "", "能做机密粉末。")]
    assert [[one["id"] for one in items] for items in listed] == [[first.id], []]
    assert ("机密" in page, "（提问人已撤回问题）" in form) == (False, True)
    assert (asked_anew.status_code, "粉末可以吗？" in again) == (303, True)
    of_faq = select(AuditEntry).where(AuditEntry.action.startswith("enquiries.faq_")).order_by(AuditEntry.id)
    log = session.scalars(of_faq).all()
    assert [entry.action for entry in log] == [
        f"enquiries.faq_{x}" for x in ("added", "edited", "taken_back", "edited")
    ]
    assert "机密" not in "".join(f"{entry.before}{entry.after}" for entry in log)
    look_again(session)
    withdraw_message(session, made.id, message_id, actor=own, now=utcnow())
    assert session.get_one(FaqEntry, first.id, populate_existing=True).question_zh == ""
