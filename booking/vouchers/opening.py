"""The books of programmes, caps of enterprises and pairs of provinces: opened when they are first used, once."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.ledger.rules import Move, Posting
from booking.ledger.service import ensure_accounts, post_entries
from models.base import Base
from models.programmes import ProgrammeVersion
from models.vouchers import ProgrammeBook, ProvincePair, VoucherCap

CAUSE = "vouchers"
BOOK_SIDES: Mapping[str, int | None] = {"source": None, "budget": 0, "committed": 0, "paid": 0}
CAP_SIDES: Mapping[str, int | None] = {"left": 0, "used": None}
PAIR_SIDES: Mapping[str, int | None] = {"source": None, "captured": 0, "paid": 0, "owed": None, "settled": None}


def locked_book(session: Session, programme_id: int, *, now: datetime) -> ProgrammeBook:
    """The books of a programme under lock, opened when nothing of it was used yet."""
    locked = select(ProgrammeBook).where(ProgrammeBook.programme_id == programme_id)
    locked = locked.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalar(locked)
    if found is None:
        ids = _sides(session, f"programme:{programme_id}", BOOK_SIDES, now=now)
        said = {"programme_id": programme_id, "last_number": 0, "version": 1, "created_at": now}
        _store_once(session, "programme_books", {**ids, **said}, ["programme_id"])
        found = session.scalars(locked).one()
    return found


def open_caps(session: Session, organisation_id: int, version: ProgrammeVersion, *, now: datetime) -> None:
    """The caps of an enterprise for every year in which a voucher of this version can be used.

    Those that are open rise to what this version says, and never fall: they are under lock by `locked_caps`, and the
    programme's books too.
    """
    programme_id = version.programme_id
    known = {one.year: one for one in session.scalars(_caps(organisation_id, programme_id))}
    years = range(version.counts_from.year, version.use_by.year + 1)
    postings = [_raised(one, version) for year, one in known.items() if year in years and _is_low(one, version)]
    for year in sorted(set(years) - set(known)):
        name = f"cap:{organisation_id}:{programme_id}:{year}"
        ids = _sides(session, name, CAP_SIDES, now=now)
        said = {"organisation_id": organisation_id, "programme_id": programme_id, "year": year}
        row = {**ids, **said, "cap_fen": version.year_cap_fen, "created_at": now}
        _store_once(session, "voucher_caps", row, list(said))
        postings.append(Posting(f"{name}:open", [Move(ids["used_id"], ids["left_id"], version.year_cap_fen)]))
    post_entries(session, CAUSE, postings, now=now)


def locked_caps(session: Session, organisation_id: int, programme_id: int) -> None:
    """The caps of an enterprise that are open, under lock: before the programme's books, as everywhere."""
    session.scalars(_caps(organisation_id, programme_id).with_for_update(key_share=True)).all()


def _caps(organisation_id: int, programme_id: int) -> Select[VoucherCap]:
    """Those that are open, as they are now."""
    of_both = VoucherCap.organisation_id == organisation_id, VoucherCap.programme_id == programme_id
    return select(VoucherCap).where(*of_both).order_by(VoucherCap.id).execution_options(populate_existing=True)


def _is_low(cap: VoucherCap, version: ProgrammeVersion) -> bool:
    """Whether a version says more than an open cap."""
    return cap.cap_fen < version.year_cap_fen


def _raised(cap: VoucherCap, version: ProgrammeVersion) -> Posting:
    """What lets an open cap be that of a version that says more."""
    more_fen, cap.cap_fen = version.year_cap_fen - cap.cap_fen, version.year_cap_fen
    name = f"cap:{cap.organisation_id}:{cap.programme_id}:{cap.year}"
    return Posting(f"{name}:version:{version.number}:{cap.cap_fen}", [Move(cap.used_id, cap.left_id, more_fen)])


def pairs_of(session: Session, wanted: Collection[tuple[str, str]], *, now: datetime) -> dict[tuple[str, str], Any]:
    """What clearing counts between provinces, by issuer and provider; opened when it is first used."""
    issuers, providers = {one[0] for one in wanted}, {one[1] for one in wanted}
    rows = select(ProvincePair).where(ProvincePair.issuer.in_(issuers), ProvincePair.provider.in_(providers))
    found = {(one.issuer, one.provider): one for one in session.scalars(rows)}
    missing = sorted(set(wanted) - set(found))
    for issuer, provider in missing:
        ids = _sides(session, f"pair:{issuer}:{provider}", PAIR_SIDES, now=now)
        row = {"issuer": issuer, "provider": provider, **ids, "created_at": now}
        _store_once(session, "province_pairs", row, ["issuer", "provider"])
    if missing:
        found = {(one.issuer, one.provider): one for one in session.scalars(rows)}
    return found


def _sides(session: Session, name: str, sides: Mapping[str, int | None], *, now: datetime) -> dict[str, int]:
    """The ids of the accounts of one row, by their columns."""
    floors = {f"{name}:{side}": floor for side, floor in sides.items()}
    ids = ensure_accounts(session, floors, now=now)
    return {f"{side}_id": ids[f"{name}:{side}"] for side in sides}


def _store_once(session: Session, table: str, row: Mapping[str, Any], key: list[str]) -> None:
    """A row unless it is there already, also when somebody else is just storing it."""
    into = Base.metadata.tables[table]
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite.insert(into).values(**row).on_conflict_do_nothing(index_elements=key))
    else:
        session.execute(postgresql.insert(into).values(**row).on_conflict_do_nothing(index_elements=key))
