"""Holding what a reservation costs in the account that pays: once, never beyond what is left, and given back."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, joinedload

from booking.core.actors import Actor
from booking.core.clock import at_local, local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, Refused
from booking.ledger.verifying import faults as ledger_faults
from booking.payers import amounts, held, queries, service
from booking.payers.verifying import faults
from booking.reservations import approval, paid
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.editing import edit_reservation
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.moving import move_reservation
from booking.reservations.queries import Sight, reservation_for, sight_of
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import ask, request_reservation
from booking.reservations.story import told
from booking.reservations.wishes import Details, Paying, Wish
from models.accounts import User
from models.catalogue import BookingPolicy
from models.ledger import LedgerAccount, LedgerEntry, LedgerTransfer
from models.payers import PayerAccount, PayerHold, PayerMember
from models.reservations import Reservation, ReservationChange
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.reservations import ChangeKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.prices import make_hourly_price
from tests.reservations.acting import at

HOURLY = 10_000
LATER = Paying(is_later=True)
SAMPLES = {"sample_count"}


class House:
    """An instrument at 100 yuan an hour, a grant of a lead's, a student who may use it, and a clerk."""

    def __init__(
        self, session: Session, now: datetime, *, hourly_fen: int = HOURLY, sample_fen: int = 0, **policy: Any
    ) -> None:
        self.session, self.now = session, now
        self.place = make_organisation(session)
        self.instrument = make_instrument(session, self.place, policy={"closes_on_holidays": False, **policy})
        self.lead, self.student = make_user(session, "lead"), make_user(session, "student")
        self.admin = make_user(session, "admin")
        give(session, self.admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, self.place.id)
        make_hourly_price(session, self.instrument, hourly_fen, self.admin, sample_fen=sample_fen)
        self.payer = make_payer(session, self.place, self.lead, 50_000, [self.student])

    def actor(self, user: User) -> Actor:
        return actor_for(self.session, user, now=self.now)

    def book(self, hour: int, hours: int = 1, by: User | None = None, paying: Paying | None = None) -> Reservation:
        wish = Wish(self.instrument.id, at(hour, hours * 60), paying=paying or Paying())
        made = request_reservation(self.session, wish, actor=self.actor(by or self.student), now=self.now)
        self.session.commit()
        return made

    def do(self, work: Callable[..., Any], *args: Any, by: User | None = None, **more: Any) -> Any:
        done = work(self.session, *args, **more, actor=self.actor(by or self.student), now=self.now)
        self.session.commit()
        return done

    def limit(self, fen: int | None) -> None:
        member = self.session.scalars(sa.select(PayerMember)).one()
        self.do(service.set_limit, self.payer.id, member.id, fen, by=self.admin)

    def books(self) -> tuple[int, int]:
        """What is left and what is held; the books are right."""
        self.session.expire_all()
        found = self.session.get_one(PayerAccount, self.payer.id)
        assert [*ledger_faults(self.session), *faults(self.session)] == []
        return service.left_in(self.session, found), service.held_in(self.session, found)


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def codes(refused: ReservationRefused) -> list[str]:
    return [str(refusal.code) for refusal in refused.refusals]


def test_a_booking_holds_what_it_costs_moves_change_it_and_cancelling_gives_it_back(house: House) -> None:
    made = house.book(9, 2)
    assert (made.payer_account_id, house.books()) == (house.payer.id, (30_000, 20_000))

    house.do(move_reservation, made.id, at(9, 240))
    assert house.books() == (10_000, 40_000)
    house.do(move_reservation, made.id, at(9, 60))
    assert house.books() == (40_000, 10_000)
    with pytest.raises(ReservationRefused) as refused:
        house.do(move_reservation, made.id, at(9, 360))
    house.session.rollback()
    assert codes(refused.value) == ["payer_short"]
    assert refused.value.refusals[0].values["left_fen"] == 50_000
    house.do(cancel_reservation, made.id)

    assert house.books() == (50_000, 0)
    assert [one.amount_fen for one in house.session.scalars(sa.select(PayerHold).order_by(PayerHold.id))] == [
        20_000,
        40_000,
        10_000,
        0,
    ]


def test_what_is_not_left_is_refused_with_every_other_reason_and_holds_nothing(house: House) -> None:
    house.book(9, 4)

    with pytest.raises(ReservationRefused) as refused:
        house.book(12, 9)
    house.session.rollback()
    with pytest.raises(ReservationRefused) as short:
        house.book(14, 2)
    house.session.rollback()

    assert codes(refused.value) == ["too_long", "payer_short", "slot_taken"]
    assert [str(one.action) for one in short.value.refusals[0].remedies] == ["pay_later", "shorten"]
    assert (house.books(), count(house.session, Reservation)) == ((10_000, 40_000), 1)


def test_a_members_limit_is_kept_by_the_service_and_by_the_database(house: House) -> None:
    house.limit(30_000)
    made = house.book(9, 2)

    with pytest.raises(ReservationRefused) as refused:
        house.book(14, 2)
    house.session.rollback()
    with pytest.raises(InvalidInput):
        house.limit(19_999)
    house.session.rollback()
    house.book(14, 2, by=house.lead)
    member = house.session.scalars(sa.select(PayerMember)).one()
    with pytest.raises(DBAPIError, match="ck_ledger_accounts_floor"):
        house.session.execute(
            sa.insert(LedgerTransfer).values(
                entry_id=house.session.scalar(sa.select(sa.func.max(LedgerEntry.id))),
                from_account_id=member.use_id,
                to_account_id=house.payer.used_id,
                amount_fen=10_001,
            )
        )
    house.session.rollback()

    assert codes(refused.value) == ["payer_limited"]
    assert (refused.value.refusals[0].values["left_fen"], house.books()) == (10_000, (10_000, 40_000))
    house.do(cancel_reservation, made.id)
    house.limit(0)
    assert house.session.get_one(LedgerAccount, member.use_id).floor_fen == 0
    assert house.books() == (30_000, 20_000)


def test_who_was_removed_keeps_what_is_held_and_what_they_used_counts_again(house: House) -> None:
    made = house.book(9, 2)
    member = house.session.scalars(sa.select(PayerMember)).one()

    house.do(service.remove_member, house.payer.id, member.id, by=house.lead)
    assert house.books() == (30_000, 20_000)
    with pytest.raises(ReservationRefused) as refused:
        house.do(move_reservation, made.id, at(9, 180))
    house.session.rollback()
    house.do(move_reservation, made.id, at(9, 60))
    assert house.books() == (40_000, 10_000)
    with pytest.raises(InvalidInput):
        house.do(service.add_member, house.payer.id, house.student.email, limit_fen=9_999, by=house.admin)
    house.session.rollback()
    house.do(service.add_member, house.payer.id, house.student.email, limit_fen=10_000, by=house.admin)
    house.do(cancel_reservation, made.id)

    assert codes(refused.value) == ["payer_unknown"]
    assert house.books() == (50_000, 0)


def test_what_is_added_is_counted_by_what_the_person_is_to_the_account_now(house: House) -> None:
    theirs, leads = house.book(9, 2), house.book(12, by=house.lead)
    account = house.session.get_one(PayerAccount, house.payer.id)
    use_id = house.session.scalars(sa.select(PayerMember.use_id)).one()
    house.session.execute(sa.delete(PayerMember))
    account.holder_id = house.student.id
    house.session.commit()
    house.do(service.add_member, account.id, house.lead.email, limit_fen=15_000, by=house.admin)

    house.do(move_reservation, theirs.id, at(9, 180))
    limited = codes_of(house, lambda: house.do(move_reservation, leads.id, at(12, 120), by=house.lead))

    assert house.session.get_one(LedgerAccount, use_id).balance_fen == 0
    assert (limited, house.books()) == (["payer_limited"], (10_000, 40_000))


def test_an_account_is_chosen_changed_or_left_out_by_who_booked_and_nobody_else(house: House) -> None:
    other = make_payer(house.session, house.place, house.student, 15_000, number="2", name="另一个项目")
    unchosen, made = house.book(9), house.book(10, 2, paying=Paying(house.payer.id))
    assert (unchosen.payer_account_id, house.books()) == (None, (30_000, 20_000))

    for payer_id, code in ((other.id, "payer_short"), (999, "payer_unknown")):
        with pytest.raises(ReservationRefused) as refused:
            house.do(choose_payer, made.id, Paying(payer_id))
        house.session.rollback()
        assert codes(refused.value) == [code]
    with pytest.raises(Forbidden):
        house.do(choose_payer, made.id, LATER, by=house.admin)
    house.session.rollback()
    house.do(move_reservation, made.id, at(10), paying=Paying(other.id))
    assert (house.books(), service.held_in(house.session, other)) == ((50_000, 0), 10_000)
    house.do(choose_payer, made.id, LATER)
    assert (house.books(), service.held_in(house.session, other)) == ((50_000, 0), 0)
    house.do(choose_payer, made.id, Paying(house.payer.id))
    assert house.book(14).payer_account_id == house.payer.id

    assert house.books() == (30_000, 20_000)


def test_where_the_owner_asks_for_an_account_there_is_no_booking_without(house: House) -> None:
    house.session.get_one(BookingPolicy, house.instrument.id).needs_payer = True
    stranger = make_user(house.session, "stranger")

    refused = [
        codes_of(house, lambda: house.book(9, by=stranger)),
        codes_of(house, lambda: house.book(9, paying=LATER)),
        codes_of(house, lambda: house.book(9, by=stranger, paying=Paying(house.payer.id))),
    ]
    wish = Wish(house.instrument.id, at(9), on_behalf_of=stranger.email)
    made = house.do(request_reservation, wish, by=house.admin)

    booked = house.book(12, 2)
    old = make_payer(house.session, house.place, house.student, 50_000, number="2", name="旧项目")
    old.expires_on = local_date(house.now) - timedelta(days=1)
    house.session.commit()
    for paying in (LATER, Paying(old.id)):
        shorter = partial(house.do, move_reservation, booked.id, at(12), paying=paying)
        refused.append(codes_of(house, shorter))
    house.do(cancel_reservation, booked.id)

    about_time = [["payer_needed"], ["payer_unchosen"], ["payer_unknown"]]
    assert refused == [*about_time, ["payer_unchosen"], ["payer_expired"]]
    assert (made.booked_by_id, made.payer_account_id, house.books()) == (stranger.id, None, (50_000, 0))


def codes_of(house: House, work: Callable[[], Any]) -> list[str]:
    with pytest.raises(ReservationRefused) as refused:
        work()
    house.session.rollback()
    return codes(refused.value)


def test_a_pending_change_holds_the_dearer_time_until_it_is_decided(session: Session, now: datetime) -> None:
    house = House(session, now, needs_approval=True)
    made = house.book(9, 2)
    assert house.books() == (30_000, 20_000)

    house.do(approval.confirm_reservation, made.id, by=house.admin)
    other = make_payer(session, house.place, house.student, 50_000, number="2", name="另一个项目")
    assert codes_of(house, lambda: house.do(move_reservation, made.id, at(14), paying=Paying(other.id))) == [
        "payer_separately"
    ]
    house.do(move_reservation, made.id, at(14, 180, day=2))
    assert house.books() == (20_000, 30_000)
    session.get_one(PayerAccount, other.id).expires_on = local_date(at(9).start)
    session.commit()
    assert codes_of(house, lambda: house.do(choose_payer, made.id, Paying(other.id))) == ["payer_expired"]
    house.do(move_reservation, made.id, at(9, 120), paying=Paying(other.id))
    assert (house.books(), service.held_in(session, other)) == ((50_000, 0), 20_000)
    house.do(choose_payer, made.id, Paying(house.payer.id))
    house.do(move_reservation, made.id, at(14, 180, day=2))
    house.do(approval.reject_reservation, made.id, reason="检修", by=house.admin)
    assert house.books() == (30_000, 20_000)
    house.do(move_reservation, made.id, at(14, 60))
    assert house.books() == (30_000, 20_000)
    house.do(approval.confirm_reservation, made.id, by=house.admin)
    assert house.books() == (40_000, 10_000)
    waiting = house.book(20, 2)
    house.do(approval.reject_reservation, waiting.id, reason="检修", by=house.admin)
    lapsing = house.book(20, 2)
    approval.lapse_reservation(session, lapsing.id, now=at(20).start)
    session.commit()

    assert house.books() == (40_000, 10_000)


def test_a_steward_who_moves_a_booking_learns_nothing_of_the_account(house: House) -> None:
    made = house.book(9, 4)
    with pytest.raises(ReservationRefused) as refused:
        house.do(move_reservation, made.id, at(9, 360), reason="换时间", by=house.admin)
    house.session.rollback()

    assert (codes(refused.value), dict(refused.value.refusals[0].values)) == (["payer_of_holder"], {})
    assert house.books() == (10_000, 40_000)


def test_more_samples_hold_more_and_too_many_are_refused(session: Session, now: datetime) -> None:
    house = House(session, now, sample_fen=2_000)
    made = house.book(9, 4)

    house.do(edit_reservation, made.id, Details(sample_count=5), fields={"sample_count"})
    too_many = codes_of(house, lambda: house.do(edit_reservation, made.id, Details(sample_count=6), fields=SAMPLES))

    assert (too_many, house.books()) == (["payer_short"], (0, 50_000))


def test_what_cost_nothing_at_first_needs_an_account_once_it_costs_something(session: Session, now: datetime) -> None:
    house = House(session, now, hourly_fen=0, sample_fen=2_000, needs_payer=True)
    stranger = make_user(session, "stranger")
    free, theirs = house.book(9), house.book(10, by=stranger)
    some = Details(sample_count=5)

    house.do(edit_reservation, free.id, some, fields=SAMPLES)
    refused = codes_of(house, lambda: house.do(edit_reservation, theirs.id, some, fields=SAMPLES, by=stranger))

    assert (refused, house.books()) == (["payer_needed"], (40_000, 10_000))
    assert session.get_one(Reservation, theirs.id).sample_count is None
    make_hourly_price(session, house.instrument, HOURLY, house.admin, valid_from=at(0, day=3).start.date())
    moved = codes_of(house, lambda: house.do(move_reservation, theirs.id, at(9, day=5), by=stranger))
    assert moved == ["payer_needed"]


def test_neither_moving_nor_adding_carries_a_hold_past_the_expiry(session: Session, now: datetime) -> None:
    house = House(session, now, sample_fen=2_000)
    made = house.book(9, 2)
    session.get_one(PayerAccount, house.payer.id).expires_on = local_date(at(9).start)
    session.commit()

    by_steward: dict[str, Any] = {"reason": "换时间", "by": house.admin}
    refused = [
        codes_of(house, lambda: house.do(move_reservation, made.id, at(9, 120, day=2))),
        codes_of(house, lambda: house.do(move_reservation, made.id, at(23, 120))),
        codes_of(house, lambda: house.do(move_reservation, made.id, at(9, 120, day=2), **by_steward)),
    ]
    house.do(move_reservation, made.id, at(22, 120))
    session.get_one(PayerAccount, house.payer.id).expires_on = local_date(now) - timedelta(days=1)
    session.commit()
    more = Details(sample_count=1)
    refused += [
        codes_of(house, lambda: house.do(edit_reservation, made.id, more, fields=SAMPLES)),
        codes_of(house, lambda: house.do(edit_reservation, made.id, more, fields=SAMPLES, **by_steward)),
        codes_of(house, lambda: house.do(move_reservation, made.id, at(20, 240), **by_steward)),
    ]

    expected = ["payer_expired", "payer_expired", "payer_of_holder"]
    assert refused == [[code] for code in (*expected, "payer_expired", "payer_of_holder", "payer_of_holder")]
    house.do(move_reservation, made.id, at(22, 60))
    assert house.books() == (40_000, 10_000)


def test_a_booking_that_is_handed_over_is_paid_by_the_same_account_where_the_heir_may_use_it(house: House) -> None:
    first, second = house.book(9), house.book(10)
    heir = make_user(house.session, "heir")

    for one, email in ((first, house.lead.email), (second, heir.email)):
        arguments = (house.place.id, house.student.id, [one.id], email)
        house.do(hand_over_bookings, *arguments, reason="毕业", by=house.admin)
    house.session.expire_all()

    found = [house.session.get_one(Reservation, one.id).payer_account_id for one in (first, second)]
    assert (found, house.books()) == ([house.payer.id, None], (40_000, 10_000))
    lead = house.actor(house.lead)
    account = queries.found_account(house.session, house.payer.id, lead, today=local_date(house.now))
    lines = queries.lines_of(house.session, account, lead, limit=9).items
    said = [(one.held.booked_by, one.held.amount_fen, one.held.starts_at) for one in lines if one.held]
    assert set(said) == {("Lead", 10_000, at(9).start), ("Student", 0, None), ("Student", 10_000, None)}


def test_an_account_with_something_held_is_not_closed_and_says_for_what_to_who_may_know(house: House) -> None:
    made, own = house.book(9), house.book(12, by=house.lead)
    today = local_date(house.now)
    with pytest.raises(amounts.StillHeld):
        house.do(amounts.close_payer, house.payer.id, "结题", by=house.admin)
    house.session.rollback()

    seen = {}
    for user in (house.lead, house.student):
        actor = house.actor(user)
        sight = queries.found_account(house.session, house.payer.id, actor, today=today).sight
        page = held.held_in(house.session, house.payer.id, actor, sight, limit=5)
        seen[user.name] = [(one.reservation_id, one.booked_by, one.amount_fen) for one in page.items]
    steward = house.actor(house.admin)
    house.session.expire_all()
    row = reservation_for(house.session, made.id, steward)
    shown = paid.paid_for(house.session, row, steward, sight_of(row, steward), now=house.now)

    assert seen == {
        "Lead": [(own.id, "Lead", 10_000), (made.id, "Student", 10_000)],
        "Student": [(None, "", 10_000), (made.id, "Student", 10_000)],
    }
    assert shown is not None
    assert shown.held_fen == 10_000


def test_another_province_needs_its_rule_and_says_which(house: House) -> None:
    there = make_organisation(house.session, adcode="510700")
    instrument = make_instrument(house.session, there)
    make_hourly_price(house.session, instrument, HOURLY, house.admin)
    wish = Wish(instrument.id, at(9), paying=Paying(house.payer.id))

    def asked() -> tuple[list[str], str]:
        answer = ask(house.session, wish, actor=house.actor(house.student), now=house.now)
        payment = answer.payment
        return [str(one.code) for one in answer.refusals], payment.chosen.rule if payment and payment.chosen else ""

    before = asked()
    account = house.session.get_one(PayerAccount, house.payer.id)
    account.other_provinces, account.province_rule = "510000", "渝科发〔2024〕1号"
    house.session.commit()

    assert (before, asked()) == ((["payer_other_province"], ""), ([], "渝科发〔2024〕1号"))


def test_verifying_names_what_is_not_held_held_twice_or_left_behind(house: House) -> None:
    made = house.book(9)
    house.session.execute(sa.update(Reservation).values(payer_account_id=None))
    left_behind = list(faults(house.session))
    house.session.rollback()
    house.session.execute(sa.update(LedgerAccount).where(LedgerAccount.id == house.payer.held_id).values(balance_fen=0))
    wrong = list(faults(house.session))
    house.session.rollback()
    house.session.execute(
        sa.insert(Reservation).from_select(
            [one for one in Reservation.__table__.c.keys() if one != "id"],  # noqa: SIM118 - columns, not keys of a dict
            sa.select(
                *(
                    sa.literal("other") if one.key == "uid" else one
                    for one in Reservation.__table__.c
                    if one.key != "id"
                )
            ),
        )
    )
    copy = house.session.scalar(sa.select(sa.func.max(Reservation.id)))
    house.session.execute(
        sa.text(
            "INSERT INTO reservation_quotes (reservation_id, price_policy_id, user_group_id, starts_at, ends_at, mode,"
            " lines, total_fen, created_at) SELECT :copy, price_policy_id, user_group_id, starts_at, ends_at, mode,"
            " lines, total_fen, created_at FROM reservation_quotes"
        ),
        {"copy": copy},
    )
    missing = list(faults(house.session))
    house.session.rollback()

    hold_id = house.session.scalar(sa.select(PayerHold.id))
    payer_id = house.payer.id
    assert left_behind == [f"hold {hold_id} of reservation {made.id} is left behind in payer account {payer_id}"]
    assert wrong == [f"payer account {payer_id} holds 0 fen, its reservations and orders 10000"]
    assert missing == [f"reservation {copy} is not held for in its payer account"]


def test_the_pages_offer_the_account_and_show_what_is_held(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    house = House(session, now)
    second = make_payer(session, house.place, house.student, 10_000, number="2", name="另一个项目")
    sign_in(client, house.student)
    start = at_local(local_date(utcnow()) + timedelta(days=1), 600)
    times = {
        name: (start + timedelta(hours=8 + hours)).strftime("%Y-%m-%dT%H:%M")
        for name, hours in (("starts_at", 0), ("ends_at", 2))
    }
    address = f"/instruments/{house.instrument.id}"

    panel = client.get(address).get_data(as_text=True)
    short = client.post(f"{address}/reservations", data={**times, "payer_account_id": str(second.id)})
    use = client.post(f"{address}/ask", data={**times, "use": f"///{house.payer.id}"}).get_data(as_text=True)
    made = client.post(f"{address}/reservations", data={**times, "payer_account_id": str(house.payer.id)})
    shown = client.get(made.location).get_data(as_text=True)
    answer = client.get(f"/api/v1{made.location}").get_json()
    moving = client.get(f"{made.location}/move").get_data(as_text=True)
    changed = client.post(f"{made.location}/payer", data={"payer_account_id": "later"}, follow_redirects=True)
    edited = sa.select(ReservationChange).where(ReservationChange.kind == ChangeKind.EDITED)
    row = session.scalars(edited.options(joinedload(ReservationChange.actor))).one()
    with client.application.test_request_context():
        stories = [told(row, {}, Sight(one, not one, one, decides=False)).words for one in (True, False)]
    sign_in(client, house.lead)
    [opens] = re.findall(rf'href="(/payer-accounts/{house.payer.id}\?entry=[0-9]+#entry-[0-9]+)"', shown)
    account = client.get(f"/payer-accounts/{house.payer.id}").get_data(as_text=True)
    entry = client.get(opens).get_data(as_text=True)

    assert ("面上项目（可用 ¥500.00）" in panel, "以后结算，不用经费账户" in panel) == (True, True)
    assert (short.status_code, f'value="///{house.payer.id}"' in short.get_data(as_text=True)) == (422, True)
    assert "由“面上项目”支付：可用 ¥500.00，预约后冻结 ¥200.00。" in use
    assert ('<option value="" selected>不变：面上项目' in moving, f'value="{second.id}"' in moving) == (True, True)
    assert stories == ["改由另一个经费账户支付，或以后结算", ""]
    assert f'<a href="/payer-accounts/{house.payer.id}">面上项目</a>' in shown
    held_now = {key: answer["payment"][key] for key in ("held_fen", "payer_account_id")}
    assert held_now == {"held_fen": 20_000, "payer_account_id": house.payer.id}
    assert "没有用经费账户，以后结算。" in changed.get_data(as_text=True)
    assert ("解冻" in account, "−¥200.00" in account) == (True, True)
    assert ("解冻" in entry.split("每一笔")[1], f'id="{opens.split("#")[1]}"' in entry) == (False, True)


STEPS = st.lists(st.tuples(st.sampled_from(["book", "move", "pay", "cancel"]), st.integers(0, 7)), max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.sampled_from([None, 20_000]), steps=STEPS)
def test_any_sequence_of_booking_moving_paying_and_cancelling_keeps_the_books_right(
    house: House, limit: int | None, steps: list[tuple[str, int]]
) -> None:
    session, made = house.session, list[Reservation]()
    with session.begin_nested() as all_of_it:
        member = session.scalars(sa.select(PayerMember)).one()
        service.set_limit(session, house.payer.id, member.id, limit, actor=house.actor(house.admin), now=house.now)
        for what, number in steps:
            _try(session, partial(_step, house, made, what, number))
            session.flush()
            assert [*ledger_faults(session), *faults(session)] == []
            live = [one for one in session.scalars(sa.select(Reservation)) if one.payer_account_id]
            hours = sum((one.ends_at - one.starts_at).seconds // 3600 for one in live if one.state == "confirmed")
            found = session.get_one(PayerAccount, house.payer.id)
            assert service.held_in(session, found) == hours * HOURLY
            assert service.left_in(session, found) == 50_000 - hours * HOURLY
        all_of_it.rollback()
    session.expire_all()


def _step(house: House, made: list[Reservation], what: str, number: int) -> None:
    """One thing that the lead or the student does, by even and odd numbers."""
    by = house.actor(house.lead if number % 2 else house.student)
    if what == "book":
        wish = Wish(house.instrument.id, at(number * 3, 60 * (1 + number % 3)))
        made.append(request_reservation(house.session, wish, actor=by, now=house.now))
        return
    mine = [one for one in made if one.booked_by_id == by.id]
    if not mine:
        return
    one = mine[number % len(mine)]
    if what == "move":
        move_reservation(house.session, one.id, at(number * 3, 120), actor=by, now=house.now)
    elif what == "pay":
        paying = LATER if number % 3 else Paying(house.payer.id)
        choose_payer(house.session, one.id, paying, actor=by, now=house.now)
    else:
        cancel_reservation(house.session, one.id, actor=by, now=house.now)


def _try(session: Session, work: Callable[[], None]) -> None:
    """Do it, or nothing of it when it is refused."""
    try:
        with session.begin_nested():
            work()
    except Refused:
        session.expire_all()
