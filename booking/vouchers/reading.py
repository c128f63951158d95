"""What the rules need to know of vouchers, read in as many statements for many as for one."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.payers.holds import Purpose
from booking.programmes.queries import chosen
from booking.vouchers.due import Earlier
from booking.vouchers.rules import BookStanding, CapAccounts
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.vouchers import CaptureKind, VoucherState
from models.vouchers import ProgrammeBook, Voucher, VoucherCap, VoucherCapture, VoucherHold, VoucherRelation


@dataclass(frozen=True, slots=True)
class LastHold:
    """The hold of a use in a voucher that counts."""

    id: int
    voucher_id: int
    cap_id: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Cap:
    """An enterprise's cap of a programme in a year, and what is left of it."""

    accounts: CapAccounts
    programme_id: int
    organisation_id: int
    year: int
    left_fen: int


@dataclass(frozen=True, slots=True)
class Found:
    """A voucher with the version it was issued under, its authority and its credit."""

    voucher: Voucher
    version: ProgrammeVersion
    authority: Organisation
    credit_fen: int


def last_holds(session: Session, purpose: Purpose) -> dict[int, LastHold]:
    """The holds of a use that count, by voucher, also those of nothing."""
    column, its_id = (
        (VoucherHold.reservation_id, purpose.reservation_id)
        if purpose.reservation_id is not None
        else (VoucherHold.sample_order_id, purpose.sample_order_id)
    )
    newest = select(func.max(VoucherHold.id)).where(column == its_id).group_by(VoucherHold.voucher_id)
    rows = select(VoucherHold.id, VoucherHold.voucher_id, VoucherHold.cap_id, VoucherHold.amount_fen)
    found = session.execute(rows.where(VoucherHold.id.in_(newest)).order_by(VoucherHold.voucher_id))
    return {row.voucher_id: LastHold(*row) for row in found}


def taken_of(session: Session, charge_id: int) -> dict[int, Earlier]:
    """What vouchers have covered of a charge before, also where all of it was given back."""
    rows = select(VoucherCapture).where(VoucherCapture.charge_id == charge_id).order_by(VoucherCapture.id)
    found: dict[int, Earlier] = {}
    for one in session.scalars(rows):
        before = found.get(one.voucher_id, Earlier())
        rejected = one.amount_fen if one.kind == CaptureKind.REJECTED else 0
        found[one.voucher_id] = Earlier(
            before.net_fen + one.amount_fen, before.rejected_fen - rejected, one.cap_id, one.id
        )
    return found


def vouchers_for(
    session: Session, organisation_id: int, voucher_id: int | None, also: Collection[int]
) -> dict[int, Found]:
    """Those an enterprise could use: all that are issued or the one that is named, with others that hold already."""
    wanted = Voucher.state == VoucherState.ISSUED if voucher_id is None else Voucher.id == voucher_id
    return _found(session, Voucher.organisation_id == organisation_id, or_(wanted, Voucher.id.in_(also)))


def vouchers_by_id(session: Session, voucher_ids: Collection[int]) -> dict[int, Found]:
    """The vouchers of these numbers as they are now."""
    return _found(session, Voucher.id.in_(voucher_ids))


def _found(session: Session, *conditions: ColumnElement[bool]) -> dict[int, Found]:
    rows = (
        select(Voucher, ProgrammeVersion, Organisation, LedgerAccount.balance_fen)
        .join(ProgrammeVersion, ProgrammeVersion.id == Voucher.programme_version_id)
        .join(Programme, Programme.id == Voucher.programme_id)
        .join(Organisation, Organisation.id == Programme.organisation_id)
        .join(LedgerAccount, LedgerAccount.id == Voucher.credit_id)
        .where(*conditions)
        .order_by(Voucher.id)
        .execution_options(populate_existing=True)
    )
    return {row[0].id: Found(*row) for row in session.execute(rows)}


def caps_of(session: Session, organisation_ids: Collection[int], programme_ids: Collection[int]) -> list[Cap]:
    """What enterprises may still use of programmes in each year."""
    rows = (
        select(VoucherCap, LedgerAccount.balance_fen)
        .join(LedgerAccount, LedgerAccount.id == VoucherCap.left_id)
        .where(VoucherCap.organisation_id.in_(organisation_ids), VoucherCap.programme_id.in_(programme_ids))
        .order_by(VoucherCap.id)
    )
    return [
        Cap(CapAccounts(cap.id, cap.left_id, cap.used_id), cap.programme_id, cap.organisation_id, cap.year, left)
        for cap, left in session.execute(rows)
    ]


def by_year(caps: Collection[Cap]) -> Mapping[tuple[int, int], dict[int, CapAccounts]]:
    """The caps of an enterprise and programme by year."""
    found: defaultdict[tuple[int, int], dict[int, CapAccounts]] = defaultdict(dict)
    for one in caps:
        found[one.organisation_id, one.programme_id][one.year] = one.accounts
    return found


def standings(session: Session, programme_ids: Collection[int]) -> dict[int, tuple[ProgrammeBook, BookStanding]]:
    """The books of programmes with what they hold."""
    free, committed, paid = (aliased(LedgerAccount) for _ in range(3))
    rows = (
        select(ProgrammeBook, free.balance_fen, committed.balance_fen, paid.balance_fen)
        .join(free, free.id == ProgrammeBook.budget_id)
        .join(committed, committed.id == ProgrammeBook.committed_id)
        .join(paid, paid.id == ProgrammeBook.paid_id)
        .where(ProgrammeBook.programme_id.in_(programme_ids))
        .execution_options(populate_existing=True)
    )
    return {row[0].programme_id: (row[0], BookStanding(*row[1:])) for row in session.execute(rows)}


def versions_on(session: Session, programme_ids: Collection[int], day: date) -> dict[int, ProgrammeVersion]:
    """The version of each programme that holds on a day, else the one that will hold first."""
    rows = session.scalars(select(ProgrammeVersion).where(ProgrammeVersion.programme_id.in_(programme_ids)))
    written: defaultdict[int, list[ProgrammeVersion]] = defaultdict(list)
    for one in rows:
        written[one.programme_id].append(one)
    return {programme_id: chosen(versions, day) for programme_id, versions in written.items()}


def budgets_left(session: Session, programme_ids: Collection[int], day: date) -> dict[int, int | None]:
    """What is free of the budgets of programmes as their versions of a day say them; None without a limit."""
    if not programme_ids:
        return {}
    versions = versions_on(session, programme_ids, day)
    held = standings(session, programme_ids)
    return {one: standing.left_of(versions[one].budget_fen) for one, (_, standing) in held.items()}


def flagged_by(session: Session, organisation_id: int, provider_id: int) -> frozenset[int]:
    """The authorities that say an enterprise and a provider are related."""
    later = aliased(VoucherRelation)
    pair = VoucherRelation.organisation_id == organisation_id, VoucherRelation.provider_id == provider_id
    newer = and_(
        later.organisation_id == organisation_id,
        later.provider_id == provider_id,
        later.authority_id == VoucherRelation.authority_id,
        later.id > VoucherRelation.id,
    )
    said = select(VoucherRelation.authority_id).where(*pair, VoucherRelation.is_related)
    return frozenset(session.scalars(said.where(~select(later.id).where(newer).exists())))


def balances(session: Session, account_ids: Collection[int]) -> dict[int, int]:
    """What accounts of the ledger hold."""
    rows = select(LedgerAccount.id, LedgerAccount.balance_fen).where(LedgerAccount.id.in_(account_ids))
    return {row.id: row.balance_fen for row in session.execute(rows)}
