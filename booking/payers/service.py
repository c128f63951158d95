"""What an institution's finance does with payer accounts: open them, change what is said of them, close them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.grants import account_id as user_id_of
from booking.accounts.permissions import Permission, require
from booking.accounts.standing_in import refuse_naming_oneself, refuse_oneself
from booking.affiliations.queries import in_force
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.money import yuan_from_fen
from booking.core.texts import N_
from booking.directory.listing import provinces
from booking.directory.queries import organisation
from booking.ledger.queries import account_by_name, balance_of
from booking.ledger.service import open_account
from booking.payers import queries
from booking.payers.forms import NewPayerForm, PayerChangeForm, TermsForm
from booking.payers.queries import Found
from booking.payers.rules import budget_item_of, misfits, others_than
from models.accounts import User
from models.affiliations import Affiliation
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount, PayerMember
from models.vocabulary.payers import PayerKind

TOLD = ("name", "budget_item", "holder_id", "expires_on", "other_provinces", "province_rule")

SIDES = {"source": None, "left": 0, "held": 0, "used": None, "captured": 0}
"""The accounts of the ledger of each payer account, with their floors."""


class PayerClosed(Conflict):
    """The account was closed and stays as it is."""

    code = "payer_closed"
    sentence = N_("这个经费账户已关闭，不能再更改。")


class AlreadyMember(Conflict):
    """The person may use the account already."""

    code = "already_member"
    sentence = N_("对方已经可以使用这个经费账户。")


def open_payer(
    session: Session, organisation_id: int, form: NewPayerForm, *, actor: Actor, now: datetime
) -> PayerAccount:
    """A new payer account with nothing in it; raises NotFound, Forbidden and InvalidInput."""
    place = organisation(session, organisation_id)
    require(actor, Permission.MANAGE_PAYERS, Target(organisation_id))
    session.execute(select(Organisation.id).where(Organisation.id == place.id).with_for_update(key_share=True))
    others = others_than(place.adcode, form.provinces)
    problems = _misfits(session, form.kind, form, others, None, now)
    holder_id = _found(problems, lambda: _new_holder(session, organisation_id, form.holder, actor))
    if queries.is_taken(session, organisation_id, form.kind, form.number):
        problems.append(Problem("number", N_("本单位已有这个编号的账户。")))
    if problems:
        raise InvalidInput(problems)
    turn = queries.times_opened(session, organisation_id, form.kind, form.number)
    name = f"payer:{place.id}:{form.kind}:{form.number}:{turn}"
    sides = {
        f"{side}_id": open_account(session, f"{name}:{side}", floor_fen=floor, now=now).id
        for side, floor in SIDES.items()
    }
    account = PayerAccount(
        organisation_id=place.id,
        holder_id=holder_id,
        created_at=now,
        budget_item=budget_item_of(form.kind, form.budget_item),
        other_provinces=others,
        **sides,
        **form.model_dump(exclude={"holder", "budget_item", "provinces"}),
    )
    session.add(account)
    session.flush()
    after = {"kind": form.kind.value, "number": form.number, **_told(account)}
    note(session, account, "opened", actor=actor, now=now, after=after)
    return account


def change_payer(
    session: Session,
    payer_id: int,
    form: PayerChangeForm,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> PayerAccount:
    """Say something else of a payer account, of a closed one who answers for what it still owes.

    Raises StaleVersion, PayerClosed and InvalidInput.
    """
    account = hold(session, payer_id, actor=actor, now=now, closed=True).account
    if version is not None and version != account.version:
        raise StaleVersion
    others = others_than(session.get_one(Organisation, account.organisation_id).adcode, form.provinces)
    problems = _misfits(session, account.kind, form, others, account.expires_on, now)
    holder_id = _found(problems, lambda: _holder(session, account, form.holder, actor))
    if problems:
        raise InvalidInput(problems)
    before = _told(account)
    values = form.model_dump(exclude={"holder", "reason", "version", "provinces"})
    values |= {"holder_id": holder_id, "budget_item": budget_item_of(account.kind, form.budget_item)}
    values |= {"other_provinces": others}
    is_other = any(getattr(account, name) != value for name, value in values.items() if name != "holder_id")
    if account.closed_at is not None and is_other:
        raise PayerClosed
    for name, value in values.items():
        setattr(account, name, value)
    after = _told(account)
    if before == after:
        return account
    account.version += 1
    is_holder = PayerMember.payer_account_id == account.id, PayerMember.user_id == account.holder_id
    session.execute(delete(PayerMember).where(*is_holder))
    changed = [name for name in TOLD if before[name] != after[name]]
    old, new = ({name: said[name] for name in changed} for said in (before, after))
    note(session, account, "changed", actor=actor, now=now, before=old, after=new, reason=form.reason)
    return account


def add_member(
    session: Session, payer_id: int, email: str, *, limit_fen: int | None = None, actor: Actor, now: datetime
) -> PayerMember:
    """Let somebody use a payer account up to a limit, by its holder or the institution's finance; AlreadyMember.

    A holder names people of the institution only, and learns of nobody else whether they have an account. What
    somebody used who was a member before still counts.
    """
    found = hold(session, payer_id, actor=actor, now=now, members=True)
    account, user_id = found.account, _named_by(session, found, email, today=local_date(now))
    same = (PayerMember.payer_account_id == account.id, PayerMember.user_id == user_id)
    if account.holder_id == user_id or session.scalar(select(PayerMember.id).where(*same)) is not None:
        raise AlreadyMember
    refuse_naming_oneself(actor, Permission.MANAGE_PAYERS, Target(account.organisation_id), user_id, "email")
    name = f"payer:{account.id}:use:{user_id}"
    use = account_by_name(session, name) or open_account(session, name, floor_fen=None, now=now)
    member = PayerMember(payer_account_id=account.id, user_id=user_id, use_id=use.id, created_at=now)
    session.add(member)
    _limit(session, member, limit_fen)
    after = {"user_id": user_id, "limit_fen": limit_fen}
    note(session, account, "member_added", actor=actor, now=now, after=after)
    return member


def set_limit(
    session: Session, payer_id: int, member_id: int, limit_fen: int | None, *, actor: Actor, now: datetime
) -> PayerMember:
    """Let a member use so much in all, or (none) whatever is left; raises InvalidInput for less than they have used."""
    account = hold(session, payer_id, actor=actor, now=now, members=True).account
    member = _member(session, account, member_id)
    refuse_oneself(actor, Permission.MANAGE_PAYERS, Target(account.organisation_id), member.user_id)
    before = member.limit_fen
    if limit_fen == before:
        return member
    _limit(session, member, limit_fen)
    note(
        session,
        account,
        "member_limited",
        actor=actor,
        now=now,
        before={"user_id": member.user_id, "limit_fen": before},
        after={"user_id": member.user_id, "limit_fen": limit_fen},
    )
    return member


def _limit(session: Session, member: PayerMember, limit_fen: int | None) -> None:
    """Put the limit where the database keeps it: as the floor of what the member uses."""
    locked = select(LedgerAccount).where(LedgerAccount.id == member.use_id).with_for_update(key_share=True)
    use = session.scalars(locked.execution_options(populate_existing=True)).one()
    if limit_fen is not None and limit_fen < -use.balance_fen:
        used = yuan_from_fen(-use.balance_fen)
        raise InvalidInput([Problem("limit_fen", N_("对方已使用 %(used)s 元，不能设得更低。"), {"used": used})])
    member.limit_fen = limit_fen
    use.floor_fen = None if limit_fen is None else -limit_fen
    session.flush()


def remove_member(session: Session, payer_id: int, member_id: int, *, actor: Actor, now: datetime) -> None:
    """Let somebody no longer use a payer account, a closed one too; what is held for them stays. Raises NotFound."""
    account = hold(session, payer_id, actor=actor, now=now, members=True, closed=True).account
    member = _member(session, account, member_id)
    session.delete(member)
    note(session, account, "member_removed", actor=actor, now=now, before={"user_id": member.user_id})


def _member(session: Session, account: PayerAccount, member_id: int) -> PayerMember:
    """A member of the account; raises NotFound."""
    wanted = (PayerMember.id == member_id, PayerMember.payer_account_id == account.id)
    member = session.scalar(select(PayerMember).where(*wanted))
    if member is None:
        raise NotFound
    return member


def hold(
    session: Session, payer_id: int, *, actor: Actor, now: datetime, members: bool = False, closed: bool = False
) -> Found:
    """The open account (or a `closed` one) under lock, for who keeps it or, for its `members`, its holder too.

    Raises NotFound, Forbidden and PayerClosed. The lock stands before those of the ledger's accounts.
    """
    locked = select(PayerAccount).where(PayerAccount.id == payer_id).with_for_update(key_share=True)
    account = session.scalar(locked.execution_options(populate_existing=True))
    if account is None:
        raise NotFound
    sight = queries.sight_of(session, account, actor, today=local_date(now))
    if not sight.sees:
        raise NotFound
    if not (sight.manages or (members and sight.runs_members)):
        raise Forbidden
    if account.closed_at is not None and not closed:
        raise PayerClosed
    return Found(account, sight)


def left_in(session: Session, account: PayerAccount) -> int:
    """What is left of a locked account."""
    return balance_of(session, account.left_id)


def held_in(session: Session, account: PayerAccount) -> int:
    """What a locked account holds for reservations."""
    return balance_of(session, account.held_id)


def note(
    session: Session,
    account: PayerAccount,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """One row in the log about the payer account."""
    subject = ("payer_account", account.id)
    audit.note(session, f"payers.{what}", subject, actor=actor, now=now, before=before, after=after, reason=reason)


def _named_by(session: Session, found: Found, email: str, *, today: date) -> int:
    """Whom a manager or a holder means; raises InvalidInput."""
    if found.sight.manages:
        return user_id_of(session, email)
    here = in_force(today), Affiliation.organisation_id == found.account.organisation_id
    rows = select(User.id).join(Affiliation, Affiliation.user_id == User.id)
    user_id = session.scalar(rows.where(*here, User.email == email, User.deactivated_at.is_(None)).limit(1))
    if user_id is None:
        raise InvalidInput([Problem("email", N_("本单位没有使用这个邮箱的人。其他单位的人由单位财务添加。"))])
    return user_id


def _holder(session: Session, account: PayerAccount, email: str, actor: Actor) -> int:
    """Who answers for the account: whom the address belongs to, or who did until now."""
    if session.scalar(select(User.email).where(User.id == account.holder_id)) == email:
        return account.holder_id
    return _new_holder(session, account.organisation_id, email, actor)


def _new_holder(session: Session, organisation_id: int, email: str, actor: Actor) -> int:
    """Who is to answer for an account: nobody who only stands in for who opens it; raises InvalidInput."""
    holder_id = user_id_of(session, email, "holder")
    refuse_naming_oneself(actor, Permission.MANAGE_PAYERS, Target(organisation_id), holder_id, "holder")
    return holder_id


def _found(problems: list[Problem], looking: Callable[[], int]) -> int:
    """Whom an address belongs to; 0 and one problem more when it is nobody's."""
    try:
        return looking()
    except InvalidInput as unknown:
        problems += unknown.problems
        return 0


def _misfits(  # noqa: PLR0917 - what is said of an account, and what of
    session: Session, kind: PayerKind, form: TermsForm, others: str, known_expiry: date | None, now: datetime
) -> list[Problem]:
    """Everything that does not fit the kind, and a code that is no province's."""
    terms = replace(form.terms, provinces=tuple(others.split()))
    found = misfits(kind, terms, known_expiry, local_date(now))
    if form.provinces and not set(form.provinces) <= {one.adcode for one in provinces(session)}:
        found.append(Problem("provinces", N_("没有这个省份代码，请从列表中选择。")))
    return found


def _told(account: PayerAccount) -> dict[str, Any]:
    """What is said of an account, as the log keeps it."""
    expires_on = account.expires_on.isoformat() if account.expires_on else None
    return {name: getattr(account, name) for name in TOLD} | {"expires_on": expires_on}
