"""Whom one may ask for a contract, and how often."""

from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Refused
from booking.core.texts import N_
from models.accounts import User
from models.catalogue import Instrument
from models.contracts import Contract
from models.vocabulary.catalogue import PublishingState

MOST_A_DAY = 10


class OffersNothing(Refused):
    """The organisation has no instrument that everybody may find."""

    code = "offers_nothing"
    sentence = N_("这个单位没有公开的仪器，不能请求签订合同。")


class TooManyAsked(Refused):
    """Somebody asks for more in a day than finance can draw up."""

    code = "too_many_contracts"
    sentence = N_("一天内最多请求 %(most)s 份合同，请明天再试。")


def check_asking(session: Session, organisation_id: int, *, actor: Actor, now: datetime) -> None:
    """Refuse organisations without published instruments, and more than one person may ask for in a day."""
    shown = Instrument.publishing_state == PublishingState.PUBLISHED
    if not session.scalar(select(exists().where(Instrument.organisation_id == organisation_id, shown))):
        raise OffersNothing
    session.execute(select(User.id).where(User.id == actor.id).with_for_update(key_share=True))
    recent = Contract.asked_by_id == actor.id, Contract.created_at > now - timedelta(days=1)
    if (session.scalar(select(func.count()).select_from(Contract).where(*recent)) or 0) >= MOST_A_DAY:
        raise TooManyAsked(most=MOST_A_DAY)
