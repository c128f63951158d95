"""Asking to be paid, the two reviews, refusing and taking back; what is paid stands beside."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, organisation_meant, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test
from booking.notifications.service import announce
from booking.redemptions import queries
from booking.redemptions.again import again_until
from booking.redemptions.claimable import Claimable, Pair, claimable
from booking.redemptions.flags import reasons_for
from booking.redemptions.forms import (
    MOST_ITEMS,
    ApprovedItemForm,
    RedemptionForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
)
from booking.redemptions.labels import REFUSED, REFUSED_NEXT
from booking.redemptions.moving import locked_book, locked_vouchers, reject_items
from booking.redemptions.payable import foresee_payment
from booking.vouchers.offices import office_of
from models.directory import Organisation
from models.programmes import Programme
from models.redemptions import Redemption, RedemptionEvent, RedemptionItem
from models.vocabulary.redemptions import WAITING, RedemptionState, RedemptionStep, Unclaimable

LOOKED_AHEAD = timedelta(days=200)


class NotNow(Conflict):
    """The redemption stands elsewhere meanwhile: somebody else was faster, or the public notice is not over."""

    code = "redemption_not_now"
    sentence = N_("这份兑付申请的状态已经变化，现在不能这样处理。")


class Changed(NotNow):
    """It was decided on as it is no longer: papers were added or taken out, or somebody reviewed it meanwhile."""

    code = "redemption_changed"
    sentence = N_("这份兑付申请在您打开之后有变化（材料或审核意见）。请核对现在的内容后再处理。")


class FourEyes(Forbidden):
    """The same person made the first review."""

    code = "four_eyes"
    sentence = N_("两级审核须由两个人完成；初审是您做的，请另一位经办人复审。")


class OtherOffice(Forbidden):
    """The first review is the district's or the city's."""

    code = "other_office"
    sentence = N_("这份申请先由申请单位所在地的主管部门初审，通过之后由您复审。")


class OwnClaim(Forbidden):
    """The officer belongs to the claimant."""

    code = "own_claim"
    sentence = N_("您属于申请兑付的单位，不能经办它的申请。")


def request_redemption(session: Session, form: RedemptionForm, *, actor: Actor, now: datetime) -> Redemption:
    """Ask an authority to pay what vouchers covered, each amount whole and once.

    Raises Forbidden, NotFound, and InvalidInput with every reason why something cannot be claimed.
    """
    claimant_id = organisation_meant(actor, Permission.CLAIM_REDEMPTIONS, form.organisation_id)
    require(actor, Permission.CLAIM_REDEMPTIONS, Target(claimant_id))
    today = local_date(now)
    programme_id, pairs = _meant(session, form, claimant_id, today)
    locked_vouchers(session, {voucher_id for voucher_id, _charge_id in pairs})
    book = locked_book(session, programme_id)
    found = claimable(session, claimant_id, today=today, programme_id=programme_id, pairs=frozenset(pairs))
    _check(found, pairs)
    office, authority = _office(session, book.programme, claimant_id, today), book.programme.organisation_id
    days = found[0].version.review_days
    made = Redemption(
        programme_id=programme_id,
        office_id=office,
        number=_next_number(session, programme_id),
        claimant_id=claimant_id,
        state=RedemptionState.REQUESTED,
        note=form.note,
        requested_by_id=actor.id,
        due_on=None if book.programme.runs_at else due_on(session, office or authority, days, today),
        **_said(found),
        **new_moments(now),
    )
    session.add(made)
    session.flush()
    session.add_all(_item(made.id, one) for one in sorted(found, key=lambda one: pairs.index(one.pair)))
    session.flush()
    step(session, made, RedemptionStep.REQUEST, actor=actor, now=now, facts={"claimed_fen": made.claimed_fen})
    return made


def _office(session: Session, programme: Programme, claimant_id: int, today: date) -> int | None:
    """The office that reviews first where that is not the programme's authority; none for what lives elsewhere."""
    if programme.runs_at:
        return None
    authority = session.get_one(Organisation, programme.organisation_id)
    found = office_of(session, session.get_one(Organisation, claimant_id), authority, today)
    return None if found.id == authority.id else found.id


def _meant(session: Session, form: RedemptionForm, claimant_id: int, today: date) -> tuple[int, list[Pair]]:
    """The programme and the amounts that a request names; raises NotFound, and InvalidInput where it is not clear."""
    pairs = [(one.voucher_id, one.charge_id) for one in form.items]
    if bool(pairs) == bool(form.charge_ids):
        raise InvalidInput([Problem("items", N_("请选要兑付的金额：逐项选，或选费用，只用一种方式。"))])
    if form.programme_id is not None and pairs:
        return form.programme_id, pairs
    wanted = form.charge_ids or {charge_id for _voucher_id, charge_id in pairs}
    open_ = claimable(session, claimant_id, today=today, programme_id=form.programme_id, charge_ids=wanted)
    if not pairs and {one.charge.id for one in open_} != set(form.charge_ids):
        raise InvalidInput([Problem("charge_ids", N_("其中有没有可以申请兑付的金额的费用，请刷新后重选。"))])
    programmes = {one.voucher.programme_id for one in open_ if not pairs or one.pair in pairs}
    named = pairs or [one.pair for one in open_]
    if len(named) > MOST_ITEMS:
        raise InvalidInput([Problem("charge_ids", N_("一份申请最多 %(most)s 项，请分开申请。"), {"most": MOST_ITEMS})])
    if len(programmes) > 1:
        raise InvalidInput([Problem("programme_id", N_("这些金额属于不同的政策，请分开申请。"))])
    if not programmes:
        raise NotFound
    return programmes.pop(), named


def review(
    session: Session,
    redemption_id: int,
    form: RedemptionReviewForm,
    *,
    actor: Actor,
    now: datetime,
    due: RedemptionState | None = None,
) -> Redemption:
    """The next of the two reviews, by two people: what is approved of each item; the second makes it public.

    Raises NotFound, Forbidden, OtherOffice, OwnClaim, FourEyes, InvalidInput, NotNow where no review (or not the one
    that is `due`) can be made, and Changed where it is no longer as it was read: reviewed meanwhile, or with other
    papers.
    """
    found = held(session, redemption_id, actor, now)
    is_first = found.state == RedemptionState.REQUESTED
    turn = RedemptionStep.CITY_REVIEW if is_first else RedemptionStep.PROVINCE_REVIEW
    if found.state not in ({due} if due else {RedemptionState.REQUESTED, RedemptionState.REVIEWED}):
        raise NotNow
    check_version(found, form.version)
    if not is_first and queries.city_reviewer(session, found.id) == actor.id:
        raise FourEyes
    items, at = queries.items_of(session, found.id), _at(found, actor)
    approve(found, items, form)
    reasons = reasons_for(session, found, items, form)
    flagged = {"flagged": reasons} if reasons else {}
    today, authority = local_date(now), found.programme.organisation_id
    if is_first:
        found.due_on = due_on(session, authority, found.programme_version.review_days, today)
        found.state = RedemptionState.REVIEWED
    else:
        until = due_on(session, authority, found.programme_version.notice_days, today)
        found.due_on = due_on(session, authority, found.programme_version.pay_days, until)
        found.state, found.notice_from, found.notice_until = RedemptionState.NOTICE, today, until
    facts = {"approved": {str(one.id): one.approved_fen for one in items}, **at, **flagged}
    made = step(session, found, turn, actor=actor, now=now, reason=form.reason, facts=facts)
    if not is_first:
        foresee_payment(session, found, made, now=now)
    return found


def reject(
    session: Session, redemption_id: int, form: RedemptionRejectionForm, *, actor: Actor, now: datetime
) -> Redemption:
    """Refuse a request before it is paid; `is_final` gives what it asked for back to the programme.

    Else its amounts can be claimed again, for some working days at least. Raises NotFound, Forbidden,
    OwnClaim, NotNow and Changed.
    """
    found = held(session, redemption_id, actor, now)
    if found.state not in WAITING:
        raise NotNow
    check_version(found, form.version)
    facts: dict[str, Any] = {"is_final": form.is_final, **_at(found, actor)}
    if form.is_final:
        items = queries.items_of(session, found.id)
        reject_items(session, found, items, now=now)
    found.state, found.due_on = RedemptionState.REJECTED, None
    found.again_until = again_until(session, found, is_final=form.is_final, today=local_date(now))
    step(session, found, RedemptionStep.REJECT, actor=actor, now=now, reason=form.reason, facts=facts)
    return found


def withdraw(session: Session, redemption_id: int, reason: str, *, actor: Actor, now: datetime) -> Redemption:
    """Take a request back before anybody reviewed it; its amounts can be claimed again.

    Raises NotFound, Forbidden and NotNow.
    """
    found, sight = queries.redemption_for(session, redemption_id, actor)
    if not sight.claims:
        raise Forbidden
    lock(session, found)
    if found.state != RedemptionState.REQUESTED:
        raise NotNow
    found.state, found.due_on = RedemptionState.WITHDRAWN, None
    step(session, found, RedemptionStep.WITHDRAW, actor=actor, now=now, reason=reason)
    return found


def _at(redemption: Redemption, actor: Actor) -> dict[str, int]:
    """The office of an officer who does the first review, where that is not the programme's authority."""
    is_there = redemption.state == RedemptionState.REQUESTED and queries.sight_of(redemption, actor).at_office
    return {queries.AT: redemption.office_id} if is_there and redemption.office_id else {}


def held(session: Session, redemption_id: int, actor: Actor, now: datetime) -> Redemption:
    """The redemption under lock, for an officer of the office whose turn it is who is not of the claimant.

    Raises NotFound, Forbidden, OtherOffice and OwnClaim; NotNow for the office that has done its review.
    """
    found, sight = queries.redemption_for(session, redemption_id, actor)
    if not sight.reviews:
        raise Forbidden
    if queries.is_of_claimant(session, found, actor, today=local_date(now)):
        raise OwnClaim
    lock(session, found)
    if not queries.decides(session, found, sight, today=local_date(now)):
        raise OtherOffice if sight.at_authority else NotNow
    return found


def lock(session: Session, redemption: Redemption) -> None:
    """Hold a redemption, and read it again as it is now."""
    session.execute(select(Redemption.id).where(Redemption.id == redemption.id).with_for_update(key_share=True))
    session.refresh(redemption, Redemption.__table__.columns.keys())


def step(
    session: Session,
    redemption: Redemption,
    what: RedemptionStep,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    entry_id: int | None = None,
) -> RedemptionEvent:
    """Write what was done into the history and the log, and tell the claimant and whose turn it is."""
    redemption.changed_at = now
    if what != RedemptionStep.REQUEST:
        redemption.version += 1
    made = RedemptionEvent(
        redemption_id=redemption.id,
        step=what,
        state=redemption.state,
        actor_id=actor.id,
        reason=reason,
        facts=facts or {},
        entry_id=entry_id,
        occurred_at=now,
    )
    session.add(made)
    session.flush()
    after = {"state": redemption.state.value, "approved_fen": redemption.approved_fen, **(facts or {})}
    subject = ("redemption", redemption.id)
    audit.note(session, f"redemptions.{what.value}", subject, actor=actor, now=now, after=after, reason=reason)
    announce(session, "redemptions.changed", {"redemption_id": redemption.id, "event_id": made.id}, now=now)
    return made


def due_on(session: Session, authority_id: int, days: int, start: date) -> date:
    """The last of so many working days of the authority after a day."""
    return add_working_days(start, days, working_day_test(session, authority_id, start, start + LOOKED_AHEAD))


def new_moments(now: datetime) -> dict[str, datetime]:
    """When something was made and last changed."""
    return {"created_at": now, "changed_at": now}


def check_version(redemption: Redemption, version: int) -> None:
    """Refuse a decision on a version that is not the locked one; raises Changed."""
    if version != redemption.version:
        raise Changed


def _next_number(session: Session, programme_id: int) -> int:
    """The next number of a programme whose books are locked."""
    return (session.scalar(select(func.max(Redemption.number)).where(Redemption.programme_id == programme_id)) or 0) + 1


def _check(found: Sequence[Claimable], pairs: Sequence[Pair]) -> None:
    """Refuse what is not the claimant's or was claimed, what cannot be claimed today, and what does not go together."""
    if not found:
        raise NotFound
    if {one.pair for one in found} != set(pairs):
        raise InvalidInput([Problem("items", N_("其中有已经申请过、或不属于这个单位和政策的金额，请刷新后重选。"))])
    problems = [_against(one, reason) for one in found for reason in one.reasons]
    if not problems and len({(one.batch, one.under.redeemed_by) for one in found}) > 1:
        problems.append(Problem("items", N_("这些金额属于不同的批次或兑付方式，请分开申请。")))
    if problems:
        raise InvalidInput(problems)


def _against(one: Claimable, reason: Unclaimable) -> Problem:
    """Why one of them cannot be claimed today, and when it could."""
    said = {"voucher": one.voucher.number, "day": one.used_on.isoformat()}
    if one.next_opens_on and reason in REFUSED_NEXT:
        return Problem("items", REFUSED_NEXT[reason], said | {"opens": one.next_opens_on.isoformat()})
    return Problem("items", REFUSED[reason], said)


def _said(found: Sequence[Claimable]) -> dict[str, Any]:
    """What a request says of all its items."""
    first = found[0]
    return {
        "programme_version_id": first.version.id,
        "redeemed_by": first.under.redeemed_by,
        "opens_on": first.batch.opens_on if first.batch else None,
        "closes_on": first.batch.closes_on if first.batch else None,
        "claimed_fen": sum(one.amount_fen for one in found),
    }


def _item(redemption_id: int, one: Claimable) -> RedemptionItem:
    """One item, with what the capture says."""
    return RedemptionItem(
        redemption_id=redemption_id,
        voucher_id=one.voucher.id,
        charge_id=one.charge.id,
        programme_version_id=one.under.id,
        claimed_fen=one.amount_fen,
        used_on=one.used_on,
        invoiced_on=one.invoiced_on,
        issuer_province=one.capture.issuer_province,
        provider_province=one.capture.provider_province,
    )


def approve(redemption: Redemption, items: Sequence[RedemptionItem], form: RedemptionReviewForm) -> None:
    """Set what is approved of each item; what is not named stays as the review before left it, else as claimed.

    Raises InvalidInput for more than is claimed, less without a reason, an unknown item, and nothing at all.
    """
    said, problems = form.by_item, []
    if unknown := set(said) - {one.id for one in items}:
        problems.append(Problem("items", N_("没有这一项：%(item)s。"), {"item": min(unknown)}))
    for one in items:
        amount = _amount(one, said.get(one.id))
        if amount > one.claimed_fen:
            problems.append(Problem(f"approved-{one.id}", N_("不能多于申请的金额。")))
        elif amount < one.claimed_fen and not (one.reason or form.reason):
            problems.append(Problem(f"reason-{one.id}", N_("核减须写明原因。")))
        else:
            one.approved_fen = amount
    approved = sum(one.approved_fen or 0 for one in items)
    if not problems and approved == 0:
        problems.append(Problem("items", N_("一分也不核准时，请驳回并写明原因。")))
    if problems:
        raise InvalidInput(problems)
    redemption.approved_fen = approved


def _amount(item: RedemptionItem, word: ApprovedItemForm | None) -> int:
    """What is approved of an item, which keeps a reason only where that is less than claimed."""
    amount = item.approved_fen if item.approved_fen is not None else item.claimed_fen
    if word is not None:
        amount, item.reason = word.approved_fen, word.reason or item.reason
    if amount == item.claimed_fen:
        item.reason = ""
    return amount
