"""Instruments that were accepted on a day, and the terms within which they are reported."""

from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from booking.catalogue.report_queries import Terms
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument

TERMS = Terms(days=30, reminder_days=5)


def accepted(session: Session, organisation: Organisation, day: date) -> Instrument:
    return make_instrument(session, organisation, publishing_state=PublishingState.DRAFT, accepted_on=day)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
