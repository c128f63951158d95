"""What finance does with statements: drafts for everybody at once, dropping one, issuing one under the next number."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, contains_eager

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, Problem
from booking.core.places import province_of
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.notifications.service import announce
from booking.statements import billable
from booking.statements.charging import bill_charges, pay_charges
from booking.statements.debtors import debtors_for, held_debtor
from booking.statements.forms import DraftsForm
from booking.statements.queries import person_of, sight_of
from booking.statements.rules import Billable, ItemAmounts, digest_of, item_of, kind_of, number_of
from booking.statements.settling import post_due, use_credit
from booking.statements.terms import terms_of, untils_of
from models.base import Base
from models.charges import Charge
from models.directory import Organisation
from models.statements import BillingTerms, Debtor, Statement, StatementDraft, StatementSeries

_ITEM = insert(Base.metadata.tables["statement_items"])
_ONE_EACH = ["organisation_id", "year"]
_FIRST = {
    "postgresql": postgresql.insert(StatementSeries).on_conflict_do_nothing(index_elements=_ONE_EACH),
    "sqlite": sqlite.insert(StatementSeries).on_conflict_do_nothing(index_elements=_ONE_EACH),
}


class DraftGone(Conflict):
    """Somebody else issued or dropped the draft."""

    code = "draft_gone"
    sentence = N_("这份草稿已由他人出具或撤销。")


class DraftChanged(Conflict):
    """What the draft was made of is not the same any more."""

    code = "draft_changed"
    sentence = N_("草稿做好之后费用有变化，请重新生成并核对后再出具。")


def make_drafts(
    session: Session, organisation_id: int, form: DraftsForm, *, actor: Actor, now: datetime
) -> list[StatementDraft]:
    """Drafts for everybody with something to bill, or for those who are named; earlier drafts of theirs are renewed.

    Drafts of which nothing is left to bill are dropped. Raises NotFound, Forbidden, and InvalidInput for a day to come.
    """
    place = organisation(session, organisation_id)
    require(actor, Permission.MANAGE_STATEMENTS, Target(place.id))
    today = local_date(now)
    if form.until_on is not None and form.until_on > today:
        raise InvalidInput([Problem("until_on", N_("截止日不能晚于今天。"))])
    session.execute(select(Organisation.id).where(Organisation.id == place.id).with_for_update(key_share=True))
    # Whoever issues or drops one of them now is waited for: what they bill is not drafted again.
    known = {one.debtor_id: one for one in _locked_drafts(session, place.id)}
    untils = untils_of(terms_of(session, place.id), today, form.until_on)
    everybody = billable.to_bill(session, place.id, untils)
    wanted = [one for one in everybody if form.debtors is None or one.code in form.debtors]
    digests = billable.digests(session, place.id, untils)
    debtors = debtors_for(session, place.id, wanted, now=now)
    drafts = []
    for one in wanted:
        debtor_id = debtors[one.code]
        draft = known.get(debtor_id) or StatementDraft(debtor_id=debtor_id)
        draft.until_on, draft.total_fen, draft.item_count = one.until_on, one.total_fen, one.item_count
        draft.digest = digests.get(one.code, "")
        draft.made_by_id, draft.created_at = actor.id, now
        drafts.append(draft)
    session.add_all(drafts)
    going_on = {debtors.get(one.code) for one in everybody}
    _drop_done(session, [one for one in known.values() if one.debtor_id not in going_on])
    session.flush()
    after = {"drafts": len(drafts), "total_fen": sum(one.total_fen for one in drafts)}
    audit.note(session, "statements.drafted", ("organisation", place.id), actor=actor, now=now, after=after)
    return drafts


def drop_draft(session: Session, draft_id: int, *, actor: Actor, now: datetime) -> int:
    """Drop a draft; what it was made of can be billed later. The institution's id.

    Raises NotFound, Forbidden, and DraftGone when somebody else was faster.
    """
    draft, debtor = _managed(session, draft_id, actor)
    _lock(session, draft)
    before = {"until_on": draft.until_on.isoformat(), "total_fen": draft.total_fen}
    session.delete(draft)
    audit.note(session, "statements.dropped", ("debtor", debtor.id), actor=actor, now=now, before=before)
    return debtor.organisation_id


def issue_statement(
    session: Session, draft_id: int, *, billed_to: int | None = None, actor: Actor, now: datetime
) -> Statement:
    """Issue a draft under the institution's next number of the year; its charges are billed with it.

    What is credited to the payer pays for it at once. Of two who issue it at once one does. Nobody bills themselves.
    The paper names `billed_to` as the organisation of somebody without a payer account (0: none), one that they belong
    to or have ordered for; where there is one at most, it need not be said.
    Raises NotFound, Forbidden, InvalidInput, DraftGone and DraftChanged.
    """
    draft, debtor = _managed(session, draft_id, actor)
    if not sight_of(session, debtor, actor, today=local_date(now)).settles:
        raise Forbidden
    keeper = _keeper(session, draft, billed_to, today=local_date(now))
    _lock(session, draft)
    series = _locked_series(session, debtor.organisation_id, local_date(now).year)
    debtor = held_debtor(session, debtor.id)
    kind = kind_of(debtor.payer.kind if debtor.payer else None)
    rows = _locked_charges(session, debtor, draft)
    items = [item_of(row, kind) for row in rows]
    if not items or not is_same(draft, rows):
        raise DraftChanged
    series.last_number += 1
    told = _told(debtor, keeper, terms_of(session, debtor.organisation_id))
    billed_to_id = keeper.id if keeper is not None and debtor.payer is None else None
    statement = _store(session, debtor, draft, series, items, told, billed_to_id, actor=actor, now=now)
    _store_items(session, statement, rows, items)
    session.delete(draft)
    session.flush()
    bill_charges(session, statement, actor=actor, now=now)
    use_credit(session, debtor, actor=actor, now=now)
    if statement.open_id is None:
        pay_charges(session, [statement], debtor, actor=actor, now=now)
    after = {"number": number_of(statement.year, statement.number), "total_fen": statement.total_fen}
    after |= {"due_fen": statement.due_fen, "debtor_id": debtor.id}
    audit.note(session, "statements.issued", ("statement", statement.id), actor=actor, now=now, after=after)
    announce(session, "statements.issued", {"statement_id": statement.id}, now=now)
    return statement


def is_same(draft: StatementDraft, rows: Sequence[Billable]) -> bool:
    """Whether a draft is still made of these charges, each with the amounts that it had then."""
    total = sum(row.gross_fen - row.billed_fen for row in rows)
    said = draft.total_fen, draft.item_count, draft.digest
    return said == (total, len(rows), digest_of(row.amounts for row in rows))


def _managed(session: Session, draft_id: int, actor: Actor) -> tuple[StatementDraft, Debtor]:
    """A draft for who manages the institution's statements; raises NotFound and Forbidden."""
    draft = billable.draft_for(session, draft_id, actor)
    require(actor, Permission.MANAGE_STATEMENTS, Target(draft.debtor.organisation_id))
    return draft, draft.debtor


def _locked_drafts(session: Session, organisation_id: int) -> Sequence[StatementDraft]:
    """The drafts of an institution under lock, in order of id."""
    at_it = select(StatementDraft).join(Debtor, Debtor.id == StatementDraft.debtor_id)
    locked = at_it.where(Debtor.organisation_id == organisation_id).order_by(StatementDraft.id)
    loaded = locked.options(contains_eager(StatementDraft.debtor)).execution_options(populate_existing=True)
    return session.scalars(loaded.with_for_update(of=StatementDraft)).all()


def _drop_done(session: Session, drafts: Iterable[StatementDraft]) -> None:
    """Drop those of which nothing is left to bill."""
    for draft in drafts:
        if not billable.is_anything_left(session, draft):
            session.delete(draft)


def _lock(session: Session, draft: StatementDraft) -> None:
    """The draft under lock before anything else, read again; raises DraftGone when it is there no more."""
    same = select(StatementDraft).where(StatementDraft.id == draft.id).with_for_update()
    if session.scalar(same.execution_options(populate_existing=True)) is None:
        raise DraftGone


def _locked_series(session: Session, organisation_id: int, year: int) -> StatementSeries:
    """The numbers of an institution's year, under lock until the transaction ends, so that none is left out."""
    values = {"organisation_id": organisation_id, "year": year, "last_number": 0}
    session.execute(_FIRST[session.get_bind().dialect.name].values(**values))
    same = StatementSeries.organisation_id == organisation_id, StatementSeries.year == year
    locked = select(StatementSeries).where(*same).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def _locked_charges(session: Session, debtor: Debtor, draft: StatementDraft) -> list[Billable]:
    """What is to be billed now, each charge under lock, in order of id."""
    theirs = billable.of_debtor(debtor, draft.until_on)
    locked = set(session.scalars(select(Charge.id).where(theirs).order_by(Charge.id).with_for_update(key_share=True)))
    return [row for row in billable.billables(session, debtor, draft.until_on) if row.charge_id in locked]


def _store(  # noqa: PLR0917 - what a statement is made of
    session: Session,
    debtor: Debtor,
    draft: StatementDraft,
    series: StatementSeries,
    items: Sequence[ItemAmounts],
    told: dict[str, Any],
    billed_to_id: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> Statement:
    """The statement with its entry in the ledger, which cannot be changed afterwards."""
    terms, today = terms_of(session, debtor.organisation_id), local_date(now)
    total, taken = sum(one.amount_fen for one in items), sum(one.taken_fen for one in items)
    due = total - taken
    open_id, entry_id = post_due(session, debtor, series, due, now=now)
    statement = Statement(
        organisation_id=debtor.organisation_id,
        debtor_id=debtor.id,
        year=series.year,
        number=series.last_number,
        kind=kind_of(debtor.payer.kind if debtor.payer else None),
        until_on=draft.until_on,
        issued_on=today,
        due_on=today + timedelta(days=terms.pays_within_days) if due > 0 else None,
        total_fen=total,
        taken_fen=taken,
        due_fen=due,
        open_id=open_id,
        entry_id=entry_id,
        holder_id=person_of(debtor).id,
        billed_to_id=billed_to_id,
        told=told,
        issued_by_id=actor.id,
        created_at=now,
    )
    session.add(statement)
    session.flush()
    return statement


def _keeper(session: Session, draft: StatementDraft, billed_to: int | None, *, today: date) -> Organisation | None:
    """The organisation that the paper names beside who pays: the account's, or one that the person acts for."""
    debtor = draft.debtor
    if debtor.payer is not None or debtor.user_id is None:
        return debtor.payer.organisation if debtor.payer else None
    theirs = billable.may_name(session, debtor, draft.until_on, today=today)
    if billed_to is None and len(theirs) > 1:
        raise InvalidInput([Problem("billed_to", N_("付款人属于几个单位，请选择结算单上写哪一个。"))])
    if billed_to is None:
        return theirs[0] if theirs else None
    chosen = next((one for one in theirs if one.id == billed_to), None)
    if chosen is None and billed_to:
        raise InvalidInput([Problem("billed_to", N_("付款人不属于这个单位，请从列表中选择。"))])
    return chosen


def _told(debtor: Debtor, keeper: Organisation | None, terms: BillingTerms) -> dict[str, Any]:
    """What payer, holder and institution are called on the day of the statement."""
    place, payer = debtor.organisation, debtor.payer
    told: dict[str, Any] = {"organisation_zh": place.name_zh, "organisation_en": place.name_en}
    told["bank_details"] = terms.bank_details
    told |= {"holder": person_of(debtor).name, "organisation_uscc": place.uscc or ""}
    if keeper is not None:
        told |= {"keeper_zh": keeper.name_zh, "keeper_en": keeper.name_en, "keeper_uscc": keeper.uscc or ""}
    if payer is not None:
        told |= {"payer_kind": payer.kind.value, "payer_name": payer.name, "payer_number": payer.number}
        told["budget_item"] = payer.budget_item
        if keeper is not None and province_of(keeper.adcode) != province_of(place.adcode):
            told["province_rule"] = payer.province_rule
    return told


def _store_items(
    session: Session, statement: Statement, rows: Iterable[Billable], items: Iterable[ItemAmounts]
) -> None:
    """The items, at once; the database refuses a charge that another statement has."""
    stored = [
        {
            "statement_id": statement.id,
            "charge_id": row.charge_id,
            "turn": row.turn,
            "amount_fen": item.amount_fen,
            "taken_fen": item.taken_fen,
            "last_line_id": row.last_line_id,
            "kind": row.kind,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "user_name": row.user_name,
            "instrument_zh": row.instrument_zh,
            "instrument_en": row.instrument_en,
        }
        for row, item in zip(rows, items, strict=True)
    ]
    session.connection().execute(_ITEM, stored)
