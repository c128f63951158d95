"""Reading invoices: one in full for who may read it, those of a debtor, and what of a statement is covered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, ColumnElement, Select, cast, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.attachments.queries import attachment_for, attachments_of
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.invoices.contracted import contracted_for
from booking.invoices.rules import Billed, Difference, Party, contract_differences, differences, voucher_differences
from booking.invoices.vouchered import voucher_holders
from booking.statements import queries as statements
from booking.statements.queries import belongs_to, is_billed_to, person_of, sight_of, statement_for
from booking.statements.rules import Sight, number_of
from models.attachments import Attachment
from models.directory import Organisation
from models.invoices import Invoice, InvoiceItem, InvoiceWithdrawal
from models.payers import PayerAccount
from models.statements import Debtor, Statement
from models.vocabulary.attachments import OwnerKind, Visibility


@dataclass(frozen=True, slots=True)
class Found:
    """An invoice with what the actor is to it, what it covers, its files, and what red-letter ones left of it."""

    invoice: Invoice
    sight: Sight
    items: Sequence[InvoiceItem]
    files: Sequence[Attachment]
    reversed_by: Sequence[Invoice]
    left: Mapping[int, int]
    warnings: Sequence[Difference]

    @property
    def is_reversed(self) -> bool:
        """Whether red-letter invoices reversed the whole of it."""
        return bool(self.reversed_by) and not any(self.left.values())


def stands() -> ColumnElement[bool]:
    """Invoices that were not withdrawn."""
    return ~exists().where(InvoiceWithdrawal.invoice_id == Invoice.id)


def covers() -> ColumnElement[bool]:
    """What invoices cover that were not withdrawn."""
    return ~exists().where(InvoiceWithdrawal.invoice_id == InvoiceItem.invoice_id)


def reversals_of(session: Session, invoice_id: int) -> Sequence[Invoice]:
    """The red-letter invoices that reverse one, whole or in part, the first one first; none that was withdrawn."""
    rows = select(Invoice).where(Invoice.reverses_id == invoice_id, stands())
    return session.scalars(rows.order_by(Invoice.id)).all()


def left_of(session: Session, invoice_id: int) -> dict[int, int]:
    """What of each statement an invoice covers still, after the red-letter ones that reverse it."""
    total = cast(func.sum(InvoiceItem.amount_fen), BigInteger)
    rows = select(InvoiceItem.statement_id, total).join(Invoice, Invoice.id == InvoiceItem.invoice_id)
    its = rows.where(or_(Invoice.id == invoice_id, Invoice.reverses_id == invoice_id), stands())
    return {row[0]: row[1] for row in session.execute(its.group_by(InvoiceItem.statement_id))}


def invoice_for(session: Session, invoice_id: int, actor: Actor, *, today: date) -> Found:
    """One invoice for who may read of the debtor's money; raises NotFound.

    The files of one that was withdrawn, which may be somebody else's, are the office's only.
    """
    invoice = session.scalar(_invoices().where(Invoice.id == invoice_id))
    if invoice is None:
        raise NotFound
    rows = select(InvoiceItem).where(InvoiceItem.invoice_id == invoice_id).order_by(InvoiceItem.id)
    items = session.scalars(rows.options(joinedload(InvoiceItem.statement))).all()
    sight = sight_of(session, invoice.debtor, actor, today=today)
    if not (sight.sees_cash or (items and all(is_billed_to(one.statement, actor) for one in items))):
        raise NotFound
    sees_files = invoice.withdrawal is None or sight.manages or sight.reads
    files = attachments_of(session, OwnerKind.INVOICE, invoice_id, frozenset(Visibility)) if sees_files else []
    warnings = warnings_of(session, invoice, items, today=today)
    red, left = reversals_of(session, invoice_id), left_of(session, invoice_id)
    return Found(invoice, sight, items, files, red, left, warnings)


def file_for(session: Session, invoice_id: int, attachment_id: int, actor: Actor, *, today: date) -> Attachment:
    """One file of an invoice, for who may read that; raises NotFound."""
    found = invoice_for(session, invoice_id, actor, today=today)
    if attachment_id not in {one.id for one in found.files}:
        raise NotFound
    return attachment_for(session, OwnerKind.INVOICE, invoice_id, attachment_id, frozenset(Visibility))


def invoices_of(session: Session, debtor_id: int, *, limit: int, cursor: str = "") -> Page[Invoice]:
    """The invoices that a debtor got, the newest first."""
    rows = _invoices().where(Invoice.debtor_id == debtor_id)
    if cursor:
        rows = rows.where(Invoice.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(Invoice.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (row.id,))


def covered_for(session: Session, statement_id: int, actor: Actor, *, today: date) -> statements.Found:
    """A statement for who may read its invoices too, not only as keeper of the account that pays; raises NotFound."""
    found = statement_for(session, statement_id, actor, today=today)
    if not (found.sight.sees_cash or found.sight.is_billed_to):
        raise NotFound
    return found


def invoices_for(session: Session, statement_id: int) -> Sequence[Invoice]:
    """The invoices that cover a statement, the newest first; not those that were withdrawn."""
    covering = select(InvoiceItem.invoice_id).where(InvoiceItem.statement_id == statement_id)
    rows = _invoices().where(Invoice.id.in_(covering), stands())
    return session.scalars(rows.order_by(Invoice.id.desc())).all()


def billed_of(session: Session, debtor_id: int, statement_ids: Collection[int]) -> dict[int, Billed]:
    """What these statements of a debtor ask for and what of that is covered; raises NotFound for another's."""
    rows = session.execute(
        select(
            Statement.id, Statement.total_fen, _covered(), Statement.holder_id, Statement.year, Statement.number
        ).where(Statement.id.in_(statement_ids), Statement.debtor_id == debtor_id)
    )
    found = {row[0]: Billed(row[1], row[2], row[3], number_of(row[4], row[5])) for row in rows}
    if set(found) != set(statement_ids):
        raise NotFound
    return found


def to_invoice(session: Session, debtor_id: int, *, limit: int) -> Sequence[Statement]:
    """The statements of a debtor that invoices do not cover whole, the newest first."""
    left = select(Statement).where(Statement.debtor_id == debtor_id, Statement.total_fen > _covered())
    return session.scalars(left.order_by(Statement.id.desc()).limit(limit)).all()


def _covered() -> ColumnElement[int]:
    """How much of a statement is covered."""
    total = select(cast(func.coalesce(func.sum(InvoiceItem.amount_fen), 0), BigInteger))
    return total.where(InvoiceItem.statement_id == Statement.id, covers()).correlate(Statement).scalar_subquery()


def warnings_of(session: Session, invoice: Invoice, items: Sequence[InvoiceItem], *, today: date) -> list[Difference]:
    """What does not agree between an invoice, who pays and answers for it, and contracts; nothing of one undone."""
    if invoice.reverses_id is not None or invoice.withdrawal is not None:
        return []
    debtor, person = invoice.debtor, person_of(invoice.debtor)
    payer = payer_of(debtor, [one.statement for one in items])
    places = belongs_to(session, person.id, today=today)
    holder = Party(frozenset({person.name}).union(*(_names(one) for one in places)))
    holders = {one.statement.holder_id for one in items}
    found = differences(invoice.title, invoice.tax_number, payer, holder, holders, person.id)
    contracted = contracted_for(session, [one.statement_id for one in items]).values()
    parties = [one.party for those in contracted for one in those]
    found += contract_differences(invoice.title, invoice.tax_number, payer, parties)
    enterprises = voucher_holders(session, [one.statement_id for one in items])
    found += voucher_differences(invoice.title, invoice.tax_number, payer, parties, enterprises)
    return [*found, Difference.MORE_THAN_BILLED] if _is_beyond(session, debtor.id) else found


def payer_of(debtor: Debtor, statements: Sequence[Statement]) -> Party:
    """The institution that keeps what pays; of somebody without an account the organisation that statements name."""
    keeper = debtor.payer.organisation if debtor.payer else None
    return Party(_names(keeper), keeper.uscc or "") if keeper else _billed_to(statements)


def _is_beyond(session: Session, debtor_id: int) -> bool:
    """Whether a debtor got invoices for more than their statements ask for, less what these credit."""
    invoiced = select(func.coalesce(func.sum(Invoice.amount_fen), 0)).where(Invoice.debtor_id == debtor_id, stands())
    billed = select(func.coalesce(func.sum(Statement.total_fen), 0)).where(Statement.debtor_id == debtor_id)
    return (session.scalar(invoiced) or 0) > (session.scalar(billed) or 0)


def _billed_to(statements: Sequence[Statement]) -> Party:
    """The organisation that the statements name of somebody without a payer account."""
    told = [one.told for one in statements]
    names = {one[name] for one in told for name in ("keeper_zh", "keeper_en") if one.get(name)}
    codes = {one["keeper_uscc"] for one in told if one.get("keeper_uscc")}
    return Party(frozenset(names), codes.pop() if len(codes) == 1 else "")


def _names(place: Organisation) -> frozenset[str]:
    """What an organisation is called."""
    return frozenset(filter(None, (place.name_zh, place.name_en)))


def _invoices() -> Select[Invoice]:
    """Invoices with whom they are for, and who recorded them."""
    debtor = joinedload(Invoice.debtor)
    return select(Invoice).options(
        joinedload(Invoice.recorded_by),
        joinedload(Invoice.withdrawal),
        debtor.joinedload(Debtor.organisation),
        debtor.joinedload(Debtor.payer).joinedload(PayerAccount.holder),
        debtor.joinedload(Debtor.payer).joinedload(PayerAccount.organisation),
        debtor.joinedload(Debtor.user),
    )
