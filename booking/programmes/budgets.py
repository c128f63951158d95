"""What is left of the budgets of programmes: what anybody may know of them."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from booking.programmes.rules import left_of_budget
from models.ledger import LedgerAccount
from models.programmes import ProgrammeVersion
from models.vocabulary.programmes import ReservesBudget
from models.vouchers import ProgrammeBook


def budgets_left(session: Session, versions: Collection[ProgrammeVersion]) -> dict[int, int | None]:
    """What is free of the budgets that versions name, in fen by the programme's id; one statement.

    None where there is no limit, or the vouchers live in another system. Where nothing was issued yet there are no
    books, and all of the budget is left.
    """
    if not versions:
        return {}
    committed, paid = aliased(LedgerAccount), aliased(LedgerAccount)
    rows = session.execute(
        select(ProgrammeBook.programme_id, committed.balance_fen, paid.balance_fen)
        .join(committed, committed.id == ProgrammeBook.committed_id)
        .join(paid, paid.id == ProgrammeBook.paid_id)
        .where(ProgrammeBook.programme_id.in_([one.programme_id for one in versions]))
    )
    taken = {programme_id: (committed_fen, paid_fen) for programme_id, committed_fen, paid_fen in rows}
    return {one.programme_id: _left(one, *taken.get(one.programme_id, (0, 0))) for one in versions}


def _left(version: ProgrammeVersion, committed_fen: int, paid_fen: int) -> int | None:
    """What is free of one version's budget."""
    is_elsewhere = version.reserves_budget == ReservesBudget.NEVER
    return left_of_budget(None if is_elsewhere else version.budget_fen, committed_fen, paid_fen)
