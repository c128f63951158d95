"""Who looks after an instrument, by HTTP."""

from flask import Response
from pydantic import BaseModel

from booking.accounts.permissions import Permission, require
from booking.catalogue import queries
from booking.catalogue import stewards as service
from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.records import EDITING, who
from booking.catalogue.step_forms import StewardsForm
from booking.core.clock import local_date, utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.signed_in import require_actor
from models.accounts import User
from models.vocabulary.custody import StewardRank


class StewardAnswer(BaseModel):
    """A steward of the instrument."""

    id: int
    name: str


class StewardsAnswer(BaseModel):
    """Primary and deputy, and everybody who could be; who is no steward any more is not named."""

    primary: StewardAnswer | None
    deputy: StewardAnswer | None
    candidates: list[StewardAnswer]


@documented(tag="catalogue", answers={200: StewardsAnswer}, refusals=(401, 403, 404))
def show(instrument_id: int) -> Response:
    """Who looks after the instrument; for those who run it."""
    return _answer(instrument_id)


@documented(tag="catalogue", body=StewardsForm, answers={200: StewardsAnswer}, refusals=EDITING)
def name(instrument_id: int) -> Response:
    """Name primary steward and deputy."""
    form = read_json(StewardsForm)
    transaction(service.name_stewards, instrument_id, form.primary_id, form.deputy_id, **who(form))
    return _answer(instrument_id)


def _answer(instrument_id: int) -> Response:
    """The people as they are now."""
    actor, session, today = require_actor(), reading(), local_date(utcnow())
    instrument = queries.instrument_for(session, instrument_id, actor)
    require(actor, Permission.SEE_BOOKINGS, queries.target_of(instrument))
    named = service.named_stewards(session, instrument, today=today)
    answer = StewardsAnswer(
        primary=_person(named.get(StewardRank.PRIMARY)),
        deputy=_person(named.get(StewardRank.DEPUTY)),
        candidates=[
            StewardAnswer(id=user.id, name=user.name) for user in service.candidates(session, instrument, today=today)
        ],
    )
    response = json_answer(answer)
    response.set_etag(str(instrument.version))
    return response


def _person(user: User | None) -> StewardAnswer | None:
    """A person, or nobody."""
    return StewardAnswer(id=user.id, name=user.name) if user else None
