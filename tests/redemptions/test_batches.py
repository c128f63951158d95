"""Batches, by the day that counts: kept with the request, told when the next one opens, never two in one request."""

from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.core.errors import InvalidInput
from booking.redemptions.claimable import Claimable, claimable
from booking.redemptions.labels import NEXT, REFUSED, REFUSED_NEXT, UNCLAIMABLE
from models.vocabulary.redemptions import Unclaimable
from tests.factories.people import sign_in
from tests.redemptions.claims import Claims

USED, INVOICED = date(2026, 11, 24), date(2026, 11, 27)
"""The days of the use and of its invoice; they are claimed on the thirtieth."""


def batch(first: str, last: str, opens_on: str = "2026-11-01", closes_on: str = "2026-12-10") -> dict[str, str]:
    return {"opens_on": opens_on, "closes_on": closes_on, "invoiced_from": first, "invoiced_until": last}


def made(session: Session, now: datetime, counts_on: str, *batches: dict[str, str]) -> Claims:
    return Claims(session, now, counts_on=counts_on, windows=list(batches))


def found(claims: Claims) -> list[Claimable]:
    claims.session.expire_all()
    return claimable(claims.session, claims.claimant()[0], today=local_date(claims.later))


@pytest.mark.parametrize(
    ("counts_on", "first", "last", "reasons"),
    [
        ("service", "2026-11-01", "2026-11-24", []),
        ("service", "2026-11-25", "2026-11-30", ["service_outside"]),
        ("invoice", "2026-11-27", "2026-11-30", []),
        ("invoice", "2026-11-01", "2026-11-26", ["invoice_outside"]),
    ],
)
def test_the_day_that_counts_says_which_batch_takes_it(  # noqa: PLR0917 - fixtures and cases
    session: Session, now: datetime, counts_on: str, first: str, last: str, reasons: list[str]
) -> None:
    claims = made(session, now, counts_on, batch(first, last))
    charge = claims.used(9)
    claims.invoice()

    assert [[one.value for one in one.reasons] for one in found(claims)] == [reasons]

    if reasons:
        with pytest.raises(InvalidInput) as refused:
            claims.ask(charge)
        assert [one.field for one in refused.value.problems] == ["items"]
        return
    redemption = claims.ask(charge)
    assert (redemption.opens_on, redemption.closes_on) == (date(2026, 11, 1), date(2026, 12, 10))


def test_while_no_batch_is_open_page_answer_and_refusal_say_when_the_next_one_opens(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    over = batch("2026-11-01", "2026-11-30", "2026-11-01", "2026-11-20")
    other = batch("2026-12-01", "2026-12-31", "2026-12-20", "2026-12-31")
    later = batch("2026-11-01", "2026-11-30", "2027-01-05", "2027-01-31")
    claims = made(session, now, "service", over, other, later)
    charge = claims.used(9)
    claims.invoice()
    (one,) = found(claims)
    assert (list(one.reasons), one.next_opens_on) == ([Unclaimable.NO_WINDOW], date(2027, 1, 5))

    with pytest.raises(InvalidInput) as refused:
        claims.ask(charge)
    sign_in(client, claims.agent)
    page = client.get(f"/redemptions/new?organisation={claims.firm.id}").text
    answer = client.get(f"/api/v1/redemptions/claimable?organisation={claims.firm.id}").json

    (problem,) = refused.value.problems
    assert problem.values["opens"] == "2027-01-05"
    assert "现在不在受理批次内；下一批从 2027-01-05 起受理。" in page
    assert "使用于 " in client.get(f"/voucher-programmes/{claims.programme.id}").text
    assert answer is not None
    assert [(row["reasons"], row["next_opens_on"]) for row in answer["items"]] == [(["no_window"], "2027-01-05")]
    body: dict[str, Any] = {"organisation_id": claims.firm.id, "charge_ids": [charge.id]}
    told = client.post("/api/v1/redemptions", json=body)
    assert told.status_code == 422
    assert "2027-01-05" in told.text


def test_when_no_batch_is_left_nothing_is_promised(session: Session, now: datetime) -> None:
    claims = made(session, now, "service", batch("2026-11-01", "2026-11-30", "2026-11-01", "2026-11-20"))
    claims.used(9)
    claims.invoice()

    (one,) = found(claims)

    assert (list(one.reasons), one.batch, one.next_opens_on) == ([Unclaimable.NO_WINDOW], None, None)


def test_what_belongs_to_two_batches_is_asked_for_by_two_requests(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    first, second = batch("2026-11-01", "2026-11-24"), batch("2026-11-25", "2026-11-30", "2026-11-15", "2026-12-31")
    claims = made(session, now, "service", first, second)
    charges = [claims.used(9), claims.used(9, day=2)]
    claims.invoice()
    assert [one.batch and one.batch.closes_on for one in found(claims)] == [date(2026, 12, 10), date(2026, 12, 31)]

    with pytest.raises(InvalidInput) as refused:
        claims.ask(*charges)

    assert "不同的批次" in refused.value.problems[0].message
    sign_in(client, claims.agent)
    made_ = [claims.ask(one) for one in charges]
    assert [one.closes_on for one in made_] == [date(2026, 12, 10), date(2026, 12, 31)]
    told = [client.get(f"/api/v1/redemptions/{one.id}").json for one in made_]
    assert [one and (one["opens_on"], one["closes_on"]) for one in told] == [
        ("2026-11-01", "2026-12-10"),
        ("2026-11-15", "2026-12-31"),
    ]
    assert "12月31日" in client.get(f"/redemptions/{made_[1].id}").text


def test_every_reason_has_its_words() -> None:
    assert set(REFUSED) == set(UNCLAIMABLE) == set(Unclaimable)
    assert set(REFUSED_NEXT) == set(NEXT) < set(Unclaimable)
