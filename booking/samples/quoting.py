"""What an order costs: proposed from the price list, quoted by staff, accepted in time or run out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.affiliations.group_reading import Belonging, groups_by_owner
from booking.affiliations.rules import Membership
from booking.catalogue.queries import target_of
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.pricing.queries import Spot, price_for
from booking.pricing.rules import Terms, Use, quote
from booking.reservations.wishes import AS_USUAL, Paying
from booking.samples.agreeing import agree
from booking.samples.forms import QuoteLineForm, SampleQuoteForm
from booking.samples.paying import pay_from
from booking.samples.queries import is_requester, order_for, quotes_of
from booking.samples.releasing import withholds
from booking.samples.rules import FREE_NAMED, Side, is_changed, quote_problems, target_of_step
from booking.samples.stepping import begin, finish, note
from models.pricing import PricePolicy
from models.samples import SampleOrder, SampleQuote
from models.vocabulary.pricing import ExtraKind, Per
from models.vocabulary.samples import SampleStep

Lines = list[dict[str, Any]]


class OtherQuote(Conflict):
    """Another quote than the one that was seen holds now."""

    code = "other_quote"
    sentence = N_("报价已有变化，请看过新的报价再接受。")


class QuotedMeanwhile(Conflict):
    """Another quote was made since the one that was seen."""

    code = "quoted_meanwhile"
    sentence = N_("这个委托已有新的报价，请看过后再决定是否重新报价。")


class QuoteRunOut(Conflict):
    """The last day of the quote is over."""

    code = "quote_run_out"
    sentence = N_("报价已过有效期，请在留言中请机主重新报价。")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the price list makes of an order for its requester; no policy where there is no price."""

    policy: PricePolicy | None
    is_offered: bool
    lines: Lines

    @property
    def total_fen(self) -> int:
        """What the lines add up to."""
        return sum(line["amount_fen"] for line in self.lines)


def proposal_for(session: Session, order: SampleOrder, *, now: datetime) -> Proposal:
    """The lines of the price that holds today for who asked, for their samples and test items; reads only."""
    instrument, today = order.instrument, local_date(now)
    spot = Spot(instrument.id, instrument.unit_id, instrument.organisation_id)
    firm = _firm_belonging(session, order)
    price = price_for(session, spot, order.requested_by_id, day=today, today=today, known=firm)
    if price is None:
        return Proposal(None, is_offered=True, lines=[])
    if not price.is_offered:
        return Proposal(price.policy, is_offered=False, lines=[])
    return Proposal(price.policy, is_offered=True, lines=_lines_of(price.terms, order))


def _firm_belonging(session: Session, order: SampleOrder) -> Belonging | None:
    """Where the firm of an order belongs at the owner of the instrument, whoever asked for it; None without a firm."""
    if order.organisation is None:
        return None
    groups = groups_by_owner(session, [order.instrument.organisation_id])
    return Belonging(groups, [Membership(order.organisation.id, None, order.organisation.kind)])


def _lines_of(terms: Terms, order: SampleOrder) -> Lines:
    """The lines without time: set-up, samples, what is counted by the sample, and the chosen test items."""
    names = {test["name_zh"] or test["name_en"] for test in order.tests}
    extras = tuple(
        one for one in terms.extras if one.kind != ExtraKind.TEST_ITEM or {one.name_zh, one.name_en} & names - {""}
    )
    pieces = {
        place: order.sample_count
        for place, one in enumerate(extras)
        if one.kind == ExtraKind.TEST_ITEM and one.per == Per.PIECE
    }
    found = quote(replace(terms, extras=extras), Use(None, samples=order.sample_count, pieces=pieces))
    return [
        {
            "kind": str(line.kind),
            "name_zh": line.name_zh,
            "name_en": line.name_en,
            "count": line.count,
            "unit_fen": line.unit_fen,
            "amount_fen": line.amount_fen,
        }
        for line in found.lines
    ]


def quote_order(session: Session, order_id: int, form: SampleQuoteForm, *, actor: Actor, now: datetime) -> SampleQuote:
    """Say what the order costs and until when; what leaves the price list needs a reason; raises QuotedMeanwhile."""
    held = begin(session, order_id, SampleStep.QUOTE, actor=actor, now=now)
    if form.last_quote_id != max((one.id for one in quotes_of(session, order_id)), default=0):
        raise QuotedMeanwhile
    proposal = proposal_for(session, held.order, now=now)
    lines = [_line(one, proposal.lines) for one in form.lines]
    problems = quote_problems(lines, form.valid_until, today=local_date(now)) + _unnamed(form.lines)
    if proposal.policy is not None and is_changed(proposal.lines, lines) and not form.reason:
        problems.append(Problem("reason", N_("报价与收费标准不同，请写明理由。")))
    if problems:
        raise InvalidInput(problems)
    made = SampleQuote(
        order_id=order_id,
        price_policy_id=proposal.policy.id if proposal.policy else None,
        lines=lines,
        total_fen=sum(line["amount_fen"] for line in lines),
        valid_until=form.valid_until,
        reason=form.reason,
        note=form.note,
        made_by_id=actor.id,
        made_at=now,
    )
    session.add(made)
    held.order.quoted_until = form.valid_until
    session.flush()
    facts = {"quote_id": made.id, "total_fen": made.total_fen}
    finish(session, held, facts=facts, actor=actor, now=now)
    return made


def _line(form: QuoteLineForm, proposed: Lines) -> dict[str, Any]:
    """A line as it is stored; one that the price list names keeps its names in both languages."""
    named = next((one for one in proposed if form.name and form.name in (one["name_zh"], one["name_en"])), None)
    return {
        "kind": str(form.kind),
        "name_zh": named["name_zh"] if named else form.name,
        "name_en": named["name_en"] if named else form.name,
        "count": form.count,
        "unit_fen": form.unit_fen,
        "amount_fen": form.count * form.unit_fen,
    }


def _unnamed(lines: Sequence[QuoteLineForm]) -> list[Problem]:
    """Lines whose kind does not say what they are for."""
    return [
        Problem(f"lines.{place}.name", N_("请写明这一行是什么。"))
        for place, one in enumerate(lines)
        if one.kind in FREE_NAMED and not one.name
    ]


def refuse_order(session: Session, order_id: int, *, reason: str, actor: Actor, now: datetime) -> SampleOrder:
    """Say no to a request, with a reason."""
    held = begin(session, order_id, SampleStep.REFUSE, actor=actor, now=now)
    return finish(session, held, reason=reason, actor=actor, now=now)


def accept_quote(
    session: Session,
    order_id: int,
    quote_id: int,
    order_form: int | None = None,
    paying: Paying = AS_USUAL,
    *,
    actor: Actor,
    now: datetime,
) -> SampleOrder:
    """Accept the quote that holds, which gives the order its number; raises OtherQuote or QuoteRunOut.

    Its amount is held in the payer account that is chosen, if any. Where the owner asks for an order form it is
    accepted with it; a contract may come until the samples are sent.
    """
    held = begin(session, order_id, SampleStep.ACCEPT, actor=actor, now=now)
    order, last = held.order, quotes_of(session, order_id)[-1]
    if last.id != quote_id:
        raise OtherQuote
    if last.valid_until < local_date(now):
        raise QuoteRunOut
    order.is_withheld = withholds(session, order, last.total_fen, now=now)
    order.number, order.accepted_at = order_number(order.id, local_date(now)), now
    # As bookings do: the account that pays is locked before the contract and the numbers of order forms.
    pay_from(session, order, last.total_fen, paying, actor=actor, now=now)
    agree(session, order, last.total_fen, order_form, actor=actor, now=now)
    return finish(session, held, facts={"quote_id": last.id, "total_fen": last.total_fen}, actor=actor, now=now)


def order_number(order_id: int, today: date) -> str:
    """The number of an order, with the day of its acceptance."""
    return f"WT{today:%Y%m%d}-{order_id:05d}"


def expire_quote(session: Session, order_id: int, *, now: datetime) -> bool:
    """Let a quote run out whose last day is over; whether it did."""
    order = session.scalar(
        select(SampleOrder)
        .where(SampleOrder.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if order is None or order.quoted_until is None or order.quoted_until >= local_date(now):
        return False
    target = target_of_step(SampleStep.EXPIRE, order.state, Side.DEADLINE)
    if target is None:
        return False
    order.state = target
    order.version += 1
    order.changed_at = now
    session.flush()
    note(session, order, SampleStep.EXPIRE, is_staff=True, actor=None, now=now)
    return True


def proposal_of(session: Session, order_id: int, *, actor: Actor, now: datetime) -> Proposal:
    """The same for those who quote; raises NotFound, or Forbidden for everybody else who may read the order."""
    order = order_for(session, order_id, actor)
    if is_requester(order, actor):
        raise Forbidden
    require(actor, Permission.QUOTE_SAMPLES, target_of(order.instrument))
    return proposal_for(session, order, now=now)
