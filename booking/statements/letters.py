"""Which mails follow from statements: one was issued, money was received or was not after all, one is overdue."""

from collections.abc import Sequence
from typing import Any

from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.payers.answering import answering
from booking.statements import queries
from booking.statements.rules import number_of
from models.accounts import User
from models.statements import Receipt, Statement


def on_issued(news: News) -> list[Letter]:
    """To whoever answers for what pays."""
    return _to_debtor(news, _statement(news, news.payload["statement_id"]), "statements/issued")


def on_overdue(news: News) -> list[Letter]:
    """To the same people, as long as something is open."""
    statement = _statement(news, news.payload["statement_id"])
    if statement is None or statement.open is None or not statement.open.balance_fen:
        return []
    return _to_debtor(news, statement, "statements/overdue")


def on_received(news: News) -> list[Letter]:
    """To the same people, of what was paid for a statement."""
    return _of_receipt(news, "statements/received")


def on_corrected(news: News) -> list[Letter]:
    """To the same people, who were thanked for it: what was recorded for a statement did not come."""
    return _of_receipt(news, "statements/corrected")


def _of_receipt(news: News, template: str) -> list[Letter]:
    """A letter about a receipt, none where it was for no statement."""
    receipt = news.session.get(Receipt, news.payload["receipt_id"])
    if receipt is None or receipt.statement_id is None:
        return []
    statement = _statement(news, receipt.statement_id)
    return _to_debtor(news, statement, template, received_fen=receipt.amount_fen)


def _statement(news: News, statement_id: int) -> Statement | None:
    """The statement with whom it is for."""
    return news.session.scalar(queries.all_statements().where(Statement.id == statement_id))


def _to_debtor(news: News, statement: Statement | None, template: str, **more: Any) -> list[Letter]:
    """A letter to each of those who answer for it."""
    if statement is None:
        return []
    values = _values(news, statement) | more
    return [Letter(one.email, one.language, template, values) for one in _people(news, statement)]


def _people(news: News, statement: Statement) -> Sequence[User]:
    """Who answers for what pays, whoever looks after it where the holder is gone; else who owes it themselves."""
    payer, user = statement.debtor.payer, statement.debtor.user
    if payer is not None:
        return answering(news.session, payer, today=local_date(news.now))
    return [user] if user is not None and user.deactivated_at is None else []


def _values(news: News, statement: Statement) -> dict[str, Any]:
    """What the letter says; the names are those of the day on which it was issued."""
    return {
        "number": number_of(statement.year, statement.number),
        "kind": statement.kind.value,
        "organisation_zh": statement.told["organisation_zh"],
        "organisation_en": statement.told["organisation_en"],
        "payer_name": statement.told.get("payer_name", ""),
        "until_on": statement.until_on,
        "due_on": statement.due_on,
        "total_fen": statement.total_fen,
        "taken_fen": statement.taken_fen,
        "due_fen": statement.due_fen,
        "open_fen": statement.open.balance_fen if statement.open else 0,
        "link": news.link(f"statements/{statement.id}"),
    }
