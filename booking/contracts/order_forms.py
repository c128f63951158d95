"""The order forms that were accepted, for both sides."""

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, reach
from booking.contracts.grounds import is_last
from booking.core.actors import Actor
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.contracts import UseAgreement


def order_forms(
    session: Session, actor: Actor, organisation_id: int | None, *, limit: int, cursor: str = ""
) -> Page[UseAgreement]:
    """Order forms that the actor or their firms accepted, or (of one institution) all; the newest first."""
    rows = _forms()
    if organisation_id is not None:
        rows = rows.where(UseAgreement.organisation_id == organisation_id)
    else:
        firms = reach(actor, Permission.SIGN_CONTRACTS).organisation_ids
        rows = rows.where(or_(UseAgreement.user_id == actor.id, UseAgreement.party_id.in_(firms)))
    if cursor:
        rows = rows.where(UseAgreement.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(UseAgreement.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (row.id,))


def _forms() -> Select[UseAgreement]:
    """The accepted order form of each use, as it is now."""
    return (
        select(UseAgreement)
        .where(UseAgreement.text_id.is_not(None), is_last())
        .options(
            joinedload(UseAgreement.user, innerjoin=True),
            joinedload(UseAgreement.text),
            joinedload(UseAgreement.party),
            joinedload(UseAgreement.organisation, innerjoin=True),
        )
    )
