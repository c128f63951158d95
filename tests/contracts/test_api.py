"""What the API tells of agreements: the same as the pages."""

import io

from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.accounts import User
from models.reservations import Reservation
from models.vocabulary.contracts import ContractState
from tests.factories.people import sign_in
from tests.factories.pictures import PDF
from tests.factories.requiring import HOURLY, Place


def test_a_booking_tells_what_was_accepted_and_staff_what_does_not_go_together(
    client: FlaskClient, session: Session, place: Place
) -> None:
    formed = place.booked(2, place.text_id)
    contract = place.deals.signed()
    covered = place.booked(2, day=3)
    session.execute(update(Reservation).where(Reservation.id == covered.id).values(booked_by_id=place.member.id))
    session.commit()

    sign_in(client, session.get_one(User, place.outsider.id))
    own = client.get(f"/api/v1/reservations/{formed.id}").get_json()
    sign_in(client, session.get_one(User, place.steward.id))
    seen = client.get(f"/api/v1/reservations/{covered.id}").get_json()
    sign_in(client, session.get_one(User, place.member.id))
    holders = client.get(f"/api/v1/reservations/{covered.id}").get_json()

    facts = own["agreement"]["accepted_facts"]
    assert (own["agreement"]["accepted_fen"], facts["sample_count"]) == (2 * HOURLY, None)
    assert sorted(facts) == ["ends_at", "sample_count", "starts_at"]
    assert seen["agreement"]["contract_id"] == contract.id
    assert [one["mismatches"] for one in (own, seen, holders)] == [[], ["other_holder"], []]


def test_a_contract_is_sent_with_files_too(client: FlaskClient, session: Session, place: Place) -> None:
    plain, filed = place.deals.drafted(), place.deals.drafted()
    session.commit()
    sign_in(client, session.get_one(User, place.deals.keeper.id))
    at = "/api/v1/contracts"

    alone = client.post(f"{at}/{plain.id}/send", json={"reason": "请签"}).get_json()
    sent = {"reason": "请签", "files": (io.BytesIO(PDF), "盖章文本.pdf")}
    with_file = client.post(f"{at}/{filed.id}/send", data=sent).get_json()

    assert [one["state"] for one in (alone, with_file)] == [ContractState.SENT] * 2
    assert [[file["file_name"] for file in one["files"]] for one in (alone, with_file)] == [[], ["盖章文本.pdf"]]
    assert [one["history"][-1]["reason"] for one in (alone, with_file)] == ["请签", "请签"]
