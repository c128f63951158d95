"""Drawing which paid redemptions are audited: by a random seed that is kept, so that anybody draws the same again."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from booking.programmes.queries import programme
from booking.redemptions.forms import RedemptionSampleForm
from booking.redemptions.rules import count_of, drawn
from models.redemptions import Redemption, RedemptionPayment, RedemptionSample
from models.vocabulary.redemptions import PaymentKind

SEED_BYTES = 8


def draw_sample(session: Session, form: RedemptionSampleForm, *, actor: Actor, now: datetime) -> RedemptionSample:
    """Draw of what a programme paid between two days; raises NotFound, Forbidden, InvalidInput where nothing was."""
    found = programme(session, form.programme_id)
    require(actor, Permission.REVIEW_REDEMPTIONS, Target(found.organisation_id))
    form.check(local_date(now))
    paid = population_of(session, found.id, form.paid_from, form.paid_until)
    population = [] if found.runs_at else list(paid)
    if not population:
        raise InvalidInput([Problem("paid_from", N_("这些日期里没有已兑付的申请。"))])
    count = count_of(form.share, len(population)) if form.share is not None else form.count or 0
    seed = secrets.token_hex(SEED_BYTES)
    made = RedemptionSample(
        programme_id=found.id,
        paid_from=form.paid_from,
        paid_until=form.paid_until,
        seed=seed,
        share=form.share,
        population=population,
        drawn=drawn(population, count, seed),
        drawn_by_id=actor.id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    after = {"seed": seed, "of": len(population), "drawn": made.drawn}
    audit.note(session, "redemptions.sampled", ("programme", found.id), actor=actor, now=now, after=after)
    return made


def population_of(session: Session, programme_id: int, paid_from: date, paid_until: date) -> Sequence[int]:
    """What a programme paid between two days, both included, in order of id."""
    paid = RedemptionPayment.kind == PaymentKind.PAID, RedemptionPayment.paid_on.between(paid_from, paid_until)
    rows = (
        select(Redemption.id)
        .join(RedemptionPayment, RedemptionPayment.redemption_id == Redemption.id)
        .where(Redemption.programme_id == programme_id, *paid)
    )
    return session.scalars(rows.order_by(Redemption.id)).all()
