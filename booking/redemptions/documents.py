"""The papers of a redemption: what the claimant hands in, and what is there already of invoices and contracts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from booking.applications import register
from booking.attachments import service as attachments
from booking.attachments.preparing import Prepared
from booking.attachments.queries import Owner, attachments_of_many
from booking.attachments.rules import Limits
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.invoices.charged import invoices_of_charges
from booking.invoices.rules import Party
from booking.redemptions import queries
from booking.redemptions.queries import WholeRedemption
from booking.redemptions.service import NotNow, lock
from models.applications import VerifiedDocument
from models.attachments import Attachment
from models.charges import Charge
from models.contracts import Contract, ContractSignature, UseAgreement
from models.directory import Organisation
from models.invoices import Invoice
from models.redemptions import Redemption, RedemptionDocument, RedemptionItem
from models.vocabulary.applications import KEPT_DOCUMENTS
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.programmes import ProgrammeDocument, RedeemedBy
from models.vocabulary.redemptions import RedemptionState

ALL_FILES = frozenset(Visibility)
OPEN = (RedemptionState.REQUESTED, RedemptionState.SUBMITTED, RedemptionState.REVIEWED)
"""States in which papers are still added."""
KEPT_FOR_THE_BANK = 6
"""One part in so many of the number of files is the authority's, for what the bank says."""


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """One paper of the programme's list with its files.

    `verified` says of files that an authority has verified in an application which row of its register they are;
    `kept_back` are those that only the authority is given: a firm's papers are not its provider's to read.
    """

    kind: ProgrammeDocument
    files: Sequence[Attachment]
    verified: Mapping[int, VerifiedDocument] = field(default_factory=dict)
    kept_back: Sequence[VerifiedDocument] = ()

    @property
    def is_missing(self) -> bool:
        """Whether nobody has handed it in, and nobody needs to."""
        return not self.files and not self.kept_back


def add_documents(
    session: Session,
    redemption_id: int,
    kind: ProgrammeDocument,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> Redemption:
    """Keep files of one paper of the list, until the second review; raises NotFound, Forbidden, NotNow and others."""
    found = _open(session, redemption_id, actor)
    if kind.value not in found.programme_version.documents:
        raise InvalidInput([Problem("document", N_("这项政策的材料清单里没有这一项。"))])
    owner = Owner(OwnerKind.REDEMPTION, found.id, found.claimant_id)
    rest = replace(limits, most_files=limits.most_files - limits.most_files // KEPT_FOR_THE_BANK)
    kept = attachments.add_attachments(session, owner, files, Visibility.STAFF, rest, actor=actor, now=now)
    session.add_all(
        RedemptionDocument(redemption_id=found.id, document=kind, attachment_id=one.id, created_at=now) for one in kept
    )
    return _changed(session, found, now)


def remove_document(
    session: Session, redemption_id: int, attachment_id: int, *, actor: Actor, now: datetime
) -> Redemption:
    """Take a file out again before anybody reviewed it; raises NotFound, Forbidden and NotNow."""
    found = _open(session, redemption_id, actor)
    of_it = RedemptionDocument.redemption_id == found.id, RedemptionDocument.attachment_id == attachment_id
    document = session.scalar(select(RedemptionDocument).where(*of_it))
    if document is None:
        raise NotFound
    if found.state != RedemptionState.REQUESTED:
        raise NotNow
    session.delete(document)
    session.flush()
    owner = Owner(OwnerKind.REDEMPTION, found.id, found.claimant_id)
    attachments.remove_attachment(session, owner, attachment_id, actor=actor, now=now)
    return _changed(session, found, now)


def papers_of(session: Session, whole: WholeRedemption) -> list[ListedPaper]:
    """The programme's list in its order with the files of each paper; a constant number of statements.

    What the institution's invoices and the contracts of the uses have as files is there without being handed in; where
    a firm claims, only its own: somebody who belongs to others too may have used their contract, or have them pay. So
    are the firms' papers that an authority has verified and this one accepted on the day of the request.
    """
    files: defaultdict[ProgrammeDocument, list[Attachment]] = defaultdict(list)
    charge_ids = [one.charge_id for one in whole.items]
    found = whole.redemption
    firm = found.claimant if found.redeemed_by == RedeemedBy.ENTERPRISE else None
    listed = [ProgrammeDocument(name) for name in found.programme_version.documents]
    if ProgrammeDocument.CONTRACT in listed:
        files[ProgrammeDocument.CONTRACT] += _contracts(session, charge_ids, firm)
    if ProgrammeDocument.INVOICE in listed:
        files[ProgrammeDocument.INVOICE] += _invoices(session, charge_ids, firm)
    known = _verified(session, whole, listed)
    is_shown = firm is not None or whole.sight.samples or whole.sight.reviews
    for kind, rows in known.items() if is_shown else ():
        files[kind] += [one.attachment for one in rows]
    for one in whole.documents:
        files[one.document].append(one.attachment)
    found_of = {kind: {one.attachment_id: one for one in known.get(kind, ())} for kind in listed}
    return [
        ListedPaper(kind, files[kind], found_of[kind] if is_shown else {}, () if is_shown else known.get(kind, ()))
        for kind in listed
    ]


def file_for(session: Session, redemption_id: int, attachment_id: int, actor: Actor) -> Attachment:
    """A file that was handed in with a redemption or a payment, or that its papers take from the register.

    For who may read that; raises NotFound.
    """
    redemption, _sight = queries.redemption_for(session, redemption_id, actor)
    found = session.get(Attachment, attachment_id)
    if found is not None and (found.owner_kind, found.owner_id) == (OwnerKind.REDEMPTION, redemption_id):
        return found
    whole = queries.whole_redemption(session, redemption_id, actor, today=local_date(redemption.created_at))
    taken = {key: one.attachment for paper in papers_of(session, whole) for key, one in paper.verified.items()}
    if attachment_id not in taken:
        raise NotFound
    return taken[attachment_id]


def invoices_by_charge(session: Session, items: Sequence[RedemptionItem]) -> dict[int, list[Invoice]]:
    """The invoices of what is claimed, by charge."""
    return invoices_of_charges(session, [one.charge_id for one in items])


def _verified(
    session: Session, whole: WholeRedemption, listed: Collection[ProgrammeDocument]
) -> dict[ProgrammeDocument, list[VerifiedDocument]]:
    """What the list asks for of the firms that the authority accepted as verified when it was asked; two statements.

    Of each kind and firm the one that holds longest.
    """
    if not KEPT_DOCUMENTS.intersection(listed):
        return {}
    firms = dict.fromkeys(one.voucher.organisation_id for one in whole.items)
    authority, day = whole.redemption.programme.organisation, local_date(whole.redemption.created_at)
    rows = register.usable_of(session, authority, list(firms), today=day)
    found: dict[ProgrammeDocument, list[VerifiedDocument]] = {}
    for firm in firms:
        for kind, row in register.longest([one for one in rows if one.organisation_id == firm]).items():
            if kind in listed:
                found.setdefault(kind, []).append(row)
    return found


def _open(session: Session, redemption_id: int, actor: Actor) -> Redemption:
    """The redemption under lock for its claimant, while papers are taken; raises NotFound, Forbidden and NotNow."""
    found, sight = queries.redemption_for(session, redemption_id, actor)
    if not sight.claims:
        raise Forbidden
    lock(session, found)
    if found.state not in OPEN:
        raise NotNow
    return found


def _changed(session: Session, redemption: Redemption, now: datetime) -> Redemption:
    """Another version of it: a review of the papers as they were before comes too late."""
    redemption.version += 1
    redemption.changed_at = now
    session.flush()
    return redemption


def _invoices(session: Session, charge_ids: Sequence[int], firm: Organisation | None) -> list[Attachment]:
    """The files of the invoices of charges, each once; of a firm only those that name it."""
    by_charge = invoices_of_charges(session, charge_ids)
    found = [one for charge_id in charge_ids for one in by_charge.get(charge_id, ())]
    ids = dict.fromkeys(one.id for one in found if firm is None or _names(one, firm))
    files = attachments_of_many(session, OwnerKind.INVOICE, list(ids), ALL_FILES)
    return [file for invoice_id in ids for file in files.get(invoice_id, ())]


def _names(invoice: Invoice, firm: Organisation) -> bool:
    """Whether an invoice is made out to a firm: by its number where it has one, else by its title."""
    names = frozenset(filter(None, (firm.name_zh, firm.name_en)))
    return Party(frozenset({invoice.title}), invoice.tax_number).is_same(Party(names, firm.uscc or ""))


def _contracts(session: Session, charge_ids: Sequence[int], firm: Organisation | None) -> list[Attachment]:
    """The signed files of the contracts on which the uses rest, each once; of a firm only those it is party to."""
    same_use = or_(
        UseAgreement.reservation_id == Charge.reservation_id, UseAgreement.sample_order_id == Charge.sample_order_id
    )
    last = select(func.max(UseAgreement.id)).where(same_use).correlate(Charge).scalar_subquery()
    party = true() if firm is None else Contract.party_id == firm.id
    rows = session.scalars(
        select(Attachment)
        .join(ContractSignature, ContractSignature.attachment_id == Attachment.id)
        .join(Contract, Contract.id == ContractSignature.contract_id)
        .join(UseAgreement, UseAgreement.contract_id == ContractSignature.contract_id)
        .join(Charge, UseAgreement.id == last)
        .where(Charge.id.in_(charge_ids), party)
        .order_by(Attachment.id)
    )
    return list(dict.fromkeys(rows))
