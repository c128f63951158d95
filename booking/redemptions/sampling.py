"""Drawing which paid redemptions are audited: by a random seed that is kept, so that anybody draws the same again."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.programmes.queries import programme
from booking.redemptions.forms import RedemptionFindingForm, RedemptionSampleForm
from booking.redemptions.queries import is_of_claimant
from booking.redemptions.rules import count_of, drawn
from booking.redemptions.service import FourEyes, OwnClaim
from models.redemptions import Redemption, RedemptionEvent, RedemptionFinding, RedemptionPayment, RedemptionSample
from models.vocabulary.redemptions import PaymentKind, RedemptionStep

SEED_BYTES = 8


class ApprovedIt(FourEyes):
    """Whoever approved a redemption does not audit it."""

    sentence = N_("这份申请的复审是您做的，请另一位经办人核查。")


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


def record_finding(
    session: Session, sample_id: int, form: RedemptionFindingForm, *, actor: Actor, now: datetime
) -> RedemptionFinding:
    """Say what was found of a redemption that was drawn: in order, or what is wrong with it.

    Whoever approved it in the second review, or is of its claimant, says nothing of it. Raises NotFound, Forbidden,
    FourEyes, OwnClaim and InvalidInput.
    """
    sample = session.get(RedemptionSample, sample_id)
    if sample is None:
        raise NotFound
    found = programme(session, sample.programme_id)
    require(actor, Permission.SEE_REDEMPTION_SAMPLES, Target(found.organisation_id))
    require(actor, Permission.REVIEW_REDEMPTIONS, Target(found.organisation_id))
    form.check()
    if form.redemption_id not in sample.drawn:
        raise InvalidInput([Problem("redemption_id", N_("这份申请不在这次抽样里。"))])
    redemption = session.get_one(Redemption, form.redemption_id)
    if is_of_claimant(session, redemption, actor, today=local_date(now)):
        raise OwnClaim
    if session.scalar(select(exists().where(*_approved(redemption.id, actor)))):
        raise ApprovedIt
    made = RedemptionFinding(sample_id=sample.id, found_by_id=actor.id, created_at=now, **form.model_dump())
    session.add(made)
    session.flush()
    after = {"sample": sample.id, "redemption": redemption.id, "is_in_order": form.is_in_order}
    subject = ("programme", found.id)
    audit.note(session, "redemptions.found", subject, actor=actor, now=now, after=after, reason=form.note)
    return made


def _approved(redemption_id: int, actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """The second review of a redemption by somebody."""
    return (
        RedemptionEvent.redemption_id == redemption_id,
        RedemptionEvent.step == RedemptionStep.PROVINCE_REVIEW,
        RedemptionEvent.actor_id == actor.id,
    )


def population_of(session: Session, programme_id: int, paid_from: date, paid_until: date) -> Sequence[int]:
    """What a programme paid between two days, both included, in order of id."""
    paid = RedemptionPayment.kind == PaymentKind.PAID, RedemptionPayment.paid_on.between(paid_from, paid_until)
    rows = (
        select(Redemption.id)
        .join(RedemptionPayment, RedemptionPayment.redemption_id == Redemption.id)
        .where(Redemption.programme_id == programme_id, *paid)
    )
    return session.scalars(rows.order_by(Redemption.id)).all()
