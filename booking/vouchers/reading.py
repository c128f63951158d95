"""What the rules need to know of vouchers, read in as many statements for many as for one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from booking.payers.holds import Purpose
from booking.programmes.queries import terms_of
from booking.programmes.rules import Terms
from booking.recognitions.queries import accepts
from booking.vouchers.books import BOOK, rows_of, standings_in, with_standings
from booking.vouchers.due import Earlier
from booking.vouchers.known import Found, Read
from booking.vouchers.rules import VoucherAccounts
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.programmes import Programme, ProgrammeVersion
from models.recognitions import Recognition
from models.vocabulary.programmes import ServiceType
from models.vocabulary.vouchers import LOST, VoucherState
from models.vouchers import Voucher, VoucherCap, VoucherCapture, VoucherHold, VoucherRelation


@dataclass(frozen=True, slots=True)
class LastHold:
    """The hold of a use in a voucher that counts."""

    id: int
    voucher_id: int
    cap_id: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Provider:
    """Who is to be paid for what on which day."""

    owner_id: int
    service_type: ServiceType
    used_on: date


def last_holds(session: Session, purpose: Purpose) -> dict[int, LastHold]:
    """The holds of a use that count, by voucher, also those of nothing."""
    is_order = purpose.reservation_id is None
    named = {"its_id": purpose.sample_order_id if is_order else purpose.reservation_id}
    return {row.voucher_id: LastHold(*row) for row in session.execute(_last_holds(is_order=is_order), named)}


@lru_cache(maxsize=2)
def _last_holds(*, is_order: bool) -> Select[*tuple[Any, ...]]:
    """The statement, built once for each kind of use."""
    column = VoucherHold.sample_order_id if is_order else VoucherHold.reservation_id
    newest = select(func.max(VoucherHold.id)).where(column == bindparam("its_id")).group_by(VoucherHold.voucher_id)
    rows = select(VoucherHold.id, VoucherHold.voucher_id, VoucherHold.cap_id, VoucherHold.amount_fen)
    return rows.where(VoucherHold.id.in_(newest)).order_by(VoucherHold.voucher_id)


def taken_of(session: Session, charge_id: int) -> dict[int, Earlier]:
    """What vouchers have covered of a charge before, also where all of it was given back."""
    rows = select(VoucherCapture).where(VoucherCapture.charge_id == charge_id).order_by(VoucherCapture.id)
    found: dict[int, Earlier] = {}
    for one in session.scalars(rows):
        before = found.get(one.voucher_id, Earlier())
        rejected = one.amount_fen if one.kind in LOST else 0
        found[one.voucher_id] = Earlier(
            before.net_fen + one.amount_fen, before.rejected_fen - rejected, one.cap_id, one.id
        )
    return found


def read_for(
    session: Session,
    organisation_id: int,
    voucher_id: int | None,
    also: Collection[int],
    provider: Provider,
    *,
    today: date,
) -> Read:
    """Those a firm could use, with its caps and the books of their programmes as they stand today; one statement.

    All that are issued or the one that is named, with others that hold already. Each as its authority sees the
    provider.
    """
    named = {"organisation_id": organisation_id, "voucher_id": voucher_id, "voucher_ids": [*also], "day": today}
    about = {"owner_id": provider.owner_id, "service_type": provider.service_type, "used_on": provider.used_on}
    statement = _asked(is_named=voucher_id is not None, has_others=bool(also))
    rows = rows_of(session, statement, {**named, **about})
    each = {row.id: row for row in rows}
    found = {
        voucher_id: _found(row, is_accepted=bool(row.is_accepted), is_flagged=bool(row.is_flagged))
        for voucher_id, row in each.items()
    }
    return Read(found, standings_in(rows))


def vouchers_by_id(session: Session, voucher_ids: Collection[int]) -> dict[int, Found]:
    """The vouchers of these numbers as they are now."""
    rows = rows_of(session, _by_id(), {"voucher_ids": sorted(voucher_ids)})
    return {row.id: _found(row) for row in rows}


_vouchers, _versions, _programmes = Voucher.__table__, ProgrammeVersion.__table__, Programme.__table__
_authorities, _accounts = Organisation.__table__.alias("authorities"), LedgerAccount.__table__
ITS_OWN = (
    "id",
    "number",
    "programme_id",
    "programme_version_id",
    "organisation_id",
    "redeem_by",
    "state",
    "credit_id",
    "held_id",
    "captured_id",
)
_TERMS = [_versions.c[name] for name in Terms.__dataclass_fields__]


@lru_cache(maxsize=1)
def _by_id() -> Select[*tuple[Any, ...]]:
    """Vouchers of these numbers; built once."""
    return _whole().where(_vouchers.c.id.in_(bindparam("voucher_ids", type_=Integer(), expanding=True)))


@lru_cache(maxsize=4)
def _asked(*, is_named: bool, has_others: bool) -> Select[*tuple[Any, ...]]:
    """A firm's voucher that is named or all that are issued, with others; a list of ids is written out each time."""
    provider, firm_id = Organisation.__table__.alias("provider"), bindparam("organisation_id", type_=Integer())
    kind = bindparam("service_type", type_=Recognition.__table__.c.service_type.type)
    day: Any = bindparam("used_on", type_=Date())
    voucher_id = bindparam("voucher_id", type_=Integer())
    wanted = _vouchers.c.id == voucher_id if is_named else _vouchers.c.state == VoucherState.ISSUED
    if has_others:
        wanted = or_(wanted, _vouchers.c.id.in_(bindparam("voucher_ids", type_=Integer(), expanding=True)))
    rows = (
        _whole()
        .join(provider, provider.c.id == bindparam("owner_id", type_=Integer()))
        .add_columns(
            accepts(_authorities.c, provider.c, kind, day).label("is_accepted"),
            _flags(_authorities.c.id, _vouchers.c.organisation_id, provider.c.id).label("is_flagged"),
        )
        .join(BOOK, BOOK.c.programme_id == _vouchers.c.programme_id)
        .where(_vouchers.c.organisation_id == firm_id, wanted)
    )
    return with_standings(rows, VoucherCap.__table__.c.organisation_id == firm_id)


def _whole() -> Select[*tuple[Any, ...]]:
    """Vouchers with everything that does not depend on a use."""
    return (
        select(
            *(_vouchers.c[name] for name in ITS_OWN),
            _vouchers.c.use_by.label("last_day"),
            *_TERMS,
            _authorities.c.adcode,
            _accounts.c.balance_fen,
        )
        .select_from(_vouchers)
        .join(_versions, _versions.c.id == _vouchers.c.programme_version_id)
        .join(_programmes, _programmes.c.id == _vouchers.c.programme_id)
        .join(_authorities, _authorities.c.id == _programmes.c.organisation_id)
        .join(_accounts, _accounts.c.id == _vouchers.c.credit_id)
        .order_by(_vouchers.c.id)
    )


def _flags(authority_id: Any, organisation_id: Any, provider_id: Any) -> ColumnElement[bool]:
    """Whether what an authority said last of a firm and a provider is that they are related."""
    said = VoucherRelation.__table__
    of_both = said.c.organisation_id == organisation_id, said.c.provider_id == provider_id
    last = select(said.c.is_related).where(said.c.authority_id == authority_id, *of_both)
    return last.order_by(said.c.id.desc()).limit(1).correlate_except(said).scalar_subquery()


def _found(row: Row[Any], **said: bool) -> Found:
    """A voucher from its row."""
    return Found(
        id=row.id,
        number=row.number,
        programme_id=row.programme_id,
        organisation_id=row.organisation_id,
        use_by=row.last_day,
        redeem_by=row.redeem_by,
        state=row.state,
        accounts=VoucherAccounts(row.credit_id, row.held_id, row.captured_id),
        credit_fen=row.balance_fen,
        version_id=row.programme_version_id,
        terms=terms_of(row),
        issuer_adcode=row.adcode,
        **said,
    )


def balances(session: Session, account_ids: Collection[int]) -> dict[int, int]:
    """What accounts of the ledger hold."""
    rows = select(LedgerAccount.id, LedgerAccount.balance_fen).where(LedgerAccount.id.in_(account_ids))
    return {row.id: row.balance_fen for row in session.execute(rows)}
