"""What firms and officers do with vouchers, for the machine of their whole life: issued, used, changed, ended."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.queries import due_to_finish
from booking.core.clock import local_date
from booking.core.period import Period
from booking.programmes.service import write_version
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.forms import UseForm
from booking.reservations.moving import move_reservation
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.vouching import VoucherUse, Vouching
from booking.reservations.wishes import Paying, Wish
from booking.vouchers.ending import due_to_expire, expire_voucher, take_step
from booking.vouchers.forms import VoucherReasonForm
from booking.vouchers.issuing import Issue, issue
from booking.web.extensions import db, transaction
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState, UseOutcome
from models.vocabulary.vouchers import VoucherStep
from models.vouchers import Voucher
from tests.charges.arguing import WINDOWS, Arguing
from tests.clearing.land import AGENTS, WAYS, Land, terms_of
from tests.factories.programmes import version_form
from tests.machines import picks, tried
from tests.statements.office import ALONE

HALF_HOUR = timedelta(minutes=30)
slots = st.tuples(st.integers(1, 90), st.integers(1, 12))
"""Hours from now on, and how many half hours."""
provinces, places = st.sampled_from(["50", "51"]), st.integers(0, 1)
programmes = st.integers(0, len(WAYS) - 1)
uses = st.sampled_from([VoucherUse.AUTOMATIC, VoucherUse.AUTOMATIC, VoucherUse.NAMED, VoucherUse.NONE])
outcomes = st.sampled_from([UseOutcome.USED, UseOutcome.USED, UseOutcome.USED, UseOutcome.NO_SHOW])


class Using(Arguing):
    """Two firms use instruments in both provinces with vouchers of four programmes."""

    land: Land

    @tried(programme=programmes, fen=st.integers(1, 80_000))
    def issue(self, programme: int, fen: int) -> None:
        code, _said = WAYS[programme]
        wanted = Issue(self.land.programmes[programme], self.land.firms[code], fen)
        self.attempt("issue", issue, wanted, by=f"first{code}")

    @tried(3, slot=slots, province=provinces, place=places, use=uses, pick=picks)
    def book(
        self,
        slot: tuple[int, int],
        province: str,
        place: int,
        use: VoucherUse = VoucherUse.AUTOMATIC,
        pick: int = -1,
    ) -> None:
        account = list(self.land.payers.values())[place] if province == "50" else ALONE
        paying = replace(account, vouching=self._vouching(province, use, pick))
        wish = Wish(self.land.instruments[place], self._period(slot), paying=paying)
        self.attempt("book", request_reservation, wish, by=AGENTS[province])

    @tried(pick=picks, slot=slots)
    def move(self, pick: int, slot: tuple[int, int]) -> None:
        if one := self._standing(pick):
            self.attempt("move", move_reservation, one.id, self._period(slot), by=self._holder(one))

    @tried(pick=picks, use=uses)
    def choose(self, pick: int, use: VoucherUse) -> None:
        """Other vouchers, or none."""
        if one := self._standing(pick):
            by = self._holder(one)
            province = next(code for code, name in AGENTS.items() if name == by)
            paying = Paying(vouching=self._vouching(province, use, pick))
            self.attempt("choose", choose_payer, one.id, paying, by=by)

    @tried(pick=picks)
    def cancel(self, pick: int) -> None:
        if one := self._standing(pick):
            self.attempt("cancel", cancel_reservation, one.id, by=self._holder(one))

    @tried(3, pick=st.integers(0, 1), late=st.integers(-2, 3), outcome=outcomes)
    def confirm(self, pick: int, late: int, outcome: UseOutcome) -> None:
        """A use is confirmed when it is over, some half hours sooner or later than it was booked."""
        if one := self._standing(pick):
            end = one.ends_at + late * HALF_HOUR
            self.now = max(self.now, one.ends_at, end)
            actual = {"actual_starts_at": one.starts_at.isoformat(), "actual_ends_at": end.isoformat()}
            is_named = outcome == UseOutcome.USED and end > one.starts_at
            form = UseForm.model_validate({"outcome": outcome, "note": "说明", **(actual if is_named else {})})
            self.attempt("confirm", confirm_use, one.id, form, windows=WINDOWS, by="steward")

    @tried(2, days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        """Time passes: charges are accepted silently, vouchers expire."""
        self.now += timedelta(days=days)
        with Session(db.engine) as session:
            due, over = list(due_to_finish(session, now=self.now)), list(due_to_expire(session, now=self.now))
        for charge_id in due:
            self.done["go on"] += transaction(charges.go_on, charge_id, windows=WINDOWS, now=self.now)
        for voucher_id in over:
            assert transaction(expire_voucher, voucher_id, now=self.now)

    @tried(pick=picks, step=st.sampled_from(list(VoucherStep)))
    def end(self, pick: int, step: VoucherStep) -> None:
        """What an officer does with a voucher; few of them are ended."""
        found = self.ids(Voucher)
        if step in {VoucherStep.FREEZE, VoucherStep.THAW} or pick <= 0:
            with Session(db.engine) as session:
                one = session.get_one(Voucher, found[pick % len(found)])
                by = f"second{self._province(one.programme_id)}"
            self.attempt(step.value, take_step, one.id, step, VoucherReasonForm(reason="审计"), by=by)

    @tried(programme=programmes, fen=st.one_of(st.none(), st.integers(1, 300_000)))
    def change_budget(self, programme: int, fen: int | None) -> None:
        said = {**terms_of(programme), "valid_from": local_date(self.now), "budget_fen": fen}
        by = f"first{WAYS[programme][0]}"
        self.attempt("change budget", write_version, self.land.programmes[programme], version_form(**said), by=by)

    def _period(self, slot: tuple[int, int]) -> Period:
        start = self.now.replace(minute=0) + timedelta(hours=slot[0])
        return Period(start, start + slot[1] * HALF_HOUR)

    def _vouching(self, province: str, use: VoucherUse, pick: int) -> Vouching:
        """All vouchers of the firm, none, or one of the two newest."""
        with Session(db.engine) as session:
            own = select(Voucher.id).where(Voucher.organisation_id == self.land.firms[province])
            found = session.scalars(own.order_by(Voucher.id.desc()).limit(2)).all()
        return Vouching(use, found[pick % len(found)] if use == VoucherUse.NAMED and found else None)

    def _standing(self, pick: int) -> Reservation | None:
        """One of the bookings that stand, the soonest first."""
        with Session(db.engine, expire_on_commit=False) as session:
            rows = select(Reservation).where(Reservation.state == ReservationState.CONFIRMED)
            found = session.scalars(rows.order_by(Reservation.starts_at, Reservation.id)).all()
        return found[pick % len(found)] if found else None

    def _holder(self, one: Reservation) -> str:
        return next(name for name, actor in self.who.items() if actor.id == one.booked_by_id)

    def _province(self, programme_id: int) -> str:
        return WAYS[self.land.programmes.index(programme_id)][0]
