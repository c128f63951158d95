"""From the voucher to the clearing at random, on both sides of a border: every fen is where its rows say it is."""

from datetime import UTC, datetime

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import verifying as charges
from booking.clearing import verifying as clearing
from booking.ledger import verifying as ledger
from booking.operations import proving
from booking.redemptions import verifying as redemptions
from booking.reservations import verifying as reservations
from booking.reservations.vouching import VoucherUse
from booking.vouchers import verifying as vouchers
from booking.web.extensions import db
from models.ledger import LedgerAccount
from models.vocabulary.clearing import Figure
from models.vocabulary.programmes import Limit
from models.vocabulary.redemptions import RedemptionStep
from models.vocabulary.reservations import UseOutcome
from models.vocabulary.vouchers import VoucherStep
from models.vouchers import Voucher
from tests.clearing.land import make_land
from tests.clearing.redeeming import Redeeming
from tests.clearing.rows import check, happened
from tests.machines import walk

START = datetime(2026, 10, 19, 1, 30, tzinfo=UTC)
BOOKS = (ledger, charges, vouchers, redemptions, clearing)
"""What is added up again after every step; the rest is when everything is over."""
MUST = (
    {"book", "move", "choose", "cancel", "confirm", "go on", "accept", "dispute", "adjust", "waive"}
    | {"draft", "bill", "invoice", "receive", "change budget", "close", "lapse", "issue: budget_spent"}
    | {f"voucher {one}" for one in VoucherStep if one != VoucherStep.REGISTER}
    | {f"redemption {one}" for one in RedemptionStep if one != RedemptionStep.SUBMIT}
    | {f"held by {one}" for one in Limit}
    | {"charge use", "charge late_cancellation", "charge no_show", "two vouchers"}
    | {f"{one} 50-51" for one in Figure}
    | {"captured 51-50", "paid 51-50", "owed 51-50", "captured 51-51", "clearing confirm", "clearing settle"}
)
"""All of it, but for what is done with vouchers that live elsewhere, which move no money."""


class Life(Redeeming):
    """One life of all of it, and then anything."""

    @initialize(chance=st.integers(0, 99))
    def arrange(self, chance: int) -> None:
        """With a life that was led so far; in one of a hundred, which Hypothesis tries first of all, with none."""
        with Session(db.engine, expire_on_commit=False) as session:
            self.land = make_land(session, START)
        self.who, self.now, self.papers = self.land.who, START, 0
        self.looked_at = START
        if chance:
            self.begin()

    def begin(self) -> None:
        """A life in which everything happens once: two months of it, and a third that has begun."""
        for programme, fen in enumerate((1_000, 60_000, 60_000, 60_000)):
            self.issue(programme, fen)
        self.issue(0, 60_000)
        self.issue(0, 100_000)
        self.begin_using()
        self.begin_redeeming()
        self.wait(8)
        for province in ("50", "51"):
            self.close(province)
            self.confirm_and_settle("51")
            self.confirm_and_settle("50")
        for programme in (0, 1, 2, 3):
            self.issue(programme, 40_000)
        for step in (VoucherStep.FREEZE, VoucherStep.THAW, VoucherStep.RETURN):
            self.end(-1, step)
        self.issue(2, 5_000)
        self.end(-1, VoucherStep.REVOKE)
        self.change_budget(2, None)
        self.change_budget(3, 200_000)
        self.issue(3, 40_000)
        for hour, province in ((2, "50"), (9, "51"), (30, "50"), (40, "51")):
            self.book((hour, 9), province, hour % 2)
        self.confirm(0, 0, UseOutcome.USED)
        self.lapse(0)

    def begin_using(self) -> None:
        """Both firms on both sides: a share, a credit, a cap and a budget decide; one comes late, one not at all."""
        for slot in ((2, 12), (9, 12)):
            self.book(slot, "50", 1)
            self.book(slot, "51", 0)
        self.book((30, 6), "50", 1)
        self.move(-1, (40, 4))
        self.choose(-1, VoucherUse.NONE)
        self.choose(-1, VoucherUse.AUTOMATIC)
        self.cancel(-1)
        self.book((16, 4), "51", 1)
        self.book((20, 2), "51", 0)
        self.book((26, 4), "50", 0)
        for late in (0, -2, 1, 0, 0):
            self.confirm(0, late, UseOutcome.USED)
        self.confirm(0, 0, UseOutcome.NO_SHOW)
        self.cancel(-1)
        self.argue("dispute", pick=0)
        self.argue("adjust", -3_000, pick=0)
        self.argue("waive", pick=4)
        for _each in range(4):
            self.argue("accept", pick=0)

    def begin_redeeming(self) -> None:
        """What was used is billed and claimed: taken back, refused, cut, paid, and a part of it comes back."""
        self.wait(2)
        self.bill()
        self.receive(0, 1)
        self.claim(0, 3)
        self.withdraw(0)
        self.claim(0, 3)
        self.reject(0, is_final=False)
        for claimant in (0, 3, 1, 2):
            self.claim(claimant, 3)
        self.reject(0, is_final=True)
        for _both in range(2):
            for pick in (1, 2, 3):
                self.go_on(pick, 1_500)
        for pick in (1, 2, 3):
            self.go_on(pick, 0)
            self.go_on(pick, 700)

    @invariant()
    def every_fen_is_where_its_rows_say(self) -> None:
        """After every step that was tried: each takes a minute at least."""
        if self.looked_at < self.now:
            self.looked_at = self.now
            with Session(db.engine) as session:
                assert [line for one in BOOKS for line in one.faults(session)] == []
                check(session, START, self.now)

    def finish(self) -> None:
        """When every use is over nothing is held any more; and everything that can be added up again is right."""
        while self._standing(0):
            self.confirm(0, 0, UseOutcome.USED)
        self.wait(12)
        with Session(db.engine) as session:
            held = select(LedgerAccount.balance_fen).join(Voucher, Voucher.held_id == LedgerAccount.id)
            assert set(session.scalars(held)) <= {0}
            assert [*proving.faults(session), *reservations.faults(session)] == []
            self.done.update(happened(session))
        self.every_fen_is_where_its_rows_say()


def test_from_the_voucher_to_the_clearing_every_fen_is_where_its_rows_say(engine_app: Flask) -> None:
    walk(engine_app, Life, MUST, walks=2, steps=40)
