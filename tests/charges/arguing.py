"""What both sides of a charge do with it, for machines: mostly what it stands open to, by whom it is for."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.forms import ChargeChangeForm
from booking.charges.queries import standing_of
from booking.charges.rules import OF_PROVIDER, is_open
from booking.charges.windows import Windows
from booking.web.extensions import db
from models.charges import Charge
from models.vocabulary.charges import ChargeStep
from tests.machines import Walk, picks, tried

WINDOWS = Windows()
STEPS: dict[str, tuple[ChargeStep, Callable[..., Any]]] = {
    "accept": (ChargeStep.ACCEPT, service.accept_charge),
    "dispute": (ChargeStep.DISPUTE, service.dispute_charge),
    "uphold": (ChargeStep.UPHOLD, service.uphold_charge),
    "adjust": (ChargeStep.ADJUST, service.adjust_charge),
    "waive": (ChargeStep.WAIVE, service.waive_charge),
    "cancel charge": (ChargeStep.CANCEL, service.cancel_charge),
    "take rest": (ChargeStep.TAKE_REST, service.take_rest),
    "on paper": (ChargeStep.ON_PAPER, service.settle_on_paper),
}
ASIDE = ("accept", "dispute", "uphold", "adjust", "adjust")
"""Steps after which there is more to say, which are tried more often."""
changes = st.integers(-15_000, 15_000).filter(bool)
soundness = st.sampled_from([True, True, True, False])


class Arguing(Walk):
    """Now and then somebody whom it is not for tries a step, or it is not the time."""

    @tried(5, pick=picks, step=st.sampled_from([*ASIDE, *STEPS]), change=changes, is_sound=soundness)
    def argue(self, step: str, change: int = -500, pick: int = -1, is_sound: bool = True) -> None:
        with Session(db.engine) as session:
            rows = session.scalars(select(Charge).order_by(Charge.id)).all()
            found = [one.id for one in rows if is_open(STEPS[step][0], standing_of(one)) or not is_sound]
        if found:
            self.take(step, found[pick % len(found)], change, by="" if is_sound else "other")

    def take(self, step: str, charge_id: int, change: int, *, by: str = "") -> None:
        """One step of one charge, by whom it is for unless somebody is named."""
        moved, work = STEPS[step]
        given: dict[ChargeStep, tuple[Any, ...]] = {
            ChargeStep.ACCEPT: (),
            ChargeStep.TAKE_REST: (),
            ChargeStep.ADJUST: (ChargeChangeForm(change_fen=change, reason="协商"),),
        }
        named = {"windows": WINDOWS} if moved in {ChargeStep.ADJUST, ChargeStep.UPHOLD} else {}
        person = by or ("steward" if moved in OF_PROVIDER else self._payer_of(charge_id))
        self.attempt(step, work, charge_id, *given.get(moved, ("说明",)), by=person, **named)

    def _payer_of(self, charge_id: int) -> str:
        """Who answers for what pays it."""
        with Session(db.engine) as session:
            charge = session.get_one(Charge, charge_id)
        if charge.payer_account_id is not None:
            return "lead"
        return next(name for name, actor in self.who.items() if actor.id == charge.user_id)
