"""Which entries of the audit log concern an organisation, for each kind of subject.

What is about an instrument concerns whoever owned it when it happened. A grant, and a subject of a kind that is
deleted with use, concerns the organisation or the scope that the entry itself names.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import aliased

from booking.core.actors import Reach
from models.accounts import AuditEntry
from models.affiliations import Affiliation, Invitation, MailDomain, OrganisationRegistration, Roster, UserGroup, Visit
from models.applications import VoucherApplication
from models.catalogue import Instrument
from models.charges import Charge
from models.clearing import ClearingEvent, ClearingStatement
from models.contracts import Contract
from models.custody import KeptByOwner, OwnerChange
from models.directory import Unit
from models.enquiries import Enquiry
from models.imports import Import
from models.invoices import Invoice
from models.payers import PayerAccount
from models.programmes import Programme
from models.recognitions import Recognition
from models.redemptions import Redemption
from models.reservations import Block, Reservation, Suspension
from models.samples import SampleOrder
from models.statements import Debtor, Statement
from models.teams import Team
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.custody import OwnerChangeState
from models.vouchers import Voucher

Owners = Collection[int]
Condition = ColumnElement[bool]

OF_AN_ORGANISATION: Mapping[str, Any] = {
    "unit": Unit,
    "suspension": Suspension,
    "affiliation": Affiliation,
    "user_group": UserGroup,
    "mail_domain": MailDomain,
    "invitation": Invitation,
    "registration": OrganisationRegistration,
    "visit": Visit,
    "roster": Roster,
    "team": Team,
    "import": Import,
    "payer_account": PayerAccount,
    "charge": Charge,
    "statement": Statement,
    "debtor": Debtor,
    "invoice": Invoice,
    "contract": Contract,
    "programme": Programme,
    "recognition": Recognition,
}
OF_AN_INSTRUMENT: Mapping[str, Any] = {
    "block": Block,
    "reservation": Reservation,
    "enquiry": Enquiry,
    "sample_order": SampleOrder,
}
DELETED_WITH_USE = ("user_group", "mail_domain")
OF_NOBODY = frozenset({"user", "access_token", "feed", "job", "announcement", "mail", "event"})
"""Kinds that concern a person or the platform, and no organisation."""


def within(reach: Reach) -> Condition:
    """Entries about what belongs to the organisations in reach; sign-ins and accounts belong to none."""
    if reach.everywhere:
        return true()
    if not reach.organisation_ids:
        return false()
    return or_(*(and_(AuditEntry.subject_kind == kind, fits) for kind, fits in _fitting(reach.organisation_ids)))


def known_kinds() -> frozenset[str]:
    """Every kind of subject of which it is said whom it concerns."""
    return frozenset(kind for kind, _ in _fitting(())) | OF_NOBODY


def _fitting(owners: Owners) -> Iterator[tuple[str, Condition]]:
    """Each kind with the condition that its subject concerns one of the organisations."""
    subject = AuditEntry.subject_id
    yield "organisation", subject.in_(owners)
    for kind, table in OF_AN_ORGANISATION.items():
        yield kind, subject.in_(select(table.id).where(table.organisation_id.in_(owners)))
    for kind in DELETED_WITH_USE:
        yield kind, or_(*(told["organisation_id"].as_integer().in_(owners) for told in _TOLD))
    programmes = select(Programme.id).where(Programme.organisation_id.in_(owners))
    yield "voucher", subject.in_(select(Voucher.id).where(Voucher.programme_id.in_(programmes)))
    yield "instrument", exists().where(Instrument.id == subject, _owned_then(owners))
    for kind, table in OF_AN_INSTRUMENT.items():
        owned = exists().where(table.id == subject, Instrument.id == table.instrument_id, _owned_then(owners))
        yield kind, _unless_kept(table, owned, owners) if issubclass(table, KeptByOwner) else owned
    yield "voucher_application", subject.in_(_concerning(owners))
    yield "grant", or_(*(_granted_at(told, owners) for told in _TOLD))
    of_authority = select(Programme.id).where(Programme.organisation_id.in_(owners))
    sides = Redemption.claimant_id.in_(owners), Redemption.office_id.in_(owners)
    asked = or_(*sides, Redemption.programme_id.in_(of_authority))
    yield "redemption", subject.in_(select(Redemption.id).where(asked))
    closers = select(ClearingStatement.id).where(ClearingStatement.organisation_id.in_(owners))
    others = select(ClearingEvent.statement_id).where(ClearingEvent.organisation_id.in_(owners))
    yield "clearing_statement", or_(subject.in_(closers), subject.in_(others))
    both = OwnerChange.from_organisation_id, OwnerChange.to_organisation_id
    yield "owner_change", exists().where(OwnerChange.id == subject, or_(*(side.in_(owners) for side in both)))


def _concerning(owners: Owners) -> Select[int]:
    """Applications of the firms, and once submitted those that the authorities review or of programmes of theirs."""
    offices = VoucherApplication.district_id.in_(owners), Programme.organisation_id.in_(owners)
    reviewed = and_(VoucherApplication.submitted_at.is_not(None), or_(*offices))
    found = select(VoucherApplication.id).join(Programme, Programme.id == VoucherApplication.programme_id)
    return found.where(or_(VoucherApplication.organisation_id.in_(owners), reviewed))


_TOLD = (AuditEntry.before, AuditEntry.after)


def _owned_then(owners: Owners) -> Condition:
    """The instrument at hand was theirs when it happened: who gave it away next, else who has it now.

    What happened before it was made is of a deleted record whose number it has again.
    """
    given = aliased(OwnerChange)
    giver = (
        select(given.from_organisation_id)
        .where(
            given.instrument_id == Instrument.id,
            given.state == OwnerChangeState.APPLIED,
            given.applied_at > AuditEntry.occurred_at,
        )
        .order_by(given.applied_at)
        .limit(1)
        .correlate(Instrument, AuditEntry)
        .scalar_subquery()
    )
    return and_(
        Instrument.created_at <= AuditEntry.occurred_at, func.coalesce(giver, Instrument.organisation_id).in_(owners)
    )


def _unless_kept(table: Any, owned: Condition, owners: Owners) -> Condition:
    """What a former owner keeps concerns that one alone, also what happens later."""
    subject = AuditEntry.subject_id
    kept = exists().where(table.id == subject, table.kept_by_id.is_not(None))
    return or_(and_(~kept, owned), exists().where(table.id == subject, table.kept_by_id.in_(owners)))


def _granted_at(told: Any, owners: Owners) -> Condition:
    """The role was given at one of the organisations, or at a unit or an instrument of theirs, as the entry says it."""
    scope, at = told["scope_kind"].as_string(), told["scope_id"].as_integer()
    units = select(Unit.id).where(Unit.organisation_id.in_(owners))
    return or_(
        and_(scope == ScopeKind.ORGANISATION.value, at.in_(owners)),
        and_(scope == ScopeKind.UNIT.value, at.in_(units)),
        and_(scope == ScopeKind.INSTRUMENT.value, exists().where(Instrument.id == at, _owned_then(owners))),
    )
