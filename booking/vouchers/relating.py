"""What authorities say of enterprises and providers: that they are related, so that no voucher pays between them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select, true
from sqlalchemy.orm import Session, aliased

from booking.accounts import audit
from booking.accounts.permissions import Permission, reach, require
from booking.affiliations.queries import is_of
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, Problem
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.vouchers.forms import RelationForm
from booking.vouchers.listing import OwnVoucher
from models.directory import Organisation
from models.vocabulary.directory import OrganisationKind
from models.vouchers import VoucherRelation


@dataclass(frozen=True, slots=True)
class Relation:
    """What an authority says last of an enterprise and a provider."""

    row: VoucherRelation
    authority: Organisation
    firm: Organisation
    provider: Organisation


def say_related(session: Session, form: RelationForm, *, actor: Actor, now: datetime) -> VoucherRelation:
    """Say that the two are related, or no longer; what is held already stays held.

    Raises NotFound, Forbidden, OwnVoucher or InvalidInput.
    """
    authority = organisation(session, form.authority_id)
    require(actor, Permission.MANAGE_VOUCHERS, Target(authority.id))
    if any(is_of(session, actor, one, local_date(now)) for one in (form.organisation_id, form.provider_id)):
        raise OwnVoucher
    _check(session, authority, form)
    made = VoucherRelation(**form.model_dump(), created_at=now, created_by_id=actor.id)
    session.add(made)
    session.flush()
    after = form.model_dump(exclude={"reason"})
    subject = ("organisation", authority.id)
    audit.note(session, "vouchers.related", subject, actor=actor, now=now, after=after, reason=form.reason)
    return made


def relations(session: Session, actor: Actor, *, limit: int, cursor: str = "") -> Page[Relation]:
    """What the actor's authorities say now, the newest first; of all for auditors; raises Unreadable."""
    seen = reach(actor, Permission.SEE_BUDGETS)
    firm, provider, authority = aliased(Organisation), aliased(Organisation), aliased(Organisation)
    theirs = true() if seen.everywhere else VoucherRelation.authority_id.in_(seen.organisation_ids)
    rows = (
        select(VoucherRelation, authority, firm, provider)
        .join(authority, authority.id == VoucherRelation.authority_id)
        .join(firm, firm.id == VoucherRelation.organisation_id)
        .join(provider, provider.id == VoucherRelation.provider_id)
        .where(theirs, _is_last())
        .order_by(VoucherRelation.id.desc())
    )
    if cursor:
        rows = rows.where(VoucherRelation.id < decode_cursor(cursor, row_id)[0])
    found = [Relation(*row) for row in session.execute(rows.limit(limit + 1))]
    return page_of(found, limit, lambda one: (one.row.id,))


def _is_last() -> ColumnElement[bool]:
    """Whether nothing was said later of the same two by the same authority."""
    later = aliased(VoucherRelation)
    names = ("authority_id", "organisation_id", "provider_id")
    same = (getattr(later, name) == getattr(VoucherRelation, name) for name in names)
    return ~exists().where(and_(*same), later.id > VoucherRelation.id)


def _check(session: Session, authority: Organisation, form: RelationForm) -> None:
    """Refuse who is no authority, an unknown firm or provider, and one that is both."""
    problems = []
    if authority.kind != OrganisationKind.AUTHORITY:
        problems.append(Problem("authority_id", N_("只有主管部门才能登记关联关系。")))
    for name in ("organisation_id", "provider_id"):
        if session.get(Organisation, getattr(form, name)) is None:
            problems.append(Problem(name, N_("没有这个单位。")))
    if form.organisation_id == form.provider_id:
        problems.append(Problem("provider_id", N_("请选另一个单位；同一法人本来就不能用券。")))
    if problems:
        raise InvalidInput(problems)
