"""A month as files: the paper that both provinces sign, and the table of its figures."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.clearing import labels
from booking.clearing.months import ShownMonth, shown_month
from booking.clearing.rules import Border, is_settled, number_of
from booking.clearing.wording import province_names
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import NotFound
from booking.core.money import capital_yuan, yuan_from_fen
from booking.core.table_writing import Row
from booking.web.languages import page_language
from booking.web.papers import PDF_TYPE, Column, Paper
from booking.web.tables import table_response
from models.vocabulary.clearing import ClearingStep, Figure


def clearing_file(session: Session, border: Border, month: date, kind: str, who: Actor) -> Response:
    """A month as a file to keep; the paper only of one that is closed. Raises NotFound for another kind."""
    found = shown_month(session, border, month, who, today=local_date(utcnow()))
    names, name = province_names(session), f"clearing-{border}-{month:%Y-%m}"
    if kind == "csv":
        response = table_response(clearing_rows(found, names), name, kind, title=name)
    elif kind == "pdf" and found.closed is not None:
        response = Response(clearing_pdf(found, names), mimetype=PDF_TYPE)
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
        response.headers["X-Content-Type-Options"] = "nosniff"
    else:
        raise NotFound
    response.headers["Cache-Control"] = "no-store"
    return response


def clearing_rows(found: ShownMonth, names: dict[str, str]) -> Iterator[Row]:
    """The figures: a head, then a row for each course; amounts are yuan."""
    heads = [_("月份"), _("发券省市"), _("服务省市"), _("结算方式")]
    heads += [str(_("%(label)s（元）", label=_(label))) for label in labels.FIGURES.values()]
    yield tuple(str(one) for one in heads)
    for course, amounts in found.figures.items():
        yield (
            f"{found.month:%Y-%m}",
            names.get(course.issuer, course.issuer),
            names.get(course.provider, course.provider),
            str(_(labels.WAYS[course.way])),
            *(Decimal(yuan_from_fen(amounts[one])) for one in Figure),
        )


def clearing_pdf(found: ShownMonth, names: dict[str, str]) -> bytes:
    """The paper of a closed month."""
    assert found.closed is not None
    number, title = number_of(found.border, found.closed.statement.number), str(_("创新券跨省清算单"))
    low, high = (names.get(one, one) for one in (found.border.low, found.border.high))
    paper = Paper(f"{title} {number}", number)
    paper.heading(f"{low} · {high}", title)
    paper.pairs(_said(found, names))
    paper.rows(_columns(), list(_cells(found, names)))
    _totals(paper, found, names)
    day = str(_("年    月    日"))
    paper.signatures([(str(_("%(name)s（盖章）", name=one)), day) for one in (low, high)])
    return paper.as_bytes()


def _said(found: ShownMonth, names: dict[str, str]) -> list[tuple[str, str]]:
    """What the paper says of itself, and of what was done with it."""
    assert found.closed is not None
    statement, events = found.closed.statement, found.closed.events
    pairs = [
        (_("编号"), number_of(found.border, statement.number)),
        (_("月份"), f"{found.month:%Y-%m}"),
        (_("关账"), f"{local_date(statement.created_at)} {names.get(statement.province, statement.province)}"),
        (_("截至记账"), str(statement.last_transfer_id)),
    ]
    shown = [one for one in events if one.step == ClearingStep.CONFIRM]
    if is_settled([one.step for one in events]):
        shown += [one for one in events if one.step == ClearingStep.SETTLE][-1:]
    for one in shown:
        day = one.settled_on or local_date(one.created_at)
        pairs.append((_(labels.STEPS[one.step]), f"{day} {names.get(one.province, one.province)} {one.receipt}"))
    return [(str(label), str(value).strip()) for label, value in pairs]


def _columns() -> list[Column]:
    """The columns of the paper."""
    figures = [Column(str(_(label)), 18, is_number=True) for label in labels.FIGURES.values()]
    return [Column(str(_("发券 → 服务")), 30), Column(str(_("结算方式")), 28), *figures]


def _cells(found: ShownMonth, names: dict[str, str]) -> Iterator[Sequence[str]]:
    """The figures of the paper."""
    for course, amounts in found.figures.items():
        issuer, provider = (names.get(one, one) for one in (course.issuer, course.provider))
        yield (
            f"{issuer} → {provider}",
            str(_(labels.WAYS[course.way])),
            *(yuan_from_fen(amounts[one]) for one in Figure),
        )


def _totals(paper: Paper, found: ShownMonth, names: dict[str, str]) -> None:
    """Who pays whom how much."""
    creditor, amount = found.creditor, abs(found.net_fen)
    paper.say(str(_("金额单位：元；按记账所在的月份（北京时间）。")))
    if creditor is None:
        paper.say(str(_("轧差为零，双方互不支付。")), bold=True, align="R")
        return
    debtor = found.border.other(creditor)
    said = _(
        "轧差后 %(debtor)s 应付 %(creditor)s：%(amount)s 元",
        debtor=names.get(debtor, debtor),
        creditor=names.get(creditor, creditor),
        amount=yuan_from_fen(amount),
    )
    paper.say(str(said), bold=True, align="R")
    if page_language() != "en":
        paper.say(str(_("大写：%(amount)s", amount=capital_yuan(amount))), align="R")
