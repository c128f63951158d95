"""Payer accounts for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.payers import amounts, service
from booking.payers.forms import NewPayerForm, PayerAmountForm
from models.accounts import User
from models.directory import Organisation
from models.payers import PayerAccount
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.payers import PayerKind
from tests.factories.people import actor_for, give, make_user

OPENED = datetime(2026, 1, 5, tzinfo=UTC)


def make_payer(
    session: Session, place: Organisation, holder: User, fen: int, members: Iterable[User] = (), **said: Any
) -> PayerAccount:
    """A grant that authorises so much, answered for by the holder and used by the members, committed."""
    number = said.pop("number", "52170001")
    clerk = make_user(session, f"clerk{place.id}-{number}")
    give(session, clerk, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    finance = actor_for(session, clerk, now=OPENED)
    values = {"kind": PayerKind.GRANT, "number": number, "name": "面上项目", "holder": holder.email}
    form = NewPayerForm(**values | said)
    made = service.open_payer(session, place.id, form, actor=finance, now=OPENED)
    if fen:
        amount = PayerAmountForm(amount_fen=fen, reason="立项")
        amounts.set_amount(session, made.id, amount, actor=finance, now=OPENED)
    for member in members:
        service.add_member(session, made.id, member.email, actor=finance, now=OPENED)
    session.commit()
    return made
