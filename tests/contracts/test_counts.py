"""Pages of contracts and the weighing of bookings take as many statements however many rows there are."""

from collections.abc import Callable, Mapping, Sequence

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.reservations.service import ask, request_reservation
from models.accounts import User
from tests.counting import counting
from tests.factories.people import sign_in
from tests.factories.requiring import HOURLY, Place

FEW, MANY = 2, 5


def taken(work: Callable[[], object]) -> int:
    """How many statements it takes the second time, when what is kept for a while is known."""
    work()
    with counting() as statements:
        work()
    return len(statements)


def counted(client: FlaskClient, session: Session, people: Mapping[User, Sequence[str]]) -> dict[str, int]:
    """How many statements each address takes, read by each person."""
    session.commit()
    found = {}
    for user, addresses in people.items():
        sign_in(client, user)
        for address in addresses:
            assert client.get(address).status_code == 200
            found[f"{user.name} {address}"] = taken(lambda at=address: client.get(at))  # type: ignore[misc]
    return found


def test_lists_of_contracts_and_order_forms_and_one_in_full_take_no_more_statements_with_more_rows(
    client: FlaskClient, session: Session, place: Place
) -> None:
    deals, at = place.deals, f"organisation={place.deals.place.id}"
    contract = deals.signed(amount_fen=90 * HOURLY)
    one, owner = f"/contracts/{contract.id}", f"/organisations/{deals.place.id}"
    shared = [one, f"{one}/print", f"/api/v1{one}"]
    keeper, signer = (session.get_one(User, actor.id) for actor in (deals.keeper, deals.signer))
    people = {
        signer: ["/contracts", "/order-forms", "/api/v1/contracts", "/api/v1/order-forms", *shared],
        keeper: [
            f"{owner}/contracts",
            f"{owner}/order-forms",
            f"/api/v1/contracts?{at}",
            f"/api/v1/order-forms?{at}",
            *shared,
        ],
    }

    counts = []
    for first, last in ((0, FEW), (FEW, MANY)):
        for turn in range(first, last):
            deals.sent()
            place.booked(1, day=2 + turn)
        counts.append(counted(client, session, people))

    assert counts[0] == counts[1]


def test_order_forms_are_listed_with_as_many_statements_however_many_there_are(
    client: FlaskClient, session: Session, place: Place
) -> None:
    keeper, signer = (session.get_one(User, actor.id) for actor in (place.deals.keeper, place.deals.signer))
    people = {signer: ["/order-forms"], keeper: [f"/organisations/{place.deals.place.id}/order-forms"]}

    counts = []
    for first, last in ((0, FEW), (FEW, MANY)):
        for turn in range(first, last):
            place.booked(1, place.text_id, day=2 + turn)
        counts.append(counted(client, session, people))

    assert counts[0] == counts[1]


def test_a_booking_is_weighed_with_as_many_statements_however_many_contracts_and_uses_there_are(
    session: Session, place: Place
) -> None:
    asked, made = [], []
    for first, last in ((0, FEW), (FEW, MANY)):
        for turn in range(first, last):
            place.deals.signed(amount_fen=4 * HOURLY)
            place.booked(4, day=2 + turn)
        session.commit()
        wish = place.wish(4, day=8 + last)
        asked.append(taken(lambda now=wish: ask(session, now, actor=place.outsider, now=place.now)))  # type: ignore[misc]
        session.expire_all()
        with counting() as statements:
            request_reservation(session, wish, actor=place.outsider, now=place.now)
        made.append(len(statements))
        session.commit()

    assert (asked[0], made[0]) == (asked[1], made[1])
