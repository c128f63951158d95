"""What of a contract's amount is used: what is still expected or was charged, and nothing else."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.forms import ChargeChangeForm
from booking.charges.windows import Windows
from booking.contracts import used
from booking.core.actors import Actor
from booking.reservations.agreeing import lapse_unagreed
from booking.reservations.cancelling import end_reservation
from booking.reservations.forms import UseForm
from booking.reservations.service import cancel_reservation
from booking.reservations.using import confirm_use
from models.accounts import User
from models.charges import Charge
from models.reservations import Reservation
from models.vocabulary.affiliations import Audience
from models.vocabulary.charges import ChargeProblem, ChargeState
from models.vocabulary.reservations import ReservationState, UseOutcome
from tests.factories.people import actor_for
from tests.factories.prices import make_hourly_price
from tests.factories.requiring import HOUR, HOURLY, Place

End = Callable[["Uses", Reservation], None]


class Uses:
    """What can become of a use of two hours."""

    def __init__(self, place: Place, cashier: Actor) -> None:
        self.place, self.session, self.cashier = place, place.session, cashier

    def confirmed(self, made: Reservation, outcome: UseOutcome = UseOutcome.USED) -> None:
        form = UseForm(outcome=outcome, note="说明")
        over = made.ends_at + HOUR
        confirm_use(self.session, made.id, form, windows=Windows(), actor=self.place.steward, now=over)

    def cancelled(self, made: Reservation, at: datetime) -> None:
        cancel_reservation(self.session, made.id, reason="", actor=self.place.outsider, now=at)

    def settled(self, made: Reservation, work: Callable[..., Any], *said: Any, **more: Any) -> None:
        charge_id = self.session.scalars(select(Charge.id).where(Charge.reservation_id == made.id)).one()
        work(self.session, charge_id, *said, actor=self.cashier, now=made.ends_at + 2 * HOUR, **more)


def cancelled_late(uses: Uses, made: Reservation) -> None:
    uses.cancelled(made, made.starts_at - HOUR)


def adjusted(uses: Uses, made: Reservation) -> None:
    uses.confirmed(made)
    form = ChargeChangeForm(change_fen=-500, reason="协商")
    uses.settled(made, charges.adjust_charge, form, windows=Windows())


def waived(uses: Uses, made: Reservation) -> None:
    uses.confirmed(made)
    uses.settled(made, charges.waive_charge, "说明")


def cancelled_charge(uses: Uses, made: Reservation) -> None:
    uses.confirmed(made)
    uses.settled(made, charges.cancel_charge, "说明")


def let_off_when_late(uses: Uses, made: Reservation) -> None:
    cancelled_late(uses, made)
    uses.settled(made, charges.waive_charge, "说明")


def lapsed(uses: Uses, made: Reservation) -> None:
    stored = uses.session.get_one(Reservation, made.id)
    end_reservation(uses.session, stored, ReservationState.LAPSED, reason="", actor=None, now=uses.place.now)


ENDS: list[tuple[str, End, int]] = [
    ("coming", lambda _uses, _made: None, 2 * HOURLY),
    ("used", Uses.confirmed, 2 * HOURLY),
    ("adjusted", adjusted, 2 * HOURLY - 500),
    ("waived", waived, 0),
    ("never to be charged", cancelled_charge, 0),
    ("nobody came, which costs nothing", lambda uses, made: uses.confirmed(made, UseOutcome.NO_SHOW), 0),
    ("could not be used", lambda uses, made: uses.confirmed(made, UseOutcome.UNUSABLE), 0),
    ("cancelled in time", lambda uses, made: uses.cancelled(made, uses.place.now), 0),
    ("cancelled late", cancelled_late, HOURLY),
    ("cancelled late and let off", let_off_when_late, 0),
    ("lapsed", lapsed, 0),
]


@pytest.fixture
def uses(session: Session, place: Place) -> Uses:
    """Who is late pays half, and who does not come nothing."""
    admin = session.get_one(User, place.admin.id)
    terms: dict[str, Any] = {"cancel_share": 5_000, "no_show_share": 0}
    since = date(2021, 1, 1)
    make_hourly_price(session, place.instrument, HOURLY, admin, audience=Audience.FIRMS, valid_from=since, **terms)
    return Uses(place, actor_for(session, admin, now=place.now))


@pytest.mark.parametrize(("end", "costs"), [pytest.param(end, costs, id=name) for name, end, costs in ENDS])
def test_a_use_counts_against_its_contract_as_far_as_it_is_expected_or_charged(
    session: Session, uses: Uses, end: End, costs: int
) -> None:
    contract = uses.place.deals.signed(amount_fen=9 * HOURLY)
    made, other = uses.place.booked(2), uses.place.booked(3, day=4)

    end(uses, made)

    session.flush()
    assert used.used_fen(session, contract.id) == 3 * HOURLY + costs
    listed = {one.reservation_id: one.cost_fen or 0 for one in used.uses_under(session, contract.id, limit=9)}
    assert (listed.pop(other.id), sum(listed.values())) == (3 * HOURLY, costs)
    assert session.get_one(Reservation, made.id).booked_by_id == uses.place.outsider.id


def test_what_earlier_uses_did_not_cost_in_the_end_covers_another(session: Session, uses: Uses) -> None:
    contract = uses.place.deals.signed(amount_fen=6 * HOURLY)
    missed, waits = uses.place.booked(4), uses.place.booked(4, day=3)
    before = uses.place.ground(waits).is_lacking

    uses.confirmed(missed, UseOutcome.NO_SHOW)
    has_lapsed = lapse_unagreed(session, waits.id, now=waits.starts_at)

    assert (before, has_lapsed, uses.place.ground(waits).contract_id) == (True, False, contract.id)
    assert used.used_fen(session, contract.id) == 4 * HOURLY


def test_what_waits_for_its_price_counts_as_it_was_quoted(session: Session, uses: Uses) -> None:
    contract, made = uses.place.deals.signed(amount_fen=6 * HOURLY), uses.place.booked(2)
    uses.confirmed(made)
    unpriced = {"state": ChargeState.ESTIMATED, "problem": ChargeProblem.NOT_PRICED}

    session.execute(update(Charge).values(gross_fen=0, paper_fen=0, **unpriced))

    assert used.used_fen(session, contract.id) == 2 * HOURLY
