import gzip
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.accounts.profiles import change_profile
from booking.calendars.bodies import Rendered, keep
from booking.core.clock import utcnow
from models.accounts import User
from models.calendars import Feed, FeedBody
from models.catalogue import Instrument, Lane
from models.reservations import ReservationPerson
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.reservations import PersonRole, ReservationState
from tests.calendars.feeds import SOON, bump, events, feed_of, keep_fragments, make_reservation, poll
from tests.counting import counting
from tests.factories.instruments import make_instrument
from tests.factories.many import add_reservations
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.reservations.acting import act


@pytest.fixture
def user(session: Session) -> User:
    return make_user(session)


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make_instrument(session, street="分析测试中心 B108")


def test_a_booking_is_read_from_the_feed_by_a_foreign_parser(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    made = make_reservation(session, instrument, user, purpose="断口; 分析, 12 件")

    answer = poll(client, feed_of(session, user))
    (event,) = events(answer.data)

    assert answer.content_type == "text/calendar; charset=utf-8"
    assert event.uid.value == made.uid
    assert event.dtstart.value == made.starts_at
    assert event.dtend.value == made.ends_at
    assert event.summary.value == "场发射扫描电子显微镜 JSM-7800F"
    assert event.status.value == "CONFIRMED"
    assert event.url.value == f"http://127.0.0.1:8000/reservations/{made.id}"
    assert "断口; 分析, 12 件" in event.description.value
    assert event.location.value.endswith("分析测试中心 B108")
    assert event.geo.value == "29.82;106.42"
    assert len(event.contents["valarm"]) == 1


def test_the_words_follow_the_owners_language(session: Session, client: FlaskClient, instrument: Instrument) -> None:
    user = make_user(session, language=Language.ENGLISH)
    make_reservation(session, instrument, user, state=ReservationState.REQUESTED)

    (event,) = events(poll(client, feed_of(session, user)).data)

    assert event.summary.value == "Field emission scanning electron microscope JSM-7800F"
    assert event.status.value == "TENTATIVE"


def test_the_same_state_gives_the_same_bytes_and_304(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    make_reservation(session, instrument, user)
    path = feed_of(session, user)

    first, second = poll(client, path), poll(client, path)
    etag = first.headers["ETag"]

    assert first.data == second.data
    assert poll(client, path, If_None_Match=etag).status_code == 304
    assert poll(client, path, If_None_Match=f"W/{etag}").status_code == 304
    assert poll(client, path, If_None_Match='"other"').status_code == 200
    assert poll(client, path, If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    assert (
        poll(client, path, If_None_Match='"other"', If_Modified_Since=first.headers["Last-Modified"]).status_code == 200
    )


def test_head_answers_like_get_without_a_body(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    make_reservation(session, instrument, user)
    path = feed_of(session, user)

    got, headed = client.get(path), client.head(path)

    assert headed.status_code == 200
    assert headed.data == b""
    assert headed.headers["ETag"] == got.headers["ETag"]
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]


def test_gzip_is_sent_when_accepted_and_its_tag_is_honoured(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    make_reservation(session, instrument, user)
    path = feed_of(session, user)

    packed = poll(client, path, Accept_Encoding="gzip, deflate")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == poll(client, path).data
    assert poll(client, path, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"]).status_code == 304


def test_a_change_gives_new_bytes_and_a_new_tag(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    made = make_reservation(session, instrument, user)
    path = feed_of(session, user)
    before = poll(client, path)
    made.starts_at, made.ends_at = made.starts_at + timedelta(hours=5), made.ends_at + timedelta(hours=5)
    made.sequence, made.version = 1, 2
    bump(session, instrument, user)

    after = poll(client, path, If_None_Match=before.headers["ETag"])

    assert after.status_code == 200
    assert events(after.data)[0].sequence.value == "1"
    assert events(after.data)[0].dtstart.value == SOON + timedelta(hours=5)


def test_an_app_that_goes_by_dates_alone_learns_every_change_at_once_even_within_one_second(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    path = feed_of(session, user, instrument)
    first = poll(client, path)
    bump(session, instrument, user)
    same = poll(client, path, If_Modified_Since=first.headers["Last-Modified"])

    def rename(name: str) -> None:
        instrument.name_zh, instrument.version = name, instrument.version + 1
        session.add(instrument)

    def retire() -> None:
        session.execute(sa.update(Lane).values(retired_at=utcnow()))

    seen = [first]
    changes: list[Callable[[], None]] = [partial(rename, "透射电镜"), partial(rename, "电子探针"), retire]
    for change in changes:
        change()
        session.commit()
        seen.append(poll(client, path, If_Modified_Since=seen[-1].headers["Last-Modified"]))

    assert (same.status_code, same.headers["ETag"]) == (304, first.headers["ETag"])
    assert [answer.status_code for answer in seen] == [200] * 4
    assert len({answer.headers["ETag"] for answer in seen}) == 4
    assert all(answer.last_modified <= answer.date for answer in seen if answer.last_modified and answer.date)


def test_two_texts_that_are_rendered_at_once_do_not_share_a_second(
    session: Session, client: FlaskClient, user: User
) -> None:
    path = feed_of(session, user)
    poll(client, path)
    feed_id, second = session.execute(sa.select(FeedBody.feed_id, FeedBody.modified_second)).one()

    for etag in ("one", "other", "other"):
        act(session, keep, Rendered(feed_id, "validator", etag, second, b"", b""))

    session.expire_all()
    assert session.execute(sa.select(FeedBody.etag, FeedBody.modified_second)).one() == ("other", second + 2)


def test_a_cancelled_booking_stays_for_thirty_days_and_then_goes(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    ended = {"state": ReservationState.CANCELLED, "sequence": 1}
    make_reservation(session, instrument, user, updated_at=utcnow() - timedelta(days=32), **ended)
    make_reservation(session, instrument, user, updated_at=utcnow() - timedelta(days=28), **ended)

    (event,) = events(poll(client, feed_of(session, user)).data)

    assert event.status.value == "CANCELLED"
    assert event.sequence.value == "1"


def test_bookings_one_takes_part_in_are_shown_and_those_of_others_are_not(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    other = make_user(session, "other")
    with_me = make_reservation(session, instrument, other)
    make_reservation(session, instrument, other, purpose="secret of another")
    session.add(ReservationPerson(reservation_id=with_me.id, role=PersonRole.PARTICIPANT, name="Me", user_id=user.id))
    session.commit()

    answer = poll(client, feed_of(session, user))

    assert [event.uid.value for event in events(answer.data)] == [with_me.uid]
    assert b"secret of another" not in answer.data


def test_an_instruments_feed_says_occupied_and_not_who(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    booker = make_user(session, "wangfang")
    make_reservation(session, instrument, booker, purpose="private purpose")

    answer = poll(client, feed_of(session, user, instrument))
    (event,) = events(answer.data)

    assert event.summary.value == "已占用"
    assert "description" not in event.contents
    assert b"Wangfang" not in answer.data
    assert b"private" not in answer.data


def test_a_stewards_feed_of_the_instrument_says_who(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    holder = make_user(session, "wangfang")
    make_reservation(session, instrument, holder)
    path = feed_of(session, user, instrument)
    named = poll(client, path)
    unchanged = poll(client, path, If_None_Match=named.headers["ETag"])
    actor, now = actor_for(session, holder, now=utcnow()), utcnow()
    act(session, change_profile, "Wang Fangfang", Language.CHINESE, actor=actor, now=now)

    renamed = poll(client, path, If_None_Match=named.headers["ETag"])

    assert [event.summary.value for event in events(named.data)] == ["Wangfang · 自主上机"]
    assert unchanged.status_code == 304
    assert [event.summary.value for event in events(renamed.data)] == ["Wang Fangfang · 自主上机"]


def test_a_steward_who_is_none_any_more_sees_no_names(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    grant = give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    make_reservation(session, instrument, make_user(session, "wangfang"))
    path = feed_of(session, user, instrument)
    named = poll(client, path)
    session.delete(grant)
    session.commit()

    later = poll(client, path, If_None_Match=named.headers["ETag"])

    assert b"Wangfang" in named.data
    assert later.status_code == 200
    assert b"Wangfang" not in later.data


@pytest.mark.parametrize("state", [PublishingState.WITHHELD, PublishingState.DRAFT])
def test_a_feed_of_a_record_that_is_not_public_any_more_is_gone(
    session: Session, client: FlaskClient, user: User, instrument: Instrument, state: PublishingState
) -> None:
    path = feed_of(session, user, instrument)
    instrument.publishing_state = state
    session.add(instrument)
    session.commit()

    assert poll(client, path).status_code == 404


def test_unknown_feeds_are_not_found_and_revoked_ones_are_gone(
    session: Session, client: FlaskClient, user: User
) -> None:
    path = feed_of(session, user)
    sign_in(client, user)
    feed_id = session.scalar(sa.select(Feed.id))

    revoked = client.post(f"/account/feeds/{feed_id}/revoke")

    assert revoked.status_code == 303
    assert poll(client, "/feeds/unknown.ics").status_code == 404
    assert poll(client, path).status_code == 410


def test_nobody_revokes_the_feed_of_another(session: Session, client: FlaskClient, user: User) -> None:
    path = feed_of(session, user)
    feed_id = session.scalar(sa.select(Feed.id))
    sign_in(client, make_user(session, "other"))

    assert client.post(f"/account/feeds/{feed_id}/revoke").status_code == 404
    assert poll(client, path).status_code == 200


def test_reading_a_feed_is_noted_at_most_once_an_hour(session: Session, client: FlaskClient, user: User) -> None:
    path = feed_of(session, user)
    poll(client, path)
    first = session.scalar(sa.select(Feed.last_used_at))
    poll(client, path)
    session.expire_all()

    assert first is not None
    assert session.scalar(sa.select(Feed.last_used_at)) == first


def test_a_feed_takes_the_same_number_of_statements_however_long_it_is(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    path, start = feed_of(session, user), SOON - timedelta(days=60)
    poll(client, path)
    counts = []
    for first, last in ((0, 10), (10, 10_000)):
        times = [start + timedelta(hours=number) for number in range(first, last)]
        add_reservations(session, instrument, user, times, timedelta(hours=1))
        keep_fragments(session, "mine:zh", beyond=100)
        bump(session, instrument, user)
        with counting() as fresh:
            shown = poll(client, path)
        with counting() as again:
            poll(client, path)
        assert shown.text.count("BEGIN:VEVENT") == last
        counts.append((len(fresh), len(again)))

    assert counts[0] == counts[1]
    assert counts[0][1] <= 2


def test_an_unchanged_feed_is_answered_with_one_statement(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    make_reservation(session, instrument, user)
    path = feed_of(session, user)
    etag = poll(client, path).headers["ETag"]

    with counting() as statements:
        answer = poll(client, path, If_None_Match=etag)

    assert answer.status_code == 304
    assert len(statements) == 1


def test_the_address_is_shown_once_and_stored_as_a_hash(session: Session, client: FlaskClient, user: User) -> None:
    sign_in(client, user)

    made = client.post("/account/feeds", data={"scope": "mine", "name": "办公电脑"})
    listed = client.get("/account/feeds")
    stored = session.scalars(sa.select(Feed.secret_hash)).one()

    secret = made.text.split("/feeds/")[1].split(".ics")[0]
    assert made.status_code == 201
    assert secret not in listed.text
    assert "办公电脑" in listed.text
    assert secret not in stored


def test_the_location_of_a_new_feed_answers_it_without_its_secret_until_it_is_revoked(
    session: Session, client: FlaskClient, user: User
) -> None:
    sign_in(client, user)

    made = client.post("/api/v1/feeds", json={"scope": "mine", "name": "办公电脑"})
    found = client.get(made.headers["Location"])
    revoked = client.delete(made.headers["Location"])

    assert (made.status_code, found.status_code, revoked.status_code) == (201, 200, 204)
    assert found.get_json() == {**made.get_json(), "secret": None, "url": None, "webcal_url": None}
    assert client.get(made.headers["Location"]).status_code == 404


def test_a_double_click_makes_one_feed(session: Session, client: FlaskClient, user: User) -> None:
    sign_in(client, user)

    answers = [client.post("/account/feeds", data={"scope": "mine", "idempotency_key": "k1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 303]
    assert len(session.scalars(sa.select(Feed.id)).all()) == 1


@pytest.mark.parametrize(
    "wish",
    [{"scope": "instrument"}, {"scope": "mine", "id": "1"}, {"scope": "all"}, {"scope": "mine", "name": "x" * 81}],
)
def test_a_wrong_wish_is_refused_and_nothing_is_stored(
    session: Session, client: FlaskClient, user: User, wish: dict[str, str]
) -> None:
    sign_in(client, user)

    answer = client.post("/account/feeds", data={"name": "实验室电脑"} | wish)

    assert answer.status_code == 422
    assert f'value="{wish.get("name", "实验室电脑")}"' in answer.text
    assert session.scalars(sa.select(Feed.id)).all() == []


def test_free_time_that_is_hidden_cannot_be_subscribed(
    session: Session, client: FlaskClient, user: User, instrument: Instrument
) -> None:
    instrument.hides_free_time = True
    session.add(instrument)
    session.commit()
    sign_in(client, user)

    answer = client.post("/account/feeds", data={"scope": "instrument", "id": str(instrument.id)})

    assert answer.status_code == 403
    assert session.scalars(sa.select(Feed.id)).all() == []
