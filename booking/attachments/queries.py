"""Reading files: their rows without content, one content, and how much an organisation keeps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from models.attachments import Attachment, AttachmentContent
from models.vocabulary.attachments import AttachmentKind, OwnerKind, Visibility


@dataclass(frozen=True, slots=True)
class Owner:
    """What files belong to, and the organisation whose quota they count against."""

    kind: OwnerKind
    id: int
    organisation_id: int


def attachments_of(session: Session, kind: OwnerKind, owner_id: int, seen: Collection[Visibility]) -> list[Attachment]:
    """The files of an owner that a reader may see, photos before documents' names, each in the owner's order."""
    return attachments_of_many(session, kind, [owner_id], seen).get(owner_id, [])


def attachments_of_many(
    session: Session, kind: OwnerKind, owner_ids: Collection[int], seen: Collection[Visibility]
) -> dict[int, list[Attachment]]:
    """The files of several owners that a reader may see, by owner, in the order of `attachments_of`; one statement."""
    statement = select(Attachment).where(
        Attachment.owner_kind == kind, Attachment.owner_id.in_(owner_ids), Attachment.visibility.in_(seen)
    )
    found: dict[int, list[Attachment]] = {}
    for one in session.scalars(statement.order_by(Attachment.kind.desc(), Attachment.position, Attachment.id)):
        found.setdefault(one.owner_id, []).append(one)
    return found


def attachment_for(
    session: Session, kind: OwnerKind, owner_id: int, attachment_id: int, seen: Collection[Visibility]
) -> Attachment:
    """One file of this owner; raises NotFound for what the reader may not see."""
    found = session.get(Attachment, attachment_id)
    if found is None or (found.owner_kind, found.owner_id) != (kind, owner_id) or found.visibility not in seen:
        raise NotFound
    return found


def content_of(session: Session, attachment_id: int, edge: int) -> bytes:
    """The bytes of a file, or of its thumbnail of this edge; raises NotFound when it has none."""
    key = (AttachmentContent.attachment_id == attachment_id, AttachmentContent.edge == edge)
    found = session.scalar(select(AttachmentContent.content).where(*key))
    if found is None:
        raise NotFound
    return found


def used_bytes(session: Session, organisation_id: int, kind: OwnerKind, *, sent_by: int | None = None) -> int:
    """How much the files of one kind of owner take of an organisation's quota, or those that one person sent."""
    kept = [Attachment.organisation_id == organisation_id, Attachment.owner_kind == kind]
    if sent_by is not None:
        kept.append(Attachment.uploaded_by_id == sent_by)
    return session.scalar(select(func.coalesce(func.sum(Attachment.stored_bytes), 0)).where(*kept)) or 0


def public_photos(session: Session, kind: OwnerKind, owner_ids: Sequence[int]) -> list[tuple[int, int, datetime]]:
    """Owner, id and last change of every photo for everybody, in the owners' order; one statement."""
    rows = session.execute(
        select(Attachment.owner_id, Attachment.id, Attachment.changed_at)
        .where(
            Attachment.owner_kind == kind,
            Attachment.owner_id.in_(owner_ids),
            Attachment.kind == AttachmentKind.PHOTO,
            Attachment.visibility == Visibility.PUBLIC,
        )
        .order_by(Attachment.position, Attachment.id)
    )
    return [(row.owner_id, row.id, row.changed_at) for row in rows]
