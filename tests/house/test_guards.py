"""Every guard at head is there and refuses each forbidden write."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.database import guards
from booking.web.extensions import db
from models.accounts import AuditEntry
from models.affiliations import UserGroup
from models.applications import ApplicationEvent, VerifiedDocument, VerifiedDocumentWithdrawal, VoucherApplication
from models.attachments import Attachment
from models.catalogue import Instrument
from models.charges import Charge, ChargeCapture, ChargeEvent, ChargeLine
from models.clearing import ClearingEvent, ClearingFigures, ClearingStatement
from models.contracts import Contract, ContractEvent, ContractSignature, ContractText, UseAgreement
from models.invoices import Invoice, InvoiceItem, InvoiceTopUp, InvoiceWithdrawal
from models.ledger import LedgerAccount, LedgerEntry, LedgerTransfer
from models.order_forms import OrderForm
from models.payers import PayerAccount, PayerHold, PayerMovement
from models.pricing import PricePolicy, ReservationQuote
from models.programmes import Programme, ProgrammeVersion
from models.publishing import Review, ReviewRound
from models.recognitions import Recognition, RecognitionEnding
from models.redemptions import Redemption, RedemptionEvent, RedemptionFinding, RedemptionPayment, RedemptionSample
from models.reservations import Block, Claim, Reservation, ReservationChange, ReservationUse
from models.samples import SampleOrder, SampleOrderStep, SampleQuote, SampleResult
from models.statements import Debtor, Receipt, Settlement, Statement, StatementItem
from models.vocabulary.affiliations import UserSide
from models.vocabulary.applications import ApplicationState, ApplicationStep
from models.vocabulary.attachments import AttachmentKind, OwnerKind, Visibility
from models.vocabulary.charges import ChargeKind, ChargeState, ChargeStep
from models.vocabulary.clearing import ClearingStep
from models.vocabulary.contracts import (
    ContractScope,
    ContractSide,
    ContractState,
    ContractStep,
    Need,
    SignatureKind,
)
from models.vocabulary.invoices import InvoiceKind
from models.vocabulary.payers import MovementKind, PayerKind
from models.vocabulary.pricing import LineKind, Offer
from models.vocabulary.programmes import (
    BearsDifference,
    BorderWay,
    CountsOn,
    ProgrammeDocument,
    RedeemedBy,
    ReservesBudget,
    ServiceType,
)
from models.vocabulary.publishing import ReviewDecision
from models.vocabulary.recognitions import RecognitionKind
from models.vocabulary.redemptions import PaymentKind, RedemptionState, RedemptionStep
from models.vocabulary.reservations import (
    BlockKind,
    ChangeKind,
    ClaimKind,
    ReservationMode,
    ReservationState,
    UseOutcome,
)
from models.vocabulary.samples import Leftover, ReportKind, SampleOrderState, SampleStep
from models.vocabulary.statements import ReceiptKind, StatementKind
from models.vocabulary.vouchers import VoucherState, VoucherStep
from models.vouchers import (
    Voucher,
    VoucherCap,
    VoucherCapture,
    VoucherEvent,
    VoucherHold,
    VoucherRelation,
    VoucherWish,
)
from tests.factories.instruments import add_lane_group, make_instrument, make_organisation
from tests.factories.people import make_user

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.fixture
def claim(session: Session) -> Claim:
    instrument = make_instrument(session)
    group = add_lane_group(session, instrument, shared=True)
    lane_id = session.scalar(sa.text(f"SELECT id FROM lanes WHERE lane_group_id = {group.id}"))
    block = Block(
        instrument_id=instrument.id,
        lane_group_id=group.id,
        starts_at=NOON,
        ends_at=NOON + hours(1),
        kind=BlockKind.CLOSURE,
        created_at=NOON,
    )
    session.add(block)
    session.flush()
    made = Claim(lane_id=lane_id, starts_at=NOON, ends_at=NOON + hours(1), kind=ClaimKind.BLOCK, block_id=block.id)
    session.add(made)
    session.commit()
    return made


def another(claim: Claim, start: datetime, end: datetime) -> Claim:
    return Claim(lane_id=claim.lane_id, starts_at=start, ends_at=end, kind=ClaimKind.BLOCK, block_id=claim.block_id)


def test_every_guard_is_there_and_no_other(app: Flask) -> None:
    with db.engine.connect() as connection:
        found = guards.present(connection)

    assert found == guards.expected(db.engine.dialect.name)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(0, 1, id="the same"),
        pytest.param(-1, 2, id="around it"),
        pytest.param(0.25, 0.5, id="inside it"),
        pytest.param(-1, 0.01, id="into its start"),
        pytest.param(0.99, 2, id="over its end"),
    ],
)
def test_an_overlapping_claim_is_refused(session: Session, claim: Claim, start: float, end: float) -> None:
    session.add(another(claim, NOON + hours(start), NOON + hours(end)))

    with pytest.raises(DBAPIError, match="claims_no_overlap"):
        session.flush()

    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 1


def test_claims_that_touch_are_accepted(session: Session, claim: Claim) -> None:
    session.add(another(claim, NOON - hours(1), NOON))
    session.add(another(claim, NOON + hours(1), NOON + hours(2)))

    session.commit()

    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 3


def test_a_claim_cannot_be_changed_into_an_overlap(session: Session, claim: Claim) -> None:
    later = another(claim, NOON + hours(2), NOON + hours(3))
    session.add(later)
    session.commit()

    with pytest.raises(DBAPIError, match="claims_no_overlap"):
        session.execute(sa.update(Claim).where(Claim.id == later.id).values(starts_at=NOON + hours(0.5)))


@pytest.mark.parametrize("column", ["starts_at", "ends_at"])
def test_a_claim_whose_times_are_written_otherwise_is_refused(session: Session, claim: Claim, column: str) -> None:
    written = {"starts_at": "'2026-11-24 04:00:00.000000'", "ends_at": "'2026-11-24 05:00:00.000000'"}
    said, columns = "claims_moment_format", "lane_id, starts_at, ends_at, kind, block_id"
    written[column] = "'2026-11-24T04:30Z'"
    if db.engine.dialect.name == "postgresql":
        written[column], said = "'2026-11-24 noonish'", "invalid input syntax"
    values = f"{claim.lane_id}, {written['starts_at']}, {written['ends_at']}, 'block', {claim.block_id}"

    for forbidden in (
        f"INSERT INTO claims ({columns}) VALUES ({values})",
        f"UPDATE claims SET {column} = {written[column]} WHERE id = {claim.id}",
    ):
        with pytest.raises(DBAPIError, match=said):
            session.execute(sa.text(forbidden))
        session.rollback()

    assert session.scalars(sa.select(Claim.starts_at)).all() == [NOON]


@pytest.fixture
def rows(session: Session) -> None:
    """One row in every append-only table."""
    user, instrument = make_user(session), make_instrument(session)
    group = UserGroup(
        organisation_id=instrument.organisation_id,
        name_zh="企业",
        side=UserSide.OUTSIDE,
        position=1,
    )
    waiting = ReviewRound(instrument_id=instrument.id, is_update=False, opened_at=NOON, changed_at=NOON)
    period: dict[str, Any] = {"starts_at": NOON, "ends_at": NOON + hours(1), "mode": ReservationMode.SELF}
    reservation = Reservation(
        uid="one@example.org",
        instrument_id=instrument.id,
        booked_by_id=user.id,
        state=ReservationState.CONFIRMED,
        created_at=NOON,
        updated_at=NOON,
        **period,
    )
    session.add_all([group, waiting, reservation])
    session.flush()
    policy = PricePolicy(
        instrument_id=instrument.id,
        user_group_id=group.id,
        valid_from=NOON.date(),
        offer=Offer.OFFERED,
        created_at=NOON,
        created_by_id=user.id,
    )
    session.add(policy)
    session.flush()
    session.add_all(
        [
            AuditEntry(occurred_at=NOON, action="test.done", subject_kind="test", subject_id=1),
            ReservationChange(reservation_id=reservation.id, occurred_at=NOON, kind=ChangeKind.REQUESTED),
            Review(
                round_id=waiting.id,
                round_version=1,
                reviewer_id=user.id,
                reviewer_name=user.name,
                decision=ReviewDecision.APPROVED,
                decided_at=NOON,
            ),
            ReservationQuote(
                reservation_id=reservation.id,
                price_policy_id=policy.id,
                user_group_id=group.id,
                lines=[],
                total_fen=0,
                created_at=NOON,
                **period,
            ),
        ]
    )
    add_money(session, user.id, instrument.organisation_id)
    add_order(session, user.id, instrument)
    add_contract(session, user.id, instrument.organisation_id)
    add_policies(session, user.id, instrument.organisation_id)
    add_applications(session, user.id, instrument.organisation_id)
    add_clearing(session, user.id, instrument.organisation_id)
    session.commit()


def add_order(session: Session, user_id: int, instrument: Instrument) -> None:
    """One sample order with a step, a quote and a result."""
    order = SampleOrder(
        instrument_id=instrument.id,
        requested_by_id=user_id,
        state=SampleOrderState.REQUESTED,
        title="粉末",
        sample_count=1,
        leftover=Leftover.DISPOSE,
        report=ReportKind.DATA,
        requested_at=NOON,
        changed_at=NOON,
    )
    session.add(order)
    session.flush()
    file = Attachment(
        owner_kind=OwnerKind.SAMPLE_ORDER,
        owner_id=order.id,
        organisation_id=instrument.organisation_id,
        kind=AttachmentKind.DOCUMENT,
        file_name="a.txt",
        media_type="text/plain",
        size_bytes=1,
        stored_bytes=1,
        sha256="",
        position=1,
        visibility=Visibility.STAFF,
        uploaded_by_id=user_id,
        uploaded_at=NOON,
        changed_at=NOON,
    )
    session.add(file)
    session.flush()
    made: dict[str, Any] = {"order_id": order.id, "made_by_id": user_id, "made_at": NOON}
    session.add_all(
        [
            SampleOrderStep(order_id=order.id, occurred_at=NOON, step=SampleStep.REQUEST, state=order.state),
            SampleQuote(lines=[], total_fen=0, valid_until=NOON.date(), **made),
            SampleResult(attachment_id=file.id, is_final=True, **made),
        ]
    )


def add_contract(session: Session, user_id: int, organisation_id: int) -> None:
    """One contract with its text, a signature on the file of the sample order, and a step."""
    text = ContractText(organisation_id=organisation_id, number=1, clauses={}, made_at=NOON)
    party = make_organisation(session)
    session.add(text)
    session.flush()
    contract = Contract(
        number="1",
        organisation_id=organisation_id,
        party_id=party.id,
        party_name=party.name_zh,
        scope=ContractScope.FRAMEWORK,
        title="框架合同",
        starts_on=NOON.date(),
        ends_on=NOON.date(),
        text_id=text.id,
        state=ContractState.DRAFT,
        created_at=NOON,
        changed_at=NOON,
    )
    session.add(contract)
    session.flush()
    signature = ContractSignature(
        contract_id=contract.id,
        side=ContractSide.OWNER,
        handed_in_by=ContractSide.OWNER,
        kind=SignatureKind.SCAN,
        signed_on=NOON.date(),
        attachment_id=session.scalars(sa.select(Attachment.id)).one(),
        made_by_id=user_id,
        made_at=NOON,
    )
    event = ContractEvent(contract_id=contract.id, occurred_at=NOON, step=ContractStep.DRAFT, state=ContractState.DRAFT)
    reservation_id = session.scalars(sa.select(Reservation.id)).one()
    used = {"organisation_id": organisation_id, "user_id": user_id, "reservation_id": reservation_id}
    agreement = UseAgreement(need=Need.ORDER_FORM, amount_fen=0, created_at=NOON, **used)
    number = {"year": 2026, "number": 1, "text_id": text.id, "accepted_at": NOON, "amount_fen": 0, "told": {}}
    session.add_all([signature, event, agreement, OrderForm(**used, **number)])


def add_money(session: Session, user_id: int, organisation_id: int) -> None:
    """One movement of a payer account, with its entry and its transfer."""
    accounts = [LedgerAccount(name=name, created_at=NOON) for name in ("source", "left", "held", "used", "captured")]
    entry = LedgerEntry(key="one", cause="test", created_at=NOON)
    session.add_all([*accounts, entry])
    session.flush()
    source_id, left_id, held_id, used_id, captured_id = (one.id for one in accounts)
    payer = PayerAccount(
        organisation_id=organisation_id,
        kind=PayerKind.PREPAID,
        number="1",
        name="预付款",
        holder_id=user_id,
        source_id=source_id,
        left_id=left_id,
        held_id=held_id,
        used_id=used_id,
        captured_id=captured_id,
        created_at=NOON,
    )
    session.add_all(
        [payer, LedgerTransfer(entry_id=entry.id, from_account_id=source_id, to_account_id=left_id, amount_fen=1)]
    )
    session.flush()
    session.add(
        PayerMovement(
            payer_account_id=payer.id,
            entry_id=entry.id,
            kind=MovementKind.TOPPED_UP,
            made_by_id=user_id,
            created_at=NOON,
        )
    )
    session.add(
        PayerHold(
            entry_id=entry.id,
            reservation_id=session.scalars(sa.select(Reservation.id)).one(),
            payer_account_id=payer.id,
            user_id=user_id,
            amount_fen=1,
            created_at=NOON,
        )
    )
    add_charge(session, user_id, payer, entry)


def add_charge(session: Session, user_id: int, payer: PayerAccount, entry: LedgerEntry) -> None:
    """One confirmed use with its charge, a line, an event and what paid for it."""
    reservation = session.scalars(sa.select(Reservation)).one()
    charge = Charge(
        reservation_id=reservation.id,
        organisation_id=payer.organisation_id,
        instrument_id=reservation.instrument_id,
        user_id=user_id,
        payer_account_id=payer.id,
        kind=ChargeKind.USE,
        state=ChargeState.FINAL,
        booked_starts_at=NOON,
        booked_ends_at=NOON + hours(1),
        created_at=NOON,
        updated_at=NOON,
    )
    session.add(charge)
    session.flush()
    moved = {"entry_id": entry.id, "payer_account_id": payer.id, "user_id": user_id, "amount_fen": 1}
    session.add_all(
        [
            ReservationUse(
                reservation_id=reservation.id, outcome=UseOutcome.NO_SHOW, confirmed_by_id=user_id, created_at=NOON
            ),
            ChargeLine(charge_id=charge.id, kind=LineKind.NO_SHOW, amount_fen=1, unit_fen=1, created_at=NOON),
            ChargeEvent(charge_id=charge.id, step=ChargeStep.MAKE, state=charge.state, occurred_at=NOON),
            ChargeCapture(charge_id=charge.id, created_at=NOON, **moved),
        ]
    )
    add_statement(session, charge, payer, entry)


def add_statement(session: Session, charge: Charge, payer: PayerAccount, entry: LedgerEntry) -> None:
    """One statement with an item, a receipt and what that settled."""
    sides = {f"{side}_id": getattr(payer, f"{side}_id") for side in ("source", "left", "held", "used")}
    billed_id, cash_id, credit_id, settled_id = sides.values()
    debtor = Debtor(
        organisation_id=payer.organisation_id,
        payer_account_id=payer.id,
        billed_id=billed_id,
        cash_id=cash_id,
        credit_id=credit_id,
        settled_id=settled_id,
        created_at=NOON,
    )
    session.add(debtor)
    session.flush()
    person, day = charge.user_id, NOON.date()
    statement = Statement(
        organisation_id=payer.organisation_id,
        debtor_id=debtor.id,
        year=2026,
        number=1,
        kind=StatementKind.TAKEN,
        until_on=day,
        issued_on=day,
        total_fen=1,
        taken_fen=1,
        due_fen=0,
        holder_id=person,
        told={},
        issued_by_id=person,
        created_at=NOON,
    )
    session.add(statement)
    session.flush()
    line_id = session.scalars(sa.select(ChargeLine.id)).one()
    item = {"statement_id": statement.id, "charge_id": charge.id, "turn": 0, "last_line_id": line_id}
    used = {"kind": charge.kind, "starts_at": NOON, "ends_at": NOON, "user_name": "使用人"}
    paid = {"amount_fen": 1, "entry_id": entry.id, "created_at": NOON}
    said = {"debtor_id": debtor.id, "number": "1", "paper": "1", "received_on": day, "made_by_id": person}
    session.add_all(
        [
            StatementItem(**item, **used, amount_fen=1, taken_fen=1),
            Receipt(kind=ReceiptKind.RECEIVED, **said, **paid),
            Settlement(statement_id=statement.id, **paid),
        ]
    )
    invoice = Invoice(
        organisation_id=payer.organisation_id,
        debtor_id=debtor.id,
        kind=InvoiceKind.ORDINARY,
        number="1",
        issued_on=day,
        title="抬头",
        rate=0,
        amount_fen=1,
        recorded_by_id=person,
        created_at=NOON,
    )
    session.add(invoice)
    session.flush()
    session.add(InvoiceItem(invoice_id=invoice.id, statement_id=statement.id, amount_fen=1))
    movement_id = session.scalars(sa.select(PayerMovement.id)).one()
    session.add(InvoiceTopUp(invoice_id=invoice.id, movement_id=movement_id, amount_fen=1))
    session.add(InvoiceWithdrawal(invoice_id=invoice.id, reason="录错", made_by_id=person, created_at=NOON))


def add_policies(session: Session, user_id: int, organisation_id: int) -> None:
    """One version of a programme, and one entry of the register that was ended."""
    day = NOON.date()
    programme = Programme(organisation_id=organisation_id, year=2026, name_zh="创新券", created_at=NOON)
    entry = Recognition(
        organisation_id=organisation_id,
        kind=RecognitionKind.PROVIDER,
        provider_id=organisation_id,
        starts_on=day,
        notice="通知",
        created_at=NOON,
        created_by_id=user_id,
    )
    session.add_all([programme, entry])
    session.flush()
    version = ProgrammeVersion(
        programme_id=programme.id,
        number=1,
        valid_from=day,
        **dict.fromkeys(("counts_from", "use_by", "redeem_by"), day),
        **{key: [] for key in ("documents", "exclusions", "windows")},
        shares={"testing": 3_000},
        marks={},
        year_cap_fen=1,
        notice_days=5,
        redeemed_by=RedeemedBy.PROVIDER,
        reserves_budget=ReservesBudget.HOLD,
        counts_on=CountsOn.SERVICE,
        bears_difference=BearsDifference.PROVIDER,
        border_way=BorderWay.HOME_PAYS,
        created_at=NOON,
        created_by_id=user_id,
    )
    ending = RecognitionEnding(
        recognition_id=entry.id, ends_on=day, reason="结束", created_at=NOON, created_by_id=user_id
    )
    session.add_all([version, ending])
    session.flush()
    add_voucher(session, user_id, version)


def add_clearing(session: Session, user_id: int, organisation_id: int) -> None:
    """One statement with a figure and a step."""
    between = {"low_province": "50", "high_province": "51", "organisation_id": organisation_id, "created_at": NOON}
    transfer_id = session.scalars(sa.select(LedgerTransfer.id)).first()
    statement = ClearingStatement(
        **between,
        month=NOON.date().replace(day=1),
        number=1,
        net_fen=0,
        province="50",
        last_transfer_id=transfer_id,
        closed_by_id=user_id,
    )
    session.add(statement)
    session.flush()
    of_it = {"statement_id": statement.id}
    fen = dict.fromkeys(("captured_fen", "given_back_fen", "not_approved_fen", "paid_fen", "clawed_back_fen"), 0)
    sides = {"issuer_province": "50", "provider_province": "51", "way": BorderWay.HOME_PAYS, "owed_fen": 0}
    said = {"province": "51", "organisation_id": organisation_id, "actor_id": user_id, "created_at": NOON}
    session.add_all(
        [ClearingFigures(**of_it, **sides, **fen), ClearingEvent(**of_it, **said, step=ClearingStep.CONFIRM)]
    )
    session.flush()


def add_voucher(session: Session, user_id: int, version: ProgrammeVersion) -> None:
    """One voucher with its step and its cap, wished for, held and taken for the one reservation and its charge."""
    firm, day = make_organisation(session), NOON.date()
    credit_id, held_id, captured_id, paid_id = session.scalars(sa.select(LedgerAccount.id).limit(4))
    entry_id = session.scalars(sa.select(LedgerEntry.id)).first()
    named = {"programme_id": version.programme_id, "organisation_id": firm.id, "created_at": NOON}
    voucher = Voucher(
        number="1",
        sequence=1,
        programme_version_id=version.id,
        face_fen=1,
        **dict.fromkeys(("issued_on", "use_by", "redeem_by"), day),
        state=VoucherState.ISSUED,
        credit_id=credit_id,
        held_id=held_id,
        captured_id=captured_id,
        paid_id=paid_id,
        **named,
    )
    cap = VoucherCap(year=2026, cap_fen=1, left_id=credit_id, used_id=held_id, **named)
    session.add_all([voucher, cap])
    session.flush()
    charge = session.scalars(sa.select(Charge)).one()
    cause = {"reservation_id": charge.reservation_id, "created_at": NOON}
    moved = {"voucher_id": voucher.id, "entry_id": entry_id, "cap_id": cap.id, "amount_fen": 1}
    moved["programme_version_id"] = version.id
    both = {"organisation_id": firm.id, "created_at": NOON}
    ways = {"issuer_province": "50", "provider_province": "51", "counts_on": day}
    sides = {"authority_id": charge.organisation_id, "provider_id": charge.organisation_id}
    said = {"is_used": True, "service_type": ServiceType.TESTING, "declared_by_id": user_id}
    session.add_all(
        [
            VoucherEvent(voucher_id=voucher.id, step=VoucherStep.ISSUE, entry_id=entry_id, occurred_at=NOON),
            VoucherRelation(**sides, **both, is_related=True, created_by_id=user_id),
            VoucherWish(**cause, organisation_id=firm.id, **said),
            VoucherHold(**cause, **moved),
            VoucherCapture(charge_id=charge.id, created_at=NOON, **moved, **ways),
        ]
    )
    add_redemption(session, user_id, version, firm.id)


def add_redemption(session: Session, user_id: int, version: ProgrammeVersion, claimant_id: int) -> None:
    """A redemption with its step and its payment, and what was drawn of its programme."""
    day, entry_id = NOON.date(), session.scalars(sa.select(LedgerEntry.id)).first()
    redemption = Redemption(
        programme_id=version.programme_id,
        number=1,
        programme_version_id=version.id,
        claimant_id=claimant_id,
        redeemed_by=RedeemedBy.ENTERPRISE,
        state=RedemptionState.REQUESTED,
        claimed_fen=1,
        requested_by_id=user_id,
        created_at=NOON,
        changed_at=NOON,
    )
    session.add(redemption)
    session.flush()
    its_own = {"redemption_id": redemption.id, "entry_id": entry_id}
    paid = {"kind": PaymentKind.PAID, "amount_fen": 1, "paid_on": day, "receipt_number": "1", "made_by_id": user_id}
    days = {"paid_from": day, "paid_until": day, "seed": "1", "drawn_by_id": user_id, "created_at": NOON}
    step = {"step": RedemptionStep.REQUEST, "state": RedemptionState.REQUESTED, "actor_id": user_id}
    session.add_all(
        [
            RedemptionEvent(**step, occurred_at=NOON, **its_own),
            RedemptionPayment(**paid, created_at=NOON, **its_own),
            RedemptionSample(programme_id=version.programme_id, population=[1], drawn=[1], **days),
        ]
    )
    session.flush()
    sample_id = session.scalars(sa.select(RedemptionSample.id)).one()
    found = {"sample_id": sample_id, "redemption_id": redemption.id, "is_in_order": True}
    session.add(RedemptionFinding(**found, found_by_id=user_id, created_at=NOON))


def add_applications(session: Session, user_id: int, organisation_id: int) -> None:
    """One step of an application for a voucher, and one paper that was verified."""
    programme = session.scalars(sa.select(Programme.id)).first()
    made = VoucherApplication(
        programme_id=programme,
        organisation_id=organisation_id,
        wanted_fen=1,
        statement="研发",
        created_by_id=user_id,
        created_at=NOON,
        changed_at=NOON,
    )
    session.add(made)
    session.flush()
    file = Attachment(
        owner_kind=OwnerKind.VOUCHER_APPLICATION,
        owner_id=made.id,
        organisation_id=organisation_id,
        kind=AttachmentKind.DOCUMENT,
        file_name="执照.pdf",
        media_type="application/pdf",
        size_bytes=1,
        stored_bytes=1,
        sha256="0" * 64,
        position=1,
        visibility=Visibility.STAFF,
        uploaded_by_id=user_id,
        uploaded_at=NOON,
        changed_at=NOON,
    )
    session.add(file)
    session.flush()
    step = ApplicationEvent(
        application_id=made.id,
        occurred_at=NOON,
        actor_id=user_id,
        step=ApplicationStep.DRAFT,
        source=ApplicationState.DRAFT,
        state=ApplicationState.DRAFT,
    )
    paper = VerifiedDocument(
        organisation_id=organisation_id,
        document=ProgrammeDocument.BUSINESS_LICENCE,
        attachment_id=file.id,
        authority_id=organisation_id,
        application_id=made.id,
        verified_by_id=user_id,
        verified_on=NOON.date(),
        expires_on=NOON.date(),
        created_at=NOON,
    )
    session.add_all([step, paper])
    session.flush()
    session.add(VerifiedDocumentWithdrawal(document_id=paper.id, withdrawn_by_id=user_id, reason="错", created_at=NOON))


@pytest.mark.parametrize("table", guards.APPEND_ONLY_TABLES)
def test_what_was_written_for_good_is_neither_changed_nor_deleted_nor_replaced(
    session: Session, rows: None, table: str
) -> None:
    kept = session.execute(sa.text(f"SELECT * FROM {table}")).all()
    whole = {"sqlite": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"}

    for forbidden in (
        f"UPDATE {table} SET id = id + 1",
        f"DELETE FROM {table}",
        whole.get(db.engine.dialect.name, f"TRUNCATE {table} CASCADE"),
    ):
        with pytest.raises(DBAPIError, match=f"{table}_append_only"):
            session.execute(sa.text(forbidden))
        session.rollback()

    assert len(kept) == 1
    assert session.execute(sa.text(f"SELECT * FROM {table}")).all() == kept
