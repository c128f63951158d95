"""Statements as files: the paper to print and sign, and the table that a spreadsheet opens."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.charges.labels import KINDS as CHARGE_KINDS
from booking.core.actors import Actor
from booking.core.clock import SHANGHAI, local_date, utcnow
from booking.core.errors import NotFound
from booking.core.money import capital_yuan, yuan_from_fen
from booking.core.table_writing import Row
from booking.payers.labels import KINDS as PAYER_KINDS
from booking.statements import labels, queries
from booking.statements.queries import Found
from booking.statements.rules import number_of
from booking.statements.vouchered import NOTHING, ByItem, Deducted, deducted
from booking.web.kept_papers import KeptPapers
from booking.web.languages import in_language, page_language
from booking.web.papers import PDF_TYPE, Column, Paper
from booking.web.tables import KINDS as TABLE_KINDS
from booking.web.tables import table_response
from models.statements import Statement, StatementItem
from models.vocabulary.payers import PayerKind
from models.vocabulary.statements import StatementKind

KEPT = KeptPapers()


def statement_file(session: Session, statement_id: int, kind: str, who: Actor) -> Response:
    """A statement as a file to keep, for who may read it; raises NotFound for another kind."""
    found = queries.statement_for(session, statement_id, who, today=local_date(utcnow()))
    name, items = number_of(found.statement.year, found.statement.number), queries.items_of(session, statement_id)
    if kind in TABLE_KINDS:
        response = table_response(statement_rows(session, (found, items)), name, kind, title=name)
    elif kind == "pdf":
        response = Response(statement_pdf(session, found, items), mimetype=PDF_TYPE)
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
        response.headers["X-Content-Type-Options"] = "nosniff"
    else:
        raise NotFound
    response.headers["Cache-Control"] = "no-store"
    return response


def statement_pdf(session: Session, found: Found, items: Sequence[StatementItem]) -> bytes:
    """The paper; it says what was so when it was issued, and nothing of what was paid since, so it is made once."""
    whole, off = (found.statement, *items), deducted(session, items)
    content = tuple(getattr(row, column.key) for row in whole for column in type(row).__table__.columns)
    return KEPT.file((page_language(), *content, *off.items()), lambda: _made(found.statement, items, off))


def _made(statement: Statement, items: Sequence[StatementItem], off: ByItem) -> bytes:
    """The paper from its rows."""
    title, number = _titled(statement)
    paper = Paper(f"{title} {number}", number)
    _write(paper, statement, items, off)
    return paper.as_bytes()


def statements_pdf(session: Session, found: Sequence[tuple[Found, Sequence[StatementItem]]], title: str) -> bytes:
    """Several papers in one file, each beginning on a page of its own."""
    paper, off = Paper(title, ""), deducted(session, [one for _, items in found for one in items])
    for one, items in found:
        paper.one_of_many(_titled(one.statement)[1])
        _write(paper, one.statement, items, off)
    return paper.as_bytes()


def _titled(statement: Statement) -> tuple[str, str]:
    """What a paper is called, and its number."""
    return str(_(labels.TITLES[statement.kind])), number_of(statement.year, statement.number)


def _write(paper: Paper, statement: Statement, items: Sequence[StatementItem], off: ByItem) -> None:
    """One paper with everything that it says."""
    off = {one.id: off[one.id] for one in items if one.id in off}
    title, _number = _titled(statement)
    paper.heading(in_language(statement.told["organisation_zh"], statement.told["organisation_en"]), title)
    paper.pairs(_said(statement))
    paper.rows(_columns(statement, off), list(_rows(statement, items, off)))
    _totals(paper, statement, off)
    paper.signatures(_signatures(statement))


def statement_rows(session: Session, *found: tuple[Found, Sequence[StatementItem]]) -> Iterator[Row]:
    """The table: its head, then one row for each item of each statement; amounts are yuan."""
    off = deducted(session, [one for _, items in found for one in items])
    heads = (
        _("结算单"),
        _("费用编号"),
        _("开始"),
        _("结束"),
        _("仪器"),
        _("使用人"),
        _("事项"),
        _("金额（元）"),
        _("其中已扣（元）"),
        _("用券前（元）"),
        _("创新券抵扣（元）"),
        _("券号"),
    )
    yield tuple(str(head) for head in heads)
    for statement, items in found:
        number = _titled(statement.statement)[1]
        yield from (_cells(number, one, off.get(one.id, NOTHING)) for one in items)


def _cells(number: str, one: StatementItem, off: Deducted) -> Row:
    """An item as cells."""
    return (
        number,
        str(one.charge_id),
        f"{one.starts_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        f"{one.ends_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        _instrument(one),
        one.user_name,
        _what(one),
        Decimal(yuan_from_fen(one.amount_fen)),
        Decimal(yuan_from_fen(one.taken_fen)),
        Decimal(yuan_from_fen(one.amount_fen + off.voucher_fen)),
        Decimal(yuan_from_fen(off.voucher_fen)),
        " ".join(off.numbers),
    )


def _said(statement: Statement) -> list[tuple[str, str]]:
    """What the paper says of itself and of who pays."""
    told = statement.told
    kind = told.get("payer_kind")
    pairs = [
        (_("编号"), number_of(statement.year, statement.number)),
        (_("出具日期"), _day(statement.issued_on)),
        (_("费用截至"), _day(statement.until_on)),
        (_("付款期限"), _day(statement.due_on) if statement.due_on else ""),
        (_("付款人"), told["holder"]),
        (_("所在单位"), in_language(told.get("keeper_zh", ""), told.get("keeper_en", ""))),
        (_("统一社会信用代码"), told.get("keeper_uscc", "")),
        (_("经费账户"), told.get("payer_name", "")),
        (_("项目编号") if kind == PayerKind.GRANT else _("账户编号"), told.get("payer_number", "")),
        (_("账户类型"), _(PAYER_KINDS[PayerKind(kind)]) if kind else ""),
        (_("预算科目"), told.get("budget_item", "")),
        (_("跨省使用依据"), told.get("province_rule", "")),
    ]
    return [(str(label), str(value)) for label, value in pairs]


def _columns(statement: Statement, off: ByItem) -> list[Column]:
    """The columns of the paper; what was taken already has one where something was, and so has what vouchers paid."""
    columns = [
        Column(str(_("序号")), 9),
        Column(str(_("使用时间")), 41),
        Column(str(_("仪器")), 40),
        Column(str(_("使用人")), 18),
        Column(str(_("事项")), 20),
        *(Column(str(title), 24, is_number=True) for title in ((_("用券前（元）"), _("券抵扣（元）")) if off else ())),
        Column(str(_("金额（元）")), 22, is_number=True),
    ]
    is_taken = statement.kind == StatementKind.TAKEN
    return [*columns, Column(str(_("其中已扣（元）")), 27, is_number=True)] if is_taken else columns


def _rows(statement: Statement, items: Sequence[StatementItem], off: ByItem) -> Iterator[Sequence[str]]:
    """The items of the paper."""
    for place, one in enumerate(items, start=1):
        starts_at, ends_at = one.starts_at.astimezone(SHANGHAI), one.ends_at.astimezone(SHANGHAI)
        is_one_day = starts_at.date() == ends_at.date()
        cells = (
            str(place),
            f"{starts_at:%Y-%m-%d %H:%M} – {ends_at:{'%H:%M' if is_one_day else '%Y-%m-%d %H:%M'}}",
            _instrument(one),
            one.user_name,
            _what(one),
            *(_before(one, off.get(one.id, NOTHING)) if off else ()),
            yuan_from_fen(one.amount_fen),
        )
        yield (*cells, yuan_from_fen(one.taken_fen)) if statement.kind == StatementKind.TAKEN else cells


def _before(one: StatementItem, off: Deducted) -> tuple[str, str]:
    """What an item comes to before vouchers, and what they pay of it."""
    return yuan_from_fen(one.amount_fen + off.voucher_fen), yuan_from_fen(off.voucher_fen)


def _totals(paper: Paper, statement: Statement, off: ByItem) -> None:
    """What it adds up to, what of that is to be paid, and where to."""
    _say_vouchers(paper, statement, off)
    paper.say(str(_("合计：%(amount)s 元", amount=yuan_from_fen(statement.total_fen))), bold=True, align="R")
    if page_language() != "en":
        paper.say(str(_("大写：%(amount)s", amount=capital_yuan(statement.total_fen))), align="R")
    if statement.kind == StatementKind.TAKEN:
        paper.say(str(_("已从账户扣除：%(amount)s 元", amount=yuan_from_fen(statement.taken_fen))), align="R")
        paper.say(str(_("待付：%(amount)s 元", amount=yuan_from_fen(statement.due_fen))), align="R")
    if statement.due_fen > 0 and statement.told["bank_details"]:
        paper.say(str(_("收款账户：")))
        paper.say(statement.told["bank_details"])
    if statement.told["organisation_uscc"]:
        paper.say(str(_("收款单位统一社会信用代码：%(code)s", code=statement.told["organisation_uscc"])))


def _say_vouchers(paper: Paper, statement: Statement, off: ByItem) -> None:
    """What the uses cost before vouchers, what these pay, and which they are."""
    if not off:
        return
    paid = sum(one.voucher_fen for one in off.values())
    numbers = dict.fromkeys(number for one in off.values() for number in one.numbers)
    whole, part = yuan_from_fen(statement.total_fen + paid), yuan_from_fen(paid)
    paper.say(str(_("用券前合计：%(amount)s 元", amount=whole)), align="R")
    paper.say(str(_("创新券抵扣：%(amount)s 元（%(numbers)s）", amount=part, numbers=" ".join(numbers))), align="R")


def _signatures(statement: Statement) -> list[tuple[str, str]]:
    """Who signs: the project's leader, the unit and its finance office for a transfer, else who issues it."""
    day = str(_("年    月    日"))
    fields = [_("出具单位（盖章）"), _("经办人（签字）")]
    if statement.kind == StatementKind.TRANSFER_SLIP:
        fields = [_("项目负责人（签字）"), _("所在单位（盖章）"), _("财务部门（盖章）")]
    return [(str(field), day) for field in fields]


def _instrument(one: StatementItem) -> str:
    """What it was called on the day of the statement."""
    return in_language(one.instrument_zh, one.instrument_en)


def _what(one: StatementItem) -> str:
    """What is asked for: the charge, or what was changed of it since it was billed."""
    kind = str(_(CHARGE_KINDS[one.kind]))
    return str(_("%(kind)s（更正 %(number)s）", kind=kind, number=one.charge_id)) if one.turn else kind


def _day(day: date) -> str:
    """A day as papers have it."""
    return day.isoformat()
