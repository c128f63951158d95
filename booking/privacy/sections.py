"""What an export of one's own data holds: one line for each table, and a reason for each that is left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, not_, or_, select

from models.accounts import AccessToken, AskedMail, AuditEntry, FailedSignIn, Grant, MailedToken, User
from models.affiliations import Affiliation, Invitation, OrganisationRegistration, Visit
from models.applications import ApplicationEvent, VoucherApplication
from models.attachments import Attachment
from models.base import Base
from models.calendars import Feed
from models.charges import Charge, ChargeCapture, ChargeEvent
from models.contracts import Contract, ContractEvent, UseAgreement
from models.custody import Stewardship
from models.enquiries import Enquiry, EnquiryMessage
from models.notifications import Mail
from models.order_forms import OrderForm
from models.payers import PayerAccount, PayerHold, PayerMember
from models.privacy import Consent
from models.publishing import RecordEditor, Review
from models.redemptions import RedemptionEvent
from models.reservations import (
    Block,
    Reservation,
    ReservationChange,
    ReservationPerson,
    ReservationUse,
    Suspension,
)
from models.samples import SampleMessage, SampleOrder, SampleOrderStep
from models.statements import Debtor, Statement, StatementItem
from models.teams import Team, TeamInvitation, TeamMember, TeamRequest
from models.vouchers import VoucherWish


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose data is wanted: the account, its address, and the key its failed sign-ins are counted under."""

    id: int
    email: str
    account_key: str


Own: TypeAlias = Callable[[Owner], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Section:
    """One file of the export: the rows of a table that are the person's, without some columns."""

    name: str
    table: type[Base]
    own: Own
    without: frozenset[str] = frozenset()


def of(column: Any) -> Own:
    """Rows in which the column names the person."""
    return lambda owner: column == owner.id


def to(column: Any) -> Own:
    """Rows in which the column is the person's address."""
    return lambda owner: column == owner.email


def any_of(*conditions: Own) -> Own:
    """Rows for which one of the conditions holds."""
    return lambda owner: or_(*(condition(owner) for condition in conditions))


_as_person = any_of(of(ReservationPerson.user_id), to(ReservationPerson.email))


def _taking_part(owner: Owner) -> ColumnElement[bool]:
    """Reservations that the person booked or takes part in."""
    in_them = select(ReservationPerson.reservation_id).where(_as_person(owner))
    return or_(Reservation.booked_by_id == owner.id, Reservation.id.in_(in_them))


def _own_history(owner: Owner) -> ColumnElement[bool]:
    """What happened to reservations that the person booked."""
    booked = select(Reservation.id).where(Reservation.booked_by_id == owner.id)
    return ReservationChange.reservation_id.in_(booked)


def _other_history(owner: Owner) -> ColumnElement[bool]:
    """What happened to reservations of others in which the person takes part, or was done by the person."""
    joined = select(ReservationPerson.reservation_id).where(_as_person(owner))
    concerned = or_(ReservationChange.reservation_id.in_(joined), ReservationChange.actor_id == owner.id)
    return and_(concerned, not_(_own_history(owner)))


def _own_uses(owner: Owner) -> ColumnElement[bool]:
    """What came of reservations that the person booked, and what they said of others' uses."""
    booked = select(Reservation.id).where(Reservation.booked_by_id == owner.id)
    return or_(ReservationUse.reservation_id.in_(booked), ReservationUse.confirmed_by_id == owner.id)


def _own_orders(owner: Owner) -> ColumnElement[bool]:
    """Orders that the person asked for, or whose quote they accepted."""
    return or_(SampleOrder.requested_by_id == owner.id, SampleOrder.accepted_by_id == owner.id)


def _own_charges(owner: Owner) -> ColumnElement[bool]:
    """What happened to charges of what the person booked, and what they did with others."""
    booked = select(Charge.id).where(Charge.user_id == owner.id)
    return or_(ChargeEvent.charge_id.in_(booked), ChargeEvent.actor_id == owner.id)


def _own_items(owner: Owner) -> ColumnElement[bool]:
    """What statements ask for what the person booked."""
    return StatementItem.charge_id.in_(select(Charge.id).where(Charge.user_id == owner.id))


_OF_OTHERS = frozenset({"before", "after"})
_OF_ORGANISATIONS = frozenset({"amount_fen", "remark", "party_uscc", "number"})

SECTIONS = (
    Section("account", User, of(User.id)),
    Section("consents", Consent, of(Consent.user_id)),
    Section("grants", Grant, of(Grant.user_id)),
    Section("affiliations", Affiliation, of(Affiliation.user_id)),
    Section("invitations", Invitation, any_of(of(Invitation.accepted_by_id), to(Invitation.email))),
    Section("visits", Visit, to(Visit.email), frozenset({"identity_number"})),
    Section("organisation_registrations", OrganisationRegistration, of(OrganisationRegistration.registrant_id)),
    Section("teams_led", Team, any_of(of(Team.lead_id), of(Team.successor_id))),
    Section("team_memberships", TeamMember, of(TeamMember.user_id)),
    Section("team_requests", TeamRequest, of(TeamRequest.user_id)),
    Section("team_invitations", TeamInvitation, to(TeamInvitation.email)),
    Section("payer_accounts_answered_for", PayerAccount, of(PayerAccount.holder_id)),
    Section("payer_memberships", PayerMember, of(PayerMember.user_id)),
    Section("payer_holds", PayerHold, of(PayerHold.user_id)),
    Section("voucher_declarations", VoucherWish, of(VoucherWish.declared_by_id)),
    Section("redemption_steps", RedemptionEvent, of(RedemptionEvent.actor_id), frozenset({"facts"})),
    Section("charges", Charge, of(Charge.user_id)),
    Section("charge_history", ChargeEvent, _own_charges),
    Section("charge_payments", ChargeCapture, of(ChargeCapture.user_id)),
    Section("reservation_uses", ReservationUse, _own_uses),
    Section("billed_as", Debtor, of(Debtor.user_id)),
    Section("statements", Statement, of(Statement.holder_id)),
    Section("statement_items", StatementItem, _own_items),
    Section("access_tokens", AccessToken, of(AccessToken.user_id)),
    Section("calendar_feeds", Feed, of(Feed.user_id)),
    Section("mailed_links", MailedToken, of(MailedToken.user_id)),
    Section(
        "mails",
        Mail,
        to(Mail.recipient),
        frozenset({"subject", "text", "html", "event_id", "message_id", "last_error"}),
    ),
    Section("failed_sign_ins", FailedSignIn, lambda owner: FailedSignIn.account_key == owner.account_key),
    Section("asked_mails", AskedMail, lambda owner: AskedMail.account_key == owner.account_key),
    Section("reservations", Reservation, _taking_part),
    Section("reservation_people", ReservationPerson, _as_person),
    Section("reservation_history", ReservationChange, _own_history),
    Section("history_of_others_reservations", ReservationChange, _other_history, _OF_OTHERS),
    Section("suspensions", Suspension, of(Suspension.user_id)),
    Section("stewardships", Stewardship, of(Stewardship.user_id)),
    Section("edited_records", RecordEditor, of(RecordEditor.user_id)),
    Section("secrecy_reviews", Review, of(Review.reviewer_id)),
    Section("enquiries", Enquiry, of(Enquiry.asked_by_id)),
    Section("enquiry_messages", EnquiryMessage, of(EnquiryMessage.author_id)),
    Section("sample_orders", SampleOrder, _own_orders),
    Section("sample_order_steps", SampleOrderStep, of(SampleOrderStep.actor_id)),
    Section("sample_messages", SampleMessage, of(SampleMessage.author_id)),
    Section("contracts_asked_for", Contract, of(Contract.asked_by_id), _OF_ORGANISATIONS),
    Section("contract_steps", ContractEvent, of(ContractEvent.actor_id), frozenset({"facts"})),
    Section(
        "voucher_applications_begun",
        VoucherApplication,
        of(VoucherApplication.created_by_id),
        frozenset({"statement", "reason"}),
    ),
    Section(
        "voucher_application_steps",
        ApplicationEvent,
        of(ApplicationEvent.actor_id),
        frozenset({"facts"}),
    ),
    Section("use_agreements", UseAgreement, of(UseAgreement.user_id)),
    Section("order_forms", OrderForm, of(OrderForm.user_id)),
    Section("files_uploaded", Attachment, of(Attachment.uploaded_by_id)),
    Section("blocks_made", Block, of(Block.created_by_id)),
    Section("deeds", AuditEntry, of(AuditEntry.actor_id), _OF_OTHERS),
)

LEFT_OUT = {
    "announcements": "texts of the platform; who wrote one stands in the deeds",
    "arrival_ticks": "an institution's check lists; who ticked stands in the deeds",
    "clearing_events": "authorities' books; who took a step stands in the deeds",
    "clearing_statements": "authorities' books; who closed a month stands in the deeds",
    "block_conflicts": "an institution's work; who settled one stands in the deeds",
    "contract_signatures": "an organisation's signatures; who handed one in stands in contract_steps",
    "contract_texts": "an institution's texts; who wrote one stands in the deeds",
    "idempotent_requests": "answers kept for a day against double clicks; what they did stands elsewhere",
    "imports": "an institution's records; who uploaded a table stands in the deeds",
    "instrument_places": "where instruments stood; who recorded it stands in the deeds",
    "mail_domains": "an institution's settings; who made one stands in the deeds",
    "payer_movements": "an institution's books; who recorded a movement stands in the deeds",
    "invoices": "an institution's books; who recorded one stands in the deeds",
    "invoice_withdrawals": "an institution's books; who withdrew one stands in the deeds",
    "receipts": "an institution's books; who recorded one stands in the deeds",
    "statement_drafts": "an institution's work; who made one stands in the deeds",
    "statement_runs": "an institution's work; who asked for one stands in the deeds",
    "price_policies": "an institution's prices; who set one stands in the deeds",
    "programme_versions": "an authority's policy; who wrote a version stands in the deeds",
    "recognitions": "an authority's register; who recorded one stands in the deeds",
    "verified_documents": "an authority's register of firms' papers; who verified one stands in the deeds",
    "verified_document_withdrawals": "an authority's register of firms' papers; who took one back stands in the deeds",
    "recognition_endings": "an authority's register; who ended one stands in the deeds",
    "voucher_relations": "an authority's register; who recorded one stands in the deeds",
    "voucher_steps": "an enterprise's vouchers; who took a step stands in the deeds",
    "redemptions": "an organisation's requests; who made one stands in redemption_steps",
    "redemption_payments": "an authority's books; who recorded one stands in redemption_steps",
    "redemption_findings": "an authority's audits; who found it stands in the deeds",
    "redemption_samples": "an authority's audits; who drew one stands in the deeds",
    "owner_changes": "an institution's instruments; who offered and who answered stands in the deeds",
    "report_exemptions": "an institution's requests; who asked and who decided stands in the deeds",
    "review_rounds": "an institution's records; one's own decisions are exported as secrecy_reviews",
    "sample_quotes": "an institution's offers; who made one stands in sample_order_steps",
    "sample_results": "results of orders; who handed one over stands in sample_order_steps",
    "sample_runs": "an institution's work; who started one stands in sample_order_steps",
    "rosters": "lists of other people; who uploaded one stands in the deeds",
}
"""Tables with a reference to an account that are no data about that person, and why."""
