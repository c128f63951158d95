"""Issuing vouchers against the budget of their programme: first come until it is spent."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.ledger.rules import Move, Posting
from booking.ledger.service import open_accounts, post_entries
from booking.programmes.queries import programme, terms_of, version_on
from booking.vouchers.moving import budgets_locked
from booking.vouchers.opening import CAUSE, locked_book, locked_caps, open_caps
from models.programmes import ProgrammeVersion
from models.vocabulary.programmes import ReservesBudget
from models.vocabulary.vouchers import VoucherState, VoucherStep
from models.vouchers import ProgrammeBook, Voucher, VoucherEvent


@dataclass(frozen=True, slots=True)
class Issue:
    """What is promised to whom by a programme, as its version in force says it."""

    programme_id: int
    organisation_id: int
    face_fen: int


class BudgetSpent(Conflict):
    """The budget of the programme does not have as much left; `left_fen` is what it has."""

    code = "budget_spent"
    sentence = N_("本期创新券预算已不足。")

    def __init__(self, left_fen: int) -> None:
        """Keep what is left."""
        super().__init__()
        self.left_fen = left_fen


class ProgrammeOver(Conflict):
    """No version of the programme holds today, or its vouchers could not be used any more."""

    code = "programme_over"
    sentence = N_("这项创新券政策现在不能发放创新券。")


def issue(session: Session, wanted: Issue, *, actor: Actor, now: datetime) -> Voucher:
    """A voucher with its number, its credit and both its deadlines; the officer's right is asked by whoever calls.

    The firm's caps of the programme rise to what the version says, and never fall. Locks those, the programme's books,
    then the ledger's accounts, and writes the audit log; raises NotFound, BudgetSpent (where issuing reserves the
    budget) and ProgrammeOver.
    """
    version = _version(session, wanted.programme_id, now)
    locked_caps(session, wanted.organisation_id, wanted.programme_id)
    book = locked_book(session, wanted.programme_id, now=now)
    budgets = budgets_locked(session, [wanted.programme_id], now=now)
    left = budgets.left[wanted.programme_id]
    at_issue = version.reserves_budget == ReservesBudget.ISSUE
    if at_issue and left is not None and left < wanted.face_fen:
        raise BudgetSpent(left)
    days = terms_of(version).voucher_use_by(local_date(now)), version.redeem_by
    made = new_voucher(session, wanted, version, book, days, now=now)
    open_caps(session, wanted.organisation_id, version, now=now)
    moves = [Move(book.source_id, made.credit_id, wanted.face_fen)]
    if at_issue:
        moves = [*budgets.books[wanted.programme_id].committing(wanted.face_fen), *moves]
    posting = Posting(f"voucher:{made.number}:issue", moves)
    entries = post_entries(session, CAUSE, [*budgets.following, posting], now=now)
    session.add(
        VoucherEvent(
            voucher_id=made.id,
            step=VoucherStep.ISSUE,
            actor_id=actor.id,
            entry_id=entries[posting.key],
            occurred_at=now,
        )
    )
    session.flush()
    after = {"number": made.number, "organisation_id": made.organisation_id, "face_fen": made.face_fen}
    audit.note(session, "vouchers.issued", ("voucher", made.id), actor=actor, now=now, after=after)
    return made


def _version(session: Session, programme_id: int, now: datetime) -> ProgrammeVersion:
    """What the programme says today; refused where it says nothing yet, its last day is over, or others issue."""
    programme(session, programme_id)
    today = local_date(now)
    version = version_on(session, programme_id, today)
    if (
        version is None
        or version.reserves_budget == ReservesBudget.NEVER
        or terms_of(version).voucher_use_by(today) < today
    ):
        raise ProgrammeOver
    return version


def new_voucher(
    session: Session,
    wanted: Issue,
    version: ProgrammeVersion,
    book: ProgrammeBook,
    days: tuple[date, date],
    *,
    number_there: str | None = None,
    now: datetime,
) -> Voucher:
    """The next voucher of the locked programme, with its accounts, to be used and redeemed by two days."""
    of = programme(session, wanted.programme_id)
    sequence = book.last_number + 1
    book.last_number = sequence
    number = f"{of.runs_at or f'V{of.year}'}-{wanted.programme_id}-{sequence:05d}"
    sides = ("credit", "held", "captured", "paid")
    ids = open_accounts(session, {f"voucher:{number}:{side}": 0 for side in sides}, now=now)
    made = Voucher(
        number=number,
        number_there=number_there,
        programme_id=wanted.programme_id,
        sequence=sequence,
        programme_version_id=version.id,
        organisation_id=wanted.organisation_id,
        face_fen=wanted.face_fen,
        issued_on=local_date(now),
        use_by=days[0],
        redeem_by=days[1],
        state=VoucherState.ISSUED,
        **{f"{side}_id": ids[f"voucher:{number}:{side}"] for side in sides},
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made
