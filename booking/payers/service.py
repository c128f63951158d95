"""What an institution's finance does with payer accounts: open them, change what is said of them, close them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.grants import account_id as user_id_of
from booking.accounts.permissions import Permission, require
from booking.affiliations.queries import in_force
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.ledger.service import open_account
from booking.payers import queries
from booking.payers.forms import NewPayerForm, PayerChangeForm
from booking.payers.queries import Found
from booking.payers.rules import budget_item_of, misfits
from models.accounts import User
from models.affiliations import Affiliation
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount, PayerMember

TOLD = ("name", "budget_item", "holder_id", "expires_on", "crosses_provinces", "province_rule")


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
    problems = misfits(form.kind, form.terms, None, local_date(now))
    if queries.is_taken(session, organisation_id, form.kind, form.number):
        problems.append(Problem("number", N_("本单位已有这个编号的账户。")))
    if problems:
        raise InvalidInput(problems)
    holder_id = user_id_of(session, form.holder, "holder")
    turn = queries.times_opened(session, organisation_id, form.kind, form.number)
    source, left = (
        open_account(session, f"payer:{place.id}:{form.kind}:{form.number}:{turn}:{side}", floor_fen=floor, now=now)
        for side, floor in (("source", None), ("left", 0))
    )
    account = PayerAccount(
        organisation_id=place.id,
        holder_id=holder_id,
        source_id=source.id,
        left_id=left.id,
        created_at=now,
        budget_item=budget_item_of(form.kind, form.budget_item),
        **form.model_dump(exclude={"holder", "budget_item"}),
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
    """Say something else of a payer account; raises StaleVersion, PayerClosed and InvalidInput."""
    account = hold(session, payer_id, actor=actor, now=now).account
    if version is not None and version != account.version:
        raise StaleVersion
    if problems := misfits(account.kind, form.terms, account.expires_on, local_date(now)):
        raise InvalidInput(problems)
    before = _told(account)
    values = form.model_dump(exclude={"holder", "reason", "version"})
    values |= {"holder_id": _holder(session, account, form.holder)}
    values |= {"budget_item": budget_item_of(account.kind, form.budget_item)}
    for name, value in values.items():
        setattr(account, name, value)
    after = _told(account)
    if before == after:
        return account
    account.version += 1
    is_holder = PayerMember.payer_account_id == account.id, PayerMember.user_id == account.holder_id
    session.execute(delete(PayerMember).where(*is_holder))
    changed = [name for name in TOLD if before[name] != after[name]]
    note(
        session,
        account,
        "changed",
        actor=actor,
        now=now,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        reason=form.reason,
    )
    return account


def add_member(session: Session, payer_id: int, email: str, *, actor: Actor, now: datetime) -> PayerMember:
    """Let somebody use a payer account, by its holder or the institution's finance; raises AlreadyMember.

    A holder names people of the institution only, and learns of nobody else whether they have an account.
    """
    found = hold(session, payer_id, actor=actor, now=now, members=True)
    account, user_id = found.account, _named_by(session, found, email, today=local_date(now))
    same = (PayerMember.payer_account_id == account.id, PayerMember.user_id == user_id)
    if account.holder_id == user_id or session.scalar(select(PayerMember.id).where(*same)) is not None:
        raise AlreadyMember
    member = PayerMember(payer_account_id=account.id, user_id=user_id, created_at=now)
    session.add(member)
    session.flush()
    note(session, account, "member_added", actor=actor, now=now, after={"user_id": user_id})
    return member


def remove_member(session: Session, payer_id: int, member_id: int, *, actor: Actor, now: datetime) -> None:
    """Let somebody no longer use a payer account; raises NotFound."""
    account = hold(session, payer_id, actor=actor, now=now, members=True).account
    wanted = (PayerMember.id == member_id, PayerMember.payer_account_id == account.id)
    member = session.scalar(select(PayerMember).where(*wanted))
    if member is None:
        raise NotFound
    session.delete(member)
    note(session, account, "member_removed", actor=actor, now=now, before={"user_id": member.user_id})


def hold(session: Session, payer_id: int, *, actor: Actor, now: datetime, members: bool = False) -> Found:
    """The open account under lock, for who keeps it or, for its `members`, its holder too.

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
    if account.closed_at is not None:
        raise PayerClosed
    return Found(account, sight)


def left_in(session: Session, account: PayerAccount) -> int:
    """What is left of a locked account."""
    return session.get_one(LedgerAccount, account.left_id, populate_existing=True).balance_fen


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


def _holder(session: Session, account: PayerAccount, email: str) -> int:
    """Who answers for the account: whom the address belongs to, or who did until now."""
    if session.scalar(select(User.email).where(User.id == account.holder_id)) == email:
        return account.holder_id
    return user_id_of(session, email, "holder")


def _told(account: PayerAccount) -> dict[str, Any]:
    """What is said of an account, as the log keeps it."""
    expires_on = account.expires_on.isoformat() if account.expires_on else None
    return {name: getattr(account, name) for name in TOLD} | {"expires_on": expires_on}
