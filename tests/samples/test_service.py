"""Sample orders through the services: quotes, parcels, runs, results, ends, and who is told."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.preparing import FilesRefused
from booking.charges.windows import Windows
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.core.period import Period
from booking.privacy.queries import HindranceKind, hindrances
from booking.privacy.traces import Person, erase_return_addresses
from booking.reservations.refusals import ReservationRefused
from booking.samples import handling, lists, queries, quoting
from booking.samples.forms import GiveBackForm, QuoteLineForm, RecordForm, SampleQuoteForm, SettleForm
from booking.samples.lists import Show, Wanted
from booking.samples.removing import IsResult, remove_file
from booking.samples.service import TakesNoSamples, add_message
from booking.samples.stepping import NotNow
from booking.samples.whole import whole_order
from models.accounts import User
from models.attachments import Attachment
from models.catalogue import Instrument, TestItem
from models.directory import Organisation
from models.pricing import ReservationQuote
from models.reservations import Claim, Reservation
from models.samples import Sample, SampleOrder, SampleOrderStep, SampleResult
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState, Audience
from models.vocabulary.catalogue import BookingMode, PublishingState, ShareMode
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.pricing import LineKind
from models.vocabulary.reservations import ReservationState
from models.vocabulary.samples import Leftover, SampleOrderState, SampleState, Settling
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user
from tests.factories.pictures import PDF
from tests.factories.prices import make_hourly_price
from tests.factories.samples import LIMITS, Orders, pdf, request_form

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MakeOrders = Callable[[User], Orders]
WINDOWS = Windows()


@pytest.fixture
def instrument(session: Session) -> Instrument:
    policy = {"closes_on_holidays": False}
    return make_instrument(session, name_zh="质谱仪", name_en="Mass spectrometer", policy=policy)


@pytest.fixture
def steward(session: Session, instrument: Instrument) -> User:
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return user


@pytest.fixture
def asker(session: Session) -> User:
    return make_user(session, "asker")


@pytest.fixture
def made(session: Session, instrument: Instrument, steward: User, now: datetime) -> MakeOrders:
    def between(asker: User) -> Orders:
        staff = actor_for(session, steward, now=now)
        return Orders(session, instrument.id, actor_for(session, asker, now=now), staff, now)

    return between


@pytest.fixture
def orders(made: MakeOrders, asker: User) -> Orders:
    return made(asker)


@pytest.fixture
def soon(now: datetime) -> Period:
    return Period(now + 30 * timedelta(minutes=1), now + 3 * HOUR + 30 * timedelta(minutes=1))


def letters(session: Session, now: datetime) -> list[tuple[str, str]]:
    return [(letter.recipient.partition("@")[0], letter.values["step"]) for letter in mailed(session, now=now)]


def states(session: Session, order: SampleOrder) -> list[str]:
    return [one.state.value for one in queries.samples_of(session, order.id)]


def test_an_order_is_led_from_the_request_to_the_end_and_each_step_tells_the_other_side(
    session: Session, orders: Orders, soon: Period, now: datetime
) -> None:
    order = orders.received(orders.sent())
    place = queries.place_of(session, order)
    run = orders.run(order, period=soon)
    orders.reported(order, [1], is_final=False)
    half = (order.state, states(session, order))
    orders.reported(order)
    handling.approve_results(session, order.id, windows=WINDOWS, actor=orders.asker, now=now)
    handling.give_back(session, order.id, GiveBackForm(how=Leftover.DISPOSE), actor=orders.staff, now=now)
    session.commit()

    assert (order.number, place) == (f"WT20261123-{order.id:05d}", 1)
    assert half == (SampleOrderState.TESTING, ["tested", "received", "received"])
    assert (order.state, order.given_back, states(session, order)) == (
        SampleOrderState.DONE,
        Leftover.DISPOSE,
        ["tested"] * 3,
    )
    assert session.get_one(Reservation, run.reservation_id).booked_by_id == orders.staff.id
    digests = {one.attachment.sha256 for one in whole_order(session, order.id, orders.asker).results}
    assert digests == {hashlib.sha256(PDF).hexdigest()}
    steps = session.scalars(select(SampleOrderStep.step).order_by(SampleOrderStep.id)).all()
    assert " ".join(steps) == "request quote accept send receive run report report approve give_back"
    told = _told(session, now)
    assert told == [
        ("steward", "request"),
        ("asker", "quote"),
        ("steward", "accept"),
        ("steward", "send"),
        ("asker", "receive"),
        ("steward", "reservations/confirmed"),
        ("asker", "run"),
        ("asker", "report"),
        ("asker", "report"),
        ("steward", "approve"),
        ("asker", "charges/changed"),
        ("asker", "give_back"),
    ]


def _told(session: Session, now: datetime) -> list[tuple[str, str]]:
    return [
        (one.recipient.partition("@")[0], one.values["step"] if one.template.startswith("samples") else one.template)
        for one in mailed(session, now=now)
    ]


def test_a_run_takes_time_for_several_orders_that_nobody_else_can_have(
    session: Session, orders: Orders, instrument: Instrument, steward: User, *, soon: Period, now: datetime
) -> None:
    make_hourly_price(session, instrument, 10_000, steward)
    first, second, third = (orders.received() for _ in range(3))
    orders.run(first, second, period=soon)
    session.commit()

    with pytest.raises(ReservationRefused):
        orders.run(third, period=soon)
    session.rollback()

    held = session.scalars(select(Reservation)).one()
    assert (held.purpose, held.starts_at) == (f"{first.number}, {second.number}", soon.start)
    assert (count(session, Claim), count(session, ReservationQuote)) == (1, 0)
    kept = {one.id: one.state for one in session.scalars(select(SampleOrder))}
    assert [kept[one.id].value for one in (first, second, third)] == ["testing", "testing", "queued"]
    assert queries.place_of(session, session.get_one(SampleOrder, third.id)) == 1


@pytest.mark.parametrize("mode", [BookingMode.NONE, BookingMode.ON_REQUEST])
def test_staff_take_time_on_an_instrument_that_nobody_books_here(
    session: Session, orders: Orders, instrument: Instrument, soon: Period, mode: BookingMode
) -> None:
    instrument.booking_mode = mode
    session.commit()

    orders.run(orders.received(), period=soon)
    session.commit()

    assert count(session, Claim) == 1


def test_technicians_handle_samples_and_make_no_quotes(
    session: Session, orders: Orders, instrument: Instrument, soon: Period, now: datetime
) -> None:
    technician = make_user(session, "technician")
    give(session, technician, Role.TECHNICIAN, ScopeKind.INSTRUMENT, instrument.id)
    asked, sent = orders.asked(), orders.sent()
    theirs = Orders(session, instrument.id, orders.asker, actor_for(session, technician, now=now), now)

    with pytest.raises(Forbidden):
        theirs.quoted(asked)
    with pytest.raises(Forbidden):
        _cancel(theirs, sent, by_staff=True)
    theirs.run(theirs.received(sent), period=soon)

    assert (asked.state, sent.state) == (SampleOrderState.REQUESTED, SampleOrderState.TESTING)


def _cancel(orders: Orders, order: SampleOrder, *, by_staff: bool) -> SampleOrder:
    who = orders.staff if by_staff else orders.asker
    return handling.cancel_order(orders.session, order.id, reason="停", windows=WINDOWS, actor=who, now=orders.now)


def test_what_differs_is_asked_about_and_the_answer_goes_on_with_what_is_there(
    session: Session, orders: Orders, now: datetime
) -> None:
    order = orders.received(damaged=[1], missing=[3], note="破损")
    asked = (order.state, order.queued_at, states(session, order))

    handling.settle_mismatch(
        session, order.id, SettleForm(answer=Settling.GO_ON), windows=WINDOWS, actor=orders.asker, now=now
    )
    settled = states(session, order)
    found = RecordForm(state=SampleState.RECEIVED)
    handling.record_sample(session, order.id, 3, found, actor=orders.staff, now=now)
    session.commit()

    assert asked == (SampleOrderState.QUESTIONED, None, ["damaged", "received", "missing"])
    assert (order.state, settled) == (SampleOrderState.QUEUED, ["received", "received", "missing"])
    assert states(session, order) == ["received"] * 3
    told = [letter.values["state"] for letter in mailed(session, now=now) if letter.values.get("step") == "receive"]
    assert told == ["questioned"]
    assert [one.condition for one in session.scalars(select(Sample).order_by(Sample.position))] == ["破损", "", "破损"]


def test_without_anything_at_hand_an_order_cannot_go_on_and_may_be_sent_back(
    session: Session, orders: Orders, now: datetime
) -> None:
    form = request_form(leftover=Leftover.RETURN, return_address="北碚")
    order = orders.received(
        orders.sent(orders.accepted(orders.quoted(orders.asked(form)))), missing=[1, 2, 3], note="空"
    )

    with pytest.raises(InvalidInput):
        handling.settle_mismatch(
            session, order.id, SettleForm(answer=Settling.GO_ON), windows=WINDOWS, actor=orders.asker, now=now
        )
    handling.settle_mismatch(
        session, order.id, SettleForm(answer=Settling.RETURN), windows=WINDOWS, actor=orders.asker, now=now
    )
    back = GiveBackForm(how=Leftover.RETURN, courier="顺丰", tracking_number="SF1")
    with pytest.raises(InvalidInput):
        handling.give_back(session, order.id, back, actor=orders.staff, now=now)
    session.commit()

    waiting = lists.waiting_count(session, reach(orders.staff, Permission.SEE_SAMPLE_ORDERS))
    assert (order.state, order.given_back, waiting) == (SampleOrderState.CANCELLED, None, 0)
    assert queries.open_steps(session, order, orders.staff) == []


def test_others_than_those_announced_are_sent_back_with_how_they_travel(
    session: Session, orders: Orders, now: datetime
) -> None:
    order = orders.received(missing=[1, 2, 3], extra=2, note="送错")
    _cancel(orders, order, by_staff=True)

    with pytest.raises(InvalidInput):
        handling.give_back(session, order.id, GiveBackForm(how=Leftover.RETURN), actor=orders.staff, now=now)
    back = GiveBackForm(how=Leftover.RETURN, courier="顺丰", tracking_number="SF1")
    handling.give_back(session, order.id, back, actor=orders.staff, now=now)
    session.commit()

    assert (order.given_back, order.return_number) == (Leftover.RETURN, "SF1")


def test_an_order_that_is_cancelled_midway_keeps_what_had_been_done(
    session: Session, orders: Orders, soon: Period, now: datetime
) -> None:
    order = orders.received()
    orders.run(order, period=soon)
    lost = RecordForm(state=SampleState.LOST, note="滑落")
    handling.record_sample(session, order.id, 3, lost, actor=orders.staff, now=now)
    orders.reported(order, [1], is_final=False)
    _cancel(orders, order, by_staff=False)
    session.commit()

    last = session.scalars(select(SampleOrderStep).order_by(SampleOrderStep.id.desc())).first()
    assert last is not None
    assert last.facts == {"received": 3, "tested": 1, "failed": 0, "results": 1}
    assert states(session, order) == ["tested", "received", "lost"]
    told = [letter for letter in mailed(session, now=now) if letter.template.startswith("reservations/cancelled")]
    assert [(one.template, one.recipient, one.values["is_outside"], one.values["is_by_staff"]) for one in told] == [
        ("reservations/cancelled", orders.staff.email, False, False)
    ]


def test_a_dispute_goes_back_to_the_staff_who_test_again_or_uphold(
    session: Session, orders: Orders, soon: Period, now: datetime
) -> None:
    order = orders.received()
    orders.run(order, period=soon)
    orders.reported(order)
    handling.dispute_results(session, order.id, reason="偏高", actor=orders.asker, now=now)
    with pytest.raises(Forbidden):
        handling.uphold_results(session, order.id, reason="无误", windows=WINDOWS, actor=orders.asker, now=now)
    handling.uphold_results(session, order.id, reason="无误", windows=WINDOWS, actor=orders.staff, now=now)
    upheld = order.state
    handling.dispute_results(session, order.id, reason="偏高", actor=orders.asker, now=now)
    orders.run(order, period=Period(soon.end, soon.end + HOUR))
    session.commit()

    assert (upheld, order.state) == (SampleOrderState.REPORTED, SampleOrderState.TESTING)


def test_a_quote_runs_out_by_itself_and_another_one_holds_again(
    session: Session, orders: Orders, now: datetime
) -> None:
    order, later = orders.quoted(days=2), now + 3 * DAY
    session.commit()

    early = queries.due_to_expire(session, now=now + 2 * DAY)
    done = [quoting.expire_quote(session, order.id, now=later) for _ in range(2)]
    session.commit()
    told = letters(session, later)[-1]
    with pytest.raises(NotNow):
        orders.accepted(order)
    session.rollback()
    orders.accepted(orders.quoted(session.get_one(SampleOrder, order.id), days=9))
    session.commit()

    assert (early, done, told) == ([], [True, False], ("asker", "expire"))
    assert session.get_one(SampleOrder, order.id).state == SampleOrderState.ACCEPTED


def test_only_the_quote_that_was_seen_is_accepted(session: Session, orders: Orders, now: datetime) -> None:
    order = orders.quoted()
    seen = queries.quotes_of(session, order.id)[-1].id
    orders.quoted(order, unit_fen=99_000)
    session.commit()

    later = queries.quotes_of(session, order.id)[-1].id
    with pytest.raises(quoting.OtherQuote):
        quoting.accept_quote(session, order.id, seen, actor=orders.asker, now=now)
    with pytest.raises(quoting.QuoteRunOut):
        quoting.accept_quote(session, order.id, later, actor=orders.asker, now=now + 31 * DAY)
    session.rollback()

    assert session.get_one(SampleOrder, order.id).number is None


def test_a_quote_is_proposed_from_the_price_list_and_what_leaves_it_needs_a_reason(
    session: Session, orders: Orders, instrument: Instrument, steward: User, now: datetime
) -> None:
    extra = {"kind": "test_item", "per": "piece", "name_en": "", "unit_fen": 5_000}
    extras = [{**extra, "name_zh": "铁含量"}, {**extra, "name_zh": "铜含量"}]
    make_hourly_price(session, instrument, 10_000, steward, sample_fen=8_000, setup_fen=1_000, extras=extras)
    item = TestItem(instrument_id=instrument.id, position=1, name_zh="铁含量", name_en="Iron")
    session.add(item)
    session.commit()
    order = orders.asked(request_form(test_items=[item.id], other_tests=""))
    one = QuoteLineForm(kind=LineKind.SAMPLES, count=3, unit_fen=1)
    form = SampleQuoteForm(last_quote_id=0, lines=[one], valid_until=now.date() + DAY)

    proposal = quoting.proposal_of(session, order.id, actor=orders.staff, now=now)
    lines = [(line["kind"], line["count"], line["amount_fen"]) for line in proposal.lines]
    with pytest.raises(InvalidInput) as refused:
        quoting.quote_order(session, order.id, form, actor=orders.staff, now=now)

    assert lines == [("setup", 1, 1_000), ("samples", 3, 24_000), ("test_item", 3, 15_000)]
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    with pytest.raises(Forbidden):
        quoting.proposal_of(session, order.id, actor=orders.asker, now=now)


def test_a_firm_s_order_is_proposed_at_the_price_of_firms_whoever_asked(
    session: Session, orders: Orders, instrument: Instrument, steward: User, *, made: MakeOrders, asker: User
) -> None:
    make_hourly_price(session, instrument, 10_000, steward, sample_fen=8_000)
    make_hourly_price(session, instrument, 10_000, steward, audience=Audience.FIRMS, sample_fen=9_000)
    firm = make_organisation(session, name_zh="示例企业", kind=OrganisationKind.ENTERPRISE)
    give(session, asker, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    both = [made(asker).asked(request_form(organisation_id=one)) for one in (firm.id, None)]
    session.commit()

    found = [quoting.proposal_of(session, order.id, actor=orders.staff, now=orders.now).lines for order in both]

    assert [[line["unit_fen"] for line in lines] for lines in found] == [[9_000], [8_000]]


def test_a_firm_s_order_belongs_to_all_its_agents_and_to_nobody_who_left(
    session: Session, made: MakeOrders, now: datetime
) -> None:
    firm = make_organisation(session, name_zh="示例企业", kind=OrganisationKind.ENTERPRISE)
    first, second = make_user(session, "first"), make_user(session, "second")
    grants = [give(session, one, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id) for one in (first, second)]
    order = made(first).asked(request_form(organisation_id=firm.id))
    with pytest.raises(InvalidInput):
        made(make_user(session, "stranger")).asked(request_form(organisation_id=firm.id))
    session.commit()
    letters(session, now)

    made(first).quoted(order)
    session.commit()
    told = letters(session, now)
    made(second).accepted(order)
    grants[0].ends_on = now.date() - DAY
    session.commit()

    assert told == [("first", "quote"), ("second", "quote")]
    with pytest.raises(NotFound):
        queries.order_for(session, order.id, actor_for(session, first, now=now))
    mine = lists.own_orders(session, actor_for(session, second, now=now), Wanted(), limit=9).items
    assert [listed.order.id for listed in mine] == [order.id]


def test_nobody_asks_where_nothing_is_shared_or_public(
    session: Session, orders: Orders, instrument: Instrument
) -> None:
    for refusal, column, value in (
        (TakesNoSamples, "share_mode", ShareMode.NONE),
        (TakesNoSamples, "share_mode", ShareMode.INTERNAL),
        (NotFound, "publishing_state", PublishingState.WITHHELD),
    ):
        usual = getattr(instrument, column)
        setattr(instrument, column, value)
        session.commit()
        with pytest.raises(refusal):
            orders.asked()
        session.rollback()
        setattr(instrument, column, usual)
        session.commit()

    assert count(session, SampleOrder) == 0


def test_whoever_belongs_to_the_institution_orders_where_it_shares_inside(
    session: Session, made: MakeOrders, instrument: Instrument, asker: User, now: datetime
) -> None:
    owner = session.get_one(Organisation, instrument.organisation_id)
    instrument.share_mode = ShareMode.INTERNAL
    affiliate(session, asker, owner, ends_on=local_date(now))
    waiting, gone = make_user(session, "waiting"), make_user(session, "gone")
    affiliate(session, waiting, owner, state=AffiliationState.PENDING, confirmed_by=None, decided_at=None)
    affiliate(session, gone, owner, ends_on=local_date(now) - DAY)

    order = made(asker).asked()
    session.commit()
    for one in (waiting, gone):
        with pytest.raises(TakesNoSamples):
            made(one).asked()
        session.rollback()

    assert session.scalars(select(SampleOrder.requested_by_id)).all() == [order.requested_by_id] == [asker.id]


def test_lists_show_places_and_what_waits_in_a_constant_number_of_statements(
    session: Session, orders: Orders, now: datetime
) -> None:
    late = orders.received(
        orders.sent(orders.accepted(orders.quoted(orders.asked(request_form(due_on=now.date() + DAY)))))
    )
    counts = []
    for _ in range(2):
        orders.received()
        session.commit()
        look_again(session)
        with counting() as statements:
            waiting = lists.staffed_orders(session, orders.staff, Wanted(Show.WAITING), limit=9).items
        counts.append(len(statements))
    done = orders.quoted()
    session.commit()

    assert counts[0] == counts[1]
    assert [(one.order.id == late.id, one.place) for one in waiting] == [(True, 1), (False, 2), (False, 3)]
    mine = lists.own_orders(session, orders.asker, Wanted(Show.WAITING), limit=9).items
    assert [one.order.id for one in mine] == [done.id]
    assert lists.waiting_count(session, reach(orders.staff, Permission.SEE_SAMPLE_ORDERS)) == 3


def test_a_refused_result_stores_nothing_and_erasing_takes_the_address(
    session: Session, orders: Orders, asker: User, now: datetime
) -> None:
    form = request_form(leftover=Leftover.RETURN, return_address="北碚区 1 号")
    order = orders.received(orders.sent(orders.accepted(orders.quoted(orders.asked(form)))))
    session.commit()

    with pytest.raises(NotNow):
        orders.reported(order)
    session.rollback()
    found = hindrances(session, asker, now=now)
    erase_return_addresses(session, Person(asker.id, asker.name, asker.email))
    session.commit()

    assert count(session, SampleResult) == 0
    assert [(one.kind, one.id) for one in found] == [(HindranceKind.SAMPLE_ORDER, order.id)]
    assert "北碚" not in session.get_one(SampleOrder, order.id).return_address


def test_requesters_files_leave_room_for_results(session: Session, orders: Orders, asker: User, now: datetime) -> None:
    order = orders.asked()
    session.commit()
    limits = replace(LIMITS, quota_bytes=7 * len(PDF))
    given = (session, order.id, "见附件", pdf(), limits)

    add_message(*given, actor=orders.asker, now=now)
    session.commit()
    with pytest.raises(FilesRefused):
        add_message(*given, actor=orders.asker, now=now)
    session.rollback()
    for _ in range(2):
        add_message(*given, actor=orders.staff, now=now)
    session.commit()

    assert queries.requesters_bytes(session, order.instrument.organisation_id) == len(PDF)
    assert count(session, Attachment) == 3


def test_staff_take_a_file_away_that_is_no_result_and_its_place_stays(
    session: Session, orders: Orders, soon: Period, now: datetime
) -> None:
    order = orders.received(orders.sent(orders.accepted(orders.quoted(orders.asked(files=pdf("样品.pdf"))))))
    orders.run(order, period=soon)
    orders.reported(order)
    session.commit()
    result = session.scalars(select(SampleResult.attachment_id)).one()
    sent = session.scalars(select(Attachment.id).where(Attachment.id != result)).one()

    with pytest.raises(Forbidden):
        remove_file(session, order.id, sent, "太大", actor=orders.asker, now=now)
    with pytest.raises(IsResult):
        remove_file(session, order.id, result, "太大", actor=orders.staff, now=now)
    remove_file(session, order.id, sent, "太大", actor=orders.staff, now=now)
    session.commit()

    assert session.scalars(select(Attachment.id)).all() == [result]
    said = whole_order(session, order.id, orders.asker).messages[-1]
    assert (said.removed_file, said.text, said.is_staff) == ("样品.pdf", "太大", True)


def test_cancelling_the_last_order_of_a_coming_run_gives_its_time_back(
    session: Session, orders: Orders, soon: Period
) -> None:
    first, second = orders.received(), orders.received()
    orders.run(first, second, period=soon)

    _cancel(orders, first, by_staff=True)
    session.commit()
    held = count(session, Claim)
    _cancel(orders, second, by_staff=False)
    session.commit()

    assert (held, count(session, Claim)) == (1, 0)
    assert session.scalars(select(Reservation.state)).one() == ReservationState.CANCELLED
