"""The order forms that were accepted, for both sides."""

from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.contracts.used import is_last
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.contracts import UseAgreement
from models.order_forms import OrderForm


@dataclass(frozen=True, slots=True)
class Listed:
    """An accepted form, what its use costs now, and whether the use still rests on it."""

    form: OrderForm
    amount_fen: int | None
    holds: bool


def order_forms(
    session: Session, actor: Actor, organisation_id: int | None, *, limit: int, cursor: str = ""
) -> Page[Listed]:
    """Order forms that the actor or their firms accepted, or (of one institution) all; the newest first."""
    same_use = or_(
        UseAgreement.reservation_id == OrderForm.reservation_id,
        UseAgreement.sample_order_id == OrderForm.sample_order_id,
    )
    rows = select(OrderForm, UseAgreement).join(UseAgreement, and_(same_use, is_last()))
    if organisation_id is not None:
        rows = rows.where(OrderForm.organisation_id == organisation_id)
    else:
        firms = reach(actor, Permission.SIGN_CONTRACTS).organisation_ids
        rows = rows.where(or_(OrderForm.user_id == actor.id, OrderForm.party_id.in_(firms)))
    if cursor:
        rows = rows.where(OrderForm.id < decode_cursor(cursor, row_id)[0])
    loaded = rows.options(joinedload(OrderForm.text, innerjoin=True)).order_by(OrderForm.id.desc()).limit(limit + 1)
    found = [Listed(form, last.amount_fen, _rests_on(last, form)) for form, last in session.execute(loaded)]
    return page_of(found, limit, lambda one: (one.form.id,))


def _rests_on(row: UseAgreement, form: OrderForm) -> bool:
    """Whether a use rests on what was accepted with a form."""
    return row.text_id is not None and (row.user_id, row.accepted_at) == (form.user_id, form.accepted_at)


def order_form_for(session: Session, form_id: int, actor: Actor) -> OrderForm:
    """One form with its text, for who accepted it and who keeps contracts on either side; raises NotFound."""
    rows = select(OrderForm).where(OrderForm.id == form_id)
    form = session.scalar(rows.options(joinedload(OrderForm.text, innerjoin=True)))
    if form is None or not is_readable(form, actor):
        raise NotFound
    return form


def is_readable(form: OrderForm, actor: Actor) -> bool:
    """Whether the actor accepted the form, or keeps the contracts of one of its sides."""
    if form.user_id == actor.id or may(actor, Permission.SEE_CONTRACTS, Target(form.organisation_id)):
        return True
    return form.party_id is not None and may(actor, Permission.SIGN_CONTRACTS, Target(form.party_id))


def form_of(session: Session, row: UseAgreement | None) -> OrderForm | None:
    """The form of what was accepted for a use, known by its user and the moment; None where nothing was."""
    if row is None or row.accepted_at is None:
        return None
    if row.reservation_id is not None:
        same_use = OrderForm.reservation_id == row.reservation_id
    else:
        same_use = OrderForm.sample_order_id == row.sample_order_id
    click = OrderForm.user_id == row.user_id, OrderForm.accepted_at == row.accepted_at
    return session.scalar(select(OrderForm).where(same_use, *click).order_by(OrderForm.id.desc()).limit(1))
