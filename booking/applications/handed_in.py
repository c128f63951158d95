"""What an application said when it was handed in last: what officers read while the firm changes it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from models.applications import ApplicationEvent, VoucherApplication
from models.attachments import Attachment
from models.vocabulary.applications import ApplicationState, ApplicationStep
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.programmes import ProgrammeDocument

CHANGED_AFTER = frozenset({ApplicationState.RETURNED, ApplicationState.WITHDRAWN})
"""States in which a firm may have changed what it handed in."""


@dataclass(frozen=True, slots=True)
class PaperThen:
    """The file that was handed in as one of the papers."""

    document: ProgrammeDocument
    attachment: Attachment

    @property
    def attachment_id(self) -> int:
        """Which file it is."""
        return self.attachment.id


def handed_in_before(events: Iterable[ApplicationEvent]) -> ApplicationEvent | None:
    """The last submission, where the firm has changed something since; events in order."""
    last, is_changed = None, False
    for one in events:
        if one.step == ApplicationStep.SUBMIT:
            last, is_changed = one, False
        elif one.step == ApplicationStep.EDIT:
            is_changed = True
    return last if is_changed else None


def papers_then(
    session: Session, application: VoucherApplication, event: ApplicationEvent
) -> dict[ProgrammeDocument, PaperThen]:
    """The papers of a submission, found among the firm's files by what history keeps of them: their hash."""
    hashes: Mapping[str, str] = event.facts.get("papers", {})
    files = select(Attachment).where(
        Attachment.owner_kind == OwnerKind.VOUCHER_APPLICATION,
        Attachment.organisation_id == application.organisation_id,
        Attachment.sha256.in_(hashes.values()),
    )
    found: dict[str, Attachment] = {}
    for one in session.scalars(files.order_by(Attachment.owner_id != application.id, Attachment.id)):
        found.setdefault(one.sha256, one)
    kinds = {ProgrammeDocument(name): found[said] for name, said in hashes.items() if said in found}
    return {kind: PaperThen(kind, file) for kind, file in kinds.items()}


def wanted_then(session: Session, rows: Collection[VoucherApplication], actor: Actor) -> dict[int, int]:
    """For how much those asked of these that the reader does not act for, as they were handed in; one statement."""
    own = reach(actor, Permission.APPLY_FOR_VOUCHERS).organisation_ids
    ids = [one.id for one in rows if one.state in CHANGED_AFTER and one.organisation_id not in own]
    if not ids:
        return {}
    submitted = ApplicationEvent.application_id.in_(ids), ApplicationEvent.step == ApplicationStep.SUBMIT
    last = select(func.max(ApplicationEvent.id)).where(*submitted).group_by(ApplicationEvent.application_id)
    found: Sequence[ApplicationEvent] = session.scalars(
        select(ApplicationEvent).where(ApplicationEvent.id.in_(last))
    ).all()
    return {one.application_id: one.facts["wanted_fen"] for one in found}
