"""Recording invoices that were issued elsewhere: once by number, within what statements ask for; undoing one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.attachments import service as attachments
from booking.attachments.preparing import Prepared
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.charges.windows import Windows
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.invoices import queries, top_ups
from booking.invoices.forms import AnInvoiceForm, InvoiceForm, ReversalForm, TopUpInvoiceForm
from booking.invoices.rules import NOT_COVERED, beyond_paid_in, misfits, tax_number_problems, unfit_reversals
from booking.invoices.top_ups import account_for
from booking.invoices.weighing import weigh_again
from booking.statements.debtors import debtor_of_account, held_debtor
from booking.statements.queries import debtor_for
from models.directory import Organisation
from models.invoices import Invoice, InvoiceItem, InvoiceTopUp, InvoiceWithdrawal
from models.payers import PayerAccount, PayerMovement
from models.statements import Debtor
from models.vocabulary.attachments import OwnerKind, Visibility

DAYS = Windows()
Item = Callable[[int, int, int], InvoiceItem | InvoiceTopUp]
"""What an invoice covers, made of its id, of what it is a part, and how much."""


class AlreadyReversed(Conflict):
    """The whole of the invoice was reversed before, or it is a red-letter one itself."""

    code = "already_reversed"
    sentence = N_("这张发票已经红冲，或者它本身就是红字发票。")


class Withdrawn(Conflict):
    """The invoice was withdrawn before."""

    code = "invoice_withdrawn"
    sentence = N_("这张发票的登记已撤回。")


class InvoicedAnew(Conflict):
    """What the red-letter invoice reversed was invoiced anew: without it, statements were covered beyond the whole."""

    code = "invoiced_anew"
    sentence = N_("红冲的金额已重新开票。请先撤回后来的发票的登记，或者红冲它。")


class WithdrawReversalFirst(Conflict):
    """A red-letter invoice stands against what is to be withdrawn."""

    code = "withdraw_reversal_first"
    sentence = N_("这张发票已有红字发票。请先撤回红字发票的登记。")


def record_invoice(
    session: Session,
    debtor_id: int,
    form: InvoiceForm,
    files: Sequence[Prepared] = (),
    limits: Limits | None = None,
    *,
    windows: Windows = DAYS,
    actor: Actor,
    now: datetime,
) -> Invoice:
    """Record an invoice for one debtor, which covers amounts of some of their statements.

    What vouchers pay is weighed again by its day. Raises NotFound, Forbidden, FilesRefused, and InvalidInput for a
    number that was recorded before, for more than is left of a statement, for a day to come, and for one by which
    vouchers pay less, unless the form says so.
    """
    debtor = _held(session, debtor_id, actor, now)
    wanted = {one.statement_id: one.amount_fen for one in form.items}
    problems = misfits(form.kind, form.tax_number, wanted, queries.billed_of(session, debtor.id, wanted))
    invoice = _recorded(session, debtor, form, wanted, problems, item=_item, actor=actor, now=now)
    agreed = form.gives_up_vouchers
    weigh_again(session, invoice, wanted, windows=windows, is_agreed=agreed, actor=actor, now=now)
    if files and limits is not None:
        _keep(session, invoice, files, limits, actor=actor, now=now)
    return invoice


def record_top_up_invoice(
    session: Session,
    payer_id: int,
    form: TopUpInvoiceForm,
    files: Sequence[Prepared] = (),
    limits: Limits | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Invoice:
    """Record an invoice for money that was paid into a payer account; never beyond what a receipt brought.

    Raises the same, and NotFound for money that did not come into this account.
    """
    found, sight = account_for(session, payer_id, actor, today=local_date(now))
    require(actor, Permission.MANAGE_STATEMENTS, Target(found.organisation_id))
    account = session.get_one(PayerAccount, payer_id)
    if not sight.settles:
        raise Forbidden
    _lock_numbers(session, account.organisation_id)
    debtor = held_debtor(session, debtor_of_account(session, account, now=now))
    wanted = {one.movement_id: one.amount_fen for one in form.items}
    paid = {one.movement_id: one for one in top_ups.paid_in(session, account)}
    if not wanted.keys() <= paid.keys():
        raise NotFound
    left, receipts = ({key: getattr(one, name) for key, one in paid.items()} for name in ("left_fen", "receipt_number"))
    problems = tax_number_problems(form.kind, form.tax_number) + beyond_paid_in(wanted, left, receipts)
    invoice = _recorded(session, debtor, form, wanted, problems, item=_top_up, actor=actor, now=now)
    if files and limits is not None:
        _keep(session, invoice, files, limits, actor=actor, now=now)
    return invoice


def _recorded(
    session: Session,
    debtor: Debtor,
    form: AnInvoiceForm,
    wanted: Mapping[int, int],
    problems: list[Problem],
    *,
    item: Item,
    actor: Actor,
    now: datetime,
) -> Invoice:
    """An invoice of a held debtor with what it covers; raises InvalidInput with every problem."""
    problems = problems + _number_problems(session, debtor, form.number)
    if form.issued_on > local_date(now):
        problems.append(Problem("issued_on", N_("开票日期不能晚于今天。")))
    if problems:
        raise InvalidInput(problems)
    invoice = Invoice(
        organisation_id=debtor.organisation_id,
        debtor_id=debtor.id,
        amount_fen=sum(wanted.values()),
        recorded_by_id=actor.id,
        created_at=now,
        **form.model_dump(exclude={"items", "gives_up_vouchers"}),
    )
    _store(session, invoice, wanted, item=item, actor=actor, now=now)
    return invoice


def _item(invoice_id: int, statement_id: int, amount_fen: int) -> InvoiceItem:
    """How much of a statement an invoice covers."""
    return InvoiceItem(invoice_id=invoice_id, statement_id=statement_id, amount_fen=amount_fen)


def _top_up(invoice_id: int, movement_id: int, amount_fen: int) -> InvoiceTopUp:
    """How much of money that was paid in it covers."""
    return InvoiceTopUp(invoice_id=invoice_id, movement_id=movement_id, amount_fen=amount_fen)


def attach_files(
    session: Session, invoice_id: int, files: Sequence[Prepared], limits: Limits, *, actor: Actor, now: datetime
) -> Invoice:
    """Keep files of an invoice; raises NotFound, Forbidden and FilesRefused."""
    invoice, _debtor = _standing(session, invoice_id, actor, now)
    _keep(session, invoice, files, limits, actor=actor, now=now)
    return invoice


def reverse_invoice(
    session: Session, invoice_id: int, form: ReversalForm, *, windows: Windows = DAYS, actor: Actor, now: datetime
) -> Invoice:
    """Record a red-letter invoice that reverses amounts of another, or all that is left of it; never beyond.

    What it takes back may be covered anew. Raises NotFound, Forbidden, Withdrawn, AlreadyReversed and InvalidInput.
    """
    invoice, debtor = _standing(session, invoice_id, actor, now)
    paid_in = queries.is_paid_in(session, invoice.id)
    left = {one: fen for one, fen in queries.left_of(session, invoice.id, paid_in=paid_in).items() if fen > 0}
    if invoice.reverses_id is not None or not left:
        raise AlreadyReversed
    wanted = _wanted(form, paid_in=paid_in) or left
    problems = _number_problems(session, debtor, form.number)
    problems += _unfit(session, debtor, wanted, left, paid_in=paid_in)
    if not invoice.issued_on <= form.issued_on <= local_date(now):
        problems.append(Problem("issued_on", N_("红字发票的日期不能早于原发票，也不能晚于今天。")))
    if problems:
        raise InvalidInput(problems)
    kept = ("organisation_id", "debtor_id", "kind", "title", "tax_number", "rate")
    red = Invoice(
        **{name: getattr(invoice, name) for name in kept},
        number=form.number,
        issued_on=form.issued_on,
        reason=form.reason,
        amount_fen=-sum(wanted.values()),
        reverses_id=invoice.id,
        recorded_by_id=actor.id,
        created_at=now,
    )
    item = _top_up if paid_in else _item
    _store(session, red, {one: -amount for one, amount in wanted.items()}, item=item, actor=actor, now=now)
    if not paid_in:
        weigh_again(session, red, wanted, windows=windows, actor=actor, now=now)
    return red


def _wanted(form: ReversalForm, *, paid_in: bool) -> dict[int, int]:
    """Which amounts are to be reversed; those of the other kind are of nothing that the invoice covers."""
    of_statements = {one.statement_id: one.amount_fen for one in form.items}
    of_receipts = {one.movement_id: one.amount_fen for one in form.paid_in}
    if of_statements if paid_in else of_receipts:
        raise InvalidInput([Problem("items", NOT_COVERED)])
    return of_receipts if paid_in else of_statements


def _unfit(
    session: Session, debtor: Debtor, wanted: Mapping[int, int], left: Mapping[int, int], *, paid_in: bool
) -> list[Problem]:
    """What is against reversing these amounts."""
    if paid_in:
        receipts = select(PayerMovement.id, PayerMovement.receipt_number).where(PayerMovement.id.in_(left))
        return unfit_reversals(wanted, left, {row[0]: row[1] for row in session.execute(receipts)})
    billed = queries.billed_of(session, debtor.id, left)
    return unfit_reversals(wanted, left, {one: told.number for one, told in billed.items()})


def withdraw_invoice(
    session: Session, invoice_id: int, reason: str, *, windows: Windows = DAYS, actor: Actor, now: datetime
) -> Invoice:
    """Take back what was recorded wrongly, a red-letter invoice too: it covers nothing, its number is free again.

    Raises NotFound, Forbidden, Withdrawn, WithdrawReversalFirst, and InvoicedAnew for a red-letter one that others rest
    on.
    """
    invoice, debtor = _standing(session, invoice_id, actor, now)
    if queries.reversals_of(session, invoice.id):
        raise WithdrawReversalFirst
    if invoice.reverses_id is not None and _is_needed(session, debtor, invoice):
        raise InvoicedAnew
    session.add(InvoiceWithdrawal(invoice_id=invoice.id, reason=reason, made_by_id=actor.id, created_at=now))
    session.flush()
    before, subject = {"number": invoice.number, "amount_fen": invoice.amount_fen}, ("invoice", invoice.id)
    audit.note(session, "invoices.withdrawn", subject, actor=actor, now=now, before=before, reason=reason)
    covered = session.scalars(select(InvoiceItem.statement_id).where(InvoiceItem.invoice_id == invoice.id)).all()
    weigh_again(session, invoice, covered, windows=windows, actor=actor, now=now)
    return invoice


def _is_needed(session: Session, debtor: Debtor, red: Invoice) -> bool:
    """Whether a statement would be covered beyond what it asks for without what a red-letter invoice takes back."""
    paid_in = queries.is_paid_in(session, red.id)
    takes = {one: -fen for one, fen in queries.left_of(session, red.id, paid_in=paid_in).items()}
    if paid_in:
        account = session.get_one(PayerAccount, debtor.payer_account_id)
        left = {one.movement_id: one.left_fen for one in top_ups.paid_in(session, account)}
    else:
        left = {one: told.left_fen for one, told in queries.billed_of(session, debtor.id, takes).items()}
    return any(fen > left.get(one, fen) for one, fen in takes.items())


def _standing(session: Session, invoice_id: int, actor: Actor, now: datetime) -> tuple[Invoice, Debtor]:
    """An invoice that was not withdrawn, with its debtor under lock; raises NotFound, Forbidden and Withdrawn."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound
    debtor = _held(session, invoice.debtor_id, actor, now)
    if session.scalar(select(Invoice.id).where(Invoice.id == invoice.id, queries.stands())) is None:
        raise Withdrawn
    return invoice, debtor


def _held(session: Session, debtor_id: int, actor: Actor, now: datetime) -> Debtor:
    """The institution, whose numbers are once only, and the debtor under lock, for who manages its statements.

    Nobody records what they owe themselves.
    """
    debtor, sight = debtor_for(session, debtor_id, actor, today=local_date(now))
    require(actor, Permission.MANAGE_STATEMENTS, Target(debtor.organisation_id))
    if not sight.settles:
        raise Forbidden
    _lock_numbers(session, debtor.organisation_id)
    return held_debtor(session, debtor_id)


def _lock_numbers(session: Session, organisation_id: int) -> None:
    """The institution under lock: each number stands there once."""
    lock = select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True)
    session.execute(lock)


def _keep(
    session: Session, invoice: Invoice, files: Sequence[Prepared], limits: Limits, *, actor: Actor, now: datetime
) -> None:
    """Store files with an invoice, for whoever may read that."""
    owner = Owner(OwnerKind.INVOICE, invoice.id, invoice.organisation_id)
    attachments.add_attachments(session, owner, files, Visibility.STAFF, limits, actor=actor, now=now)


def _number_problems(session: Session, debtor: Debtor, number: str) -> list[Problem]:
    """Whether the institution has recorded this number before; the database refuses it at the same time too."""
    same = Invoice.organisation_id == debtor.organisation_id, Invoice.number == number
    if session.scalar(select(Invoice.id).where(*same, queries.stands())) is None:
        return []
    return [Problem("number", N_("这个发票号码已登记。"))]


def _store(
    session: Session, invoice: Invoice, covers: Mapping[int, int], *, item: Item, actor: Actor, now: datetime
) -> None:
    """The invoice with what it covers, and one row in the log."""
    invoice.turn = _turn(session, invoice)
    session.add(invoice)
    session.flush()
    session.add_all(item(invoice.id, number, amount) for number, amount in covers.items())
    session.flush()
    named = "statements" if item is _item else "movements"
    after = {"number": invoice.number, "amount_fen": invoice.amount_fen, named: sorted(covers)}
    what = "reversed" if invoice.reverses_id is not None else "recorded"
    subject = ("invoice", invoice.id)
    audit.note(session, f"invoices.{what}", subject, actor=actor, now=now, after=after, reason=invoice.reason)


def _turn(session: Session, invoice: Invoice) -> int:
    """One more than those that had its number, which are withdrawn, or that reverse the same one."""
    theirs = and_(Invoice.organisation_id == invoice.organisation_id, Invoice.number == invoice.number)
    if invoice.reverses_id is not None:
        theirs = or_(theirs, Invoice.reverses_id == invoice.reverses_id)
    last = session.scalar(select(func.max(Invoice.turn)).where(theirs))
    return 0 if last is None else last + 1
