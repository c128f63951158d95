"""Registering vouchers that live elsewhere: with evidence, by an agent of their firm; nothing of them is paid here."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, reach, require
from booking.attachments import service as attachments
from booking.attachments.preparing import FIELD, Prepared
from booking.attachments.queries import Owner, attachments_of
from booking.attachments.rules import Limits
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.ledger.rules import Move, Posting
from booking.ledger.service import post_entries
from booking.programmes.queries import Shown, programmes, shown
from booking.vouchers.forms import RegisterVoucherForm
from booking.vouchers.issuing import Issue, new_voucher
from booking.vouchers.listing import readable
from booking.vouchers.opening import CAUSE, locked_book, locked_caps, open_caps
from models.attachments import Attachment
from models.directory import Organisation
from models.programmes import ProgrammeVersion
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.vouchers import VoucherState, VoucherStep
from models.vouchers import Voucher, VoucherEvent

GONE = (VoucherState.RETURNED, VoucherState.REVOKED)
ALL_FILES = frozenset(Visibility)


def register(
    session: Session,
    form: RegisterVoucherForm,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> Voucher:
    """A voucher of another system for an enterprise, with the evidence for it; what it covers is reckoned as of ours.

    Locks the firm's caps, the programme's books, then the ledger's accounts, and writes the audit log; raises NotFound,
    Forbidden, FilesRefused, and InvalidInput with everything that does not fit.
    """
    require(actor, Permission.APPLY_FOR_VOUCHERS, Target(form.organisation_id))
    firm = organisation(session, form.organisation_id)
    of = shown(session, form.programme_id, local_date(now))
    locked_caps(session, form.organisation_id, form.programme_id)
    book = locked_book(session, form.programme_id, now=now)
    problems = [*_problems(session, form, firm, of), *_day_problems(form, of.version, local_date(now))]
    if not files:
        problems.append(Problem(FIELD, N_("请上传证明：券的截图或文件。")))
    if problems:
        raise InvalidInput(problems)
    wanted = Issue(form.programme_id, firm.id, form.face_fen)
    days = form.use_by, form.redeem_by
    made = new_voucher(session, wanted, of.version, book, days, number_there=form.number_there, now=now)
    open_caps(session, firm.id, of.version, now=now)
    posting = Posting(f"voucher:{made.number}:register", [Move(book.source_id, made.credit_id, form.face_fen)])
    entry_id = post_entries(session, CAUSE, [posting], now=now)[posting.key]
    said = {"step": VoucherStep.REGISTER, "actor_id": actor.id, "entry_id": entry_id, "occurred_at": now}
    session.add(VoucherEvent(voucher_id=made.id, **said))
    session.flush()
    owner = Owner(OwnerKind.VOUCHER, made.id, firm.id)
    attachments.add_attachments(session, owner, files, Visibility.STAFF, limits, actor=actor, now=now)
    after = form.model_dump(mode="json") | {"number": made.number}
    audit.note(session, "vouchers.registered", ("voucher", made.id), actor=actor, now=now, after=after)
    return made


def _problems(session: Session, form: RegisterVoucherForm, firm: Organisation, of: Shown) -> Iterator[Problem]:
    """What keeps it from being registered, but for its days; the programme's books are locked."""
    if not of.programme.runs_at:
        yield Problem("programme_id", N_("这项政策的券由本平台发放，不用登记；请申请。"))
    elif _is_known(session, form):
        yield Problem("number_there", N_("这个券号已经登记过。"))
    if firm.kind != OrganisationKind.ENTERPRISE:
        yield Problem("organisation_id", N_("只有企业的创新券可以登记。"))


def _day_problems(form: RegisterVoucherForm, version: ProgrammeVersion, today: date) -> Iterator[Problem]:
    """Days that are over, out of order, or behind those of the programme; or the programme has not begun."""
    if version.valid_from > today:
        yield Problem("programme_id", N_("这项政策还没有开始执行。"))
    if form.use_by < today:
        yield Problem("use_by", N_("使用截止日已过，不能再登记。"))
    elif form.use_by > version.use_by:
        yield Problem("use_by", N_("不能晚于这项政策的使用截止日 %(day)s。"), {"day": version.use_by.isoformat()})
    if form.redeem_by < form.use_by:
        yield Problem("redeem_by", N_("兑付截止日不能早于使用截止日。"))
    elif form.redeem_by > version.redeem_by:
        yield Problem("redeem_by", N_("不能晚于这项政策的兑付截止日 %(day)s。"), {"day": version.redeem_by.isoformat()})


def _is_known(session: Session, form: RegisterVoucherForm) -> bool:
    """Whether a voucher of this number stands already, whoever registered it."""
    same = Voucher.programme_id == form.programme_id, Voucher.number_there == form.number_there
    return bool(session.scalar(select(exists().where(*same, Voucher.state.not_in(GONE)))))


def open_programmes(session: Session, today: date) -> list[Shown]:
    """The programmes of which vouchers are registered today."""
    return [one for one in programmes(session, today) if one.programme.runs_at and one.version.use_by >= today]


def firms_of(session: Session, actor: Actor) -> Sequence[Organisation]:
    """The firms for which somebody registers vouchers, by name."""
    ids = reach(actor, Permission.APPLY_FOR_VOUCHERS).organisation_ids
    rows = select(Organisation).where(Organisation.id.in_(ids))
    return session.scalars(rows.order_by(Organisation.name_zh, Organisation.id)).all()


def may_register(actor: Actor | None, organisation_id: int) -> bool:
    """Whether somebody registers vouchers for a firm."""
    return may(actor, Permission.APPLY_FOR_VOUCHERS, Target(organisation_id))


def evidence_of(session: Session, voucher_id: int) -> list[Attachment]:
    """The files that prove a registered voucher; who may read that is asked before."""
    return attachments_of(session, OwnerKind.VOUCHER, voucher_id, ALL_FILES)


def evidence_for(session: Session, voucher_id: int, attachment_id: int, actor: Actor, *, today: date) -> Attachment:
    """One of them, for who may read the voucher; raises NotFound."""
    readable(session, voucher_id, actor, today=today)
    found = session.get(Attachment, attachment_id)
    if found is None or (found.owner_kind, found.owner_id) != (OwnerKind.VOUCHER, voucher_id):
        raise NotFound
    return found
