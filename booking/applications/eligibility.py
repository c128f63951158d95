"""Whether a firm may apply for a voucher of a programme today, and for how much: every reason against."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from booking.applications.rules import Reason, Standing, papers_needed, reasons_against
from booking.core.errors import Refused
from booking.core.places import is_same_province
from booking.core.texts import N_
from booking.directory.rules import uscc_problems
from booking.programmes.budgets import budgets_left
from booking.programmes.queries import Shown
from models.applications import VoucherApplication
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.programmes import ProgrammeVersion
from models.vocabulary.applications import OPEN_STATES
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ProgrammeDocument, ReservesBudget
from models.vocabulary.vouchers import ENDED
from models.vouchers import Voucher


class NotEligible(Refused):
    """The firm may not apply, or not for so much; carries every reason."""

    code = "not_eligible"
    sentence = N_("不符合申请条件。")

    def __init__(self, reasons: Sequence[Reason]) -> None:
        """Keep the reasons; the application's pages and its API say each."""
        super().__init__()
        self.reasons = list(reasons)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What a firm may apply for: the reasons against, what is left, the papers that are asked for."""

    reasons: list[Reason]
    cap_left_fen: int
    budget_left_fen: int | None
    documents: list[ProgrammeDocument]


def eligibility(
    session: Session,
    shown: Shown,
    firm: Organisation,
    wanted_fen: int | None,
    *,
    today: date,
    itself: int | None = None,
) -> Eligibility:
    """Whether a firm may apply (for so much) today; `itself` does not stand in its own way."""
    version, authority = shown.version, shown.programme.organisation
    is_begun = version.valid_from <= today
    cap_left = version.year_cap_fen - taken_fen(session, shown.programme.id, firm.id)
    budget_left = budget_left_fen(session, version)
    standing = Standing(
        is_enterprise=firm.kind == OrganisationKind.ENTERPRISE,
        has_uscc=bool(firm.uscc) and not uscc_problems(firm.uscc),
        is_of_province=is_same_province(firm.adcode, authority.adcode),
        lives_elsewhere=bool(shown.programme.runs_at),
        today=today,
        begins_on=version.valid_from if is_begun else None,
        use_by=version.use_by,
        has_open=_has_open(session, shown.programme.id, firm.id, itself),
        cap_left_fen=cap_left,
        budget_left_fen=budget_left,
    )
    reasons = reasons_against(standing, wanted_fen)
    return Eligibility(reasons, max(0, cap_left), budget_left, papers_needed(version.documents))


def taken_fen(session: Session, programme_id: int, organisation_id: int) -> int:
    """What the vouchers of a firm take up of a programme's cap.

    The face of one that is used or frozen; of one that has ended what is held, captured or paid of it.
    """
    same = Voucher.programme_id == programme_id, Voucher.organisation_id == organisation_id
    faces = select(func.sum(Voucher.face_fen)).where(*same, Voucher.state.not_in(ENDED))
    used = (
        select(func.sum(LedgerAccount.balance_fen))
        .select_from(Voucher)
        .join(LedgerAccount, LedgerAccount.id.in_((Voucher.held_id, Voucher.captured_id, Voucher.paid_id)))
        .where(*same, Voucher.state.in_(ENDED))
    )
    both = session.execute(select(faces.scalar_subquery(), used.scalar_subquery())).one()
    return sum(int(fen or 0) for fen in both)


def budget_left_fen(session: Session, version: ProgrammeVersion) -> int | None:
    """What is left of a budget that is set aside when vouchers are issued; None where it is not, or not limited."""
    if version.reserves_budget != ReservesBudget.ISSUE:
        return None
    return budgets_left(session, [version])[version.programme_id]


def _has_open(session: Session, programme_id: int, organisation_id: int, itself: int | None) -> bool:
    """Whether the firm has another application of the programme that nobody has decided on."""
    found = exists().where(
        VoucherApplication.programme_id == programme_id,
        VoucherApplication.organisation_id == organisation_id,
        VoucherApplication.state.in_(OPEN_STATES),
        VoucherApplication.id != (itself or 0),
    )
    return bool(session.scalar(select(found)))
