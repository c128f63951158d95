"""The demo's applications for vouchers: one that waits for its first review, and one that was refused after it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.applications import service, steps
from booking.applications.forms import NewApplicationForm, PassApplicationForm, RefuseApplicationForm
from booking.attachments.preparing import Uploaded, prepare
from booking.core.clock import local_date
from booking.demo import people
from booking.demo.papers import LIMITS, plain_pdf
from booking.demo.vouchers import programme_of
from models.applications import VoucherApplication
from models.notifications import Event
from models.vocabulary.applications import KEPT_DOCUMENTS
from models.vocabulary.programmes import ProgrammeDocument

A_YEAR = timedelta(days=365)
DECIDED = timedelta(days=25)
"""So long ago the one was refused."""
FILES = {
    ProgrammeDocument.APPLICATION: ("示例-申请表.pdf", "Sample: application form"),
    ProgrammeDocument.BUSINESS_LICENCE: ("示例-营业执照.pdf", "Sample: business licence"),
    ProgrammeDocument.ENTERPRISE_KIND: ("示例-科技型中小企业证明.pdf", "Sample: proof of the kind of enterprise"),
}
"""The papers that are handed in: the name of each file, and what it says."""
WANTED = "示例：新一代光学玻璃镀膜的截面形貌和成分测试，约 20 批次。"
NOT_RESEARCH = "示例：出厂产品的例行检验，每月两批。"
REFUSED = "申请的用途是产品的例行检验，不是研发活动，不在支持范围内。"


def add_applications(session: Session, *, now: datetime) -> int:
    """One of each firm: one was refused by the province, the other waits for the office of its district; how many."""
    _refused(session, now=now - DECIDED)
    _submitted(session, "enterprise", "officer-cq", 5_000_000, WANTED, now=now)
    return 2


def _refused(session: Session, *, now: datetime) -> None:
    """One whose papers the office of the district has verified, and whose purpose the province does not support.

    What was verified is used again by what the firm claims since. Mails about the made-up past are dropped.
    """
    before = session.scalar(select(func.max(Event.id))) or 0
    other = _submitted(session, "enterprise-sc", "officer-sc", 3_000_000, NOT_RESEARCH, now=now)
    until = dict.fromkeys(sorted(KEPT_DOCUMENTS), local_date(now) + A_YEAR)
    passed = PassApplicationForm(version=other.version, expires_on=until, remark="材料已核对原件，用途请省厅再核。")
    steps.pass_on(session, other.id, passed, actor=people.actor(session, "officer-my", now=now), now=now)
    refused = RefuseApplicationForm(version=other.version, reason=REFUSED)
    steps.refuse_application(session, other.id, refused, actor=people.actor(session, "officer-sc2", now=now), now=now)
    session.execute(delete(Event).where(Event.id > before))


def _submitted(
    session: Session, agent: str, officer: str, fen: int, statement: str, *, now: datetime
) -> VoucherApplication:
    """An application of the agent's firm to the officer's authority, with its papers, that waits for a review."""
    who = people.actor(session, agent, now=now)
    form = NewApplicationForm(
        programme_id=programme_of(session, officer, local_date(now).year, now=now),
        organisation_id=min(reach(who, Permission.APPLY_FOR_VOUCHERS).organisation_ids),
        amount_fen=fen,
        statement=statement,
    )
    made = service.start_application(session, form, actor=who, now=now)
    for document in service.needed_papers(session, made, now=now):
        name, words = FILES[document]
        files = prepare([Uploaded(name, plain_pdf(words, now))], LIMITS)
        service.hand_in_paper(session, made.id, document, files, LIMITS, actor=who, now=now)
    return steps.submit_application(session, made.id, actor=who, now=now)
