"""Which mails follow from the service's own work: the books do not add up."""

from sqlalchemy import and_, or_, select

from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import Grant, User
from models.jobs import LedgerProof
from models.vocabulary.accounts import Role, ScopeKind

SHOWN = 10


def on_books_off(news: News) -> list[Letter]:
    """To the platform's administrators and auditors: how many lines are off, and the first of them."""
    proof = news.session.get(LedgerProof, news.payload["proof_id"])
    if proof is None:
        return []
    values = {
        "made_at": proof.made_at,
        "count": proof.fault_count,
        "faults": proof.faults[:SHOWN],
        "link": news.link("operations/system#books"),
    }
    return [Letter(one.email, one.language, "operations/books_off", values) for one in _watching(news)]


def _watching(news: News) -> list[User]:
    """Whoever administers or audits the whole platform today."""
    today = local_date(news.now)
    holds = and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
    ids = select(Grant.user_id).where(
        holds, Grant.role.in_((Role.PLATFORM_ADMIN, Role.AUDITOR)), Grant.scope_kind == ScopeKind.PLATFORM
    )
    active = select(User).where(User.id.in_(ids), User.deactivated_at.is_(None))
    return list(news.session.scalars(active.order_by(User.id)))
