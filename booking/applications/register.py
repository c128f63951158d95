"""Papers of firms that an authority has verified: which ones another authority may rest on today."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.core.places import is_same_province
from booking.recognitions.queries import Wanted, every
from models.applications import (
    ApplicationPaper,
    VerifiedDocument,
    VerifiedDocumentWithdrawal,
    VoucherApplication,
)
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.applications import KEPT_DOCUMENTS
from models.vocabulary.programmes import ProgrammeDocument
from models.vocabulary.recognitions import RecognitionKind


def in_full() -> Select[VerifiedDocument]:
    """Verified papers with the firm, the authority, the file, who verified it, and whether it was taken back."""
    loaded = (
        VerifiedDocument.organisation,
        VerifiedDocument.authority,
        VerifiedDocument.attachment,
        VerifiedDocument.verified_by,
    )
    named = (joinedload(one, innerjoin=True) for one in loaded)
    return select(VerifiedDocument).options(*named, joinedload(VerifiedDocument.withdrawal))


def usable(
    session: Session, authority: Organisation, organisation_id: int, *, today: date
) -> Sequence[VerifiedDocument]:
    """The verified papers of a firm that an authority accepts today, those that hold longest first; two statements."""
    return usable_of(session, authority, [organisation_id], today=today)


def usable_of(
    session: Session, authority: Organisation, organisation_ids: Collection[int], *, today: date
) -> Sequence[VerifiedDocument]:
    """The same of several firms; two statements."""
    held = (
        VerifiedDocument.organisation_id.in_(organisation_ids),
        VerifiedDocument.verified_on <= today,
        VerifiedDocument.expires_on >= today,
        ~is_withdrawn(),
    )
    longest = VerifiedDocument.expires_on.desc(), VerifiedDocument.id.desc()
    rows = session.scalars(in_full().where(*held).order_by(*longest)).all()
    if all(is_same_province(one.authority.adcode, authority.adcode) for one in rows):
        return rows
    accepted = _accepted(session, authority, today)
    return [one for one in rows if _is_accepted(one, authority, accepted)]


def is_withdrawn() -> ColumnElement[bool]:
    """Whether the authority has taken back that it verified a paper."""
    return exists().where(VerifiedDocumentWithdrawal.document_id == VerifiedDocument.id)


def by_file(rows: Collection[VerifiedDocument]) -> dict[tuple[ProgrammeDocument, int], VerifiedDocument]:
    """The same by paper and file, each with the row that holds longest."""
    return {(one.document, one.attachment_id): one for one in reversed(list(rows))}


def longest(rows: Collection[VerifiedDocument]) -> Mapping[ProgrammeDocument, VerifiedDocument]:
    """For each kind of paper the one that holds longest."""
    found: dict[ProgrammeDocument, VerifiedDocument] = {}
    for one in rows:
        if one.document in KEPT_DOCUMENTS:
            found.setdefault(one.document, one)
    return found


def _accepted(session: Session, authority: Organisation, today: date) -> list[tuple[str, ProgrammeDocument]]:
    """From which province an authority accepts which papers today."""
    found = every(session, Wanted(authority.id, RecognitionKind.DOCUMENT, today))
    return [(one.province, one.document) for one in found if one.province and one.document]


def _is_accepted(
    one: VerifiedDocument, authority: Organisation, accepted: Collection[tuple[str, ProgrammeDocument]]
) -> bool:
    """Whether it was verified in the authority's own province, or is recognised from where it was."""
    if is_same_province(one.authority.adcode, authority.adcode):
        return True
    return any(is_same_province(one.authority.adcode, place) and one.document == kind for place, kind in accepted)


def documents_for(
    session: Session, actor: Actor, *, organisation_id: int | None = None, limit: int, cursor: str = ""
) -> Page[VerifiedDocument]:
    """The verified papers that somebody may read, the newest first."""
    statement = in_full().where(is_seen_by(actor)).order_by(VerifiedDocument.id.desc())
    if organisation_id is not None:
        statement = statement.where(VerifiedDocument.organisation_id == organisation_id)
    if cursor:
        statement = statement.where(VerifiedDocument.id < decode_cursor(cursor, row_id)[0])
    return page_of(session.scalars(statement.limit(limit + 1)).all(), limit, lambda row: (row.id,))


def document_for(session: Session, document_id: int, actor: Actor) -> VerifiedDocument:
    """One verified paper that somebody may read; raises NotFound."""
    found = session.scalar(in_full().where(VerifiedDocument.id == document_id, is_seen_by(actor)))
    if found is None:
        raise NotFound
    return found


def is_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Who reads a verified paper: who acts for the firm, whose authority verified it, and where it is used again."""
    seen = reach(actor, Permission.SEE_APPLICATIONS)
    if seen.everywhere:
        return VerifiedDocument.id.is_not(None)
    firms, offices = reach(actor, Permission.APPLY_FOR_VOUCHERS).organisation_ids, seen.organisation_ids
    return or_(
        VerifiedDocument.organisation_id.in_(firms),
        VerifiedDocument.organisation_id.in_(offices),
        VerifiedDocument.authority_id.in_(offices),
        VerifiedDocument.attachment_id.in_(_used_at(offices)),
    )


def _used_at(offices: Collection[int]) -> Select[int]:
    """The files that are handed in with applications which these offices review, or whose programmes are theirs."""
    return (
        select(ApplicationPaper.attachment_id)
        .join(VoucherApplication, VoucherApplication.id == ApplicationPaper.application_id)
        .join(Programme, Programme.id == VoucherApplication.programme_id)
        .where(
            VoucherApplication.submitted_at.is_not(None),
            or_(Programme.organisation_id.in_(offices), VoucherApplication.district_id.in_(offices)),
        )
    )
