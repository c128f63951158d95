"""Cards about records: tables on their way in, instruments to train for, and those that should be public by now."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.affiliations.rules import OWNS_INSTRUMENTS
from booking.catalogue.arrivals import untrained
from booking.catalogue.report_queries import Terms, due_now, exemptions
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.home.cards import SHOWN, Asked, Found, Item
from booking.imports import queries as imports
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.arrivals import ExemptionState


def house_without_records(session: Session, actor: Actor) -> int | None:
    """An institution that the person administers and that has no instrument yet; one statement, for administrators."""
    within = reach(actor, Permission.IMPORT_RECORDS)
    if within.everywhere or not within.organisation_ids:
        return None
    owns = Organisation.id.in_(within.organisation_ids), Organisation.kind.in_(OWNS_INSTRUMENTS)
    empty = ~exists().where(Instrument.organisation_id == Organisation.id)
    return session.scalar(select(Organisation.id).where(*owns, empty).order_by(Organisation.id).limit(1))


def imports_unfinished(asked: Asked) -> Found:
    """One's own imports that go on, failed or left refused rows behind, the latest first."""
    rows = imports.unfinished(asked.session, asked.actor, now=asked.now, limit=SHOWN + 1)
    items = [
        Item("import", one.id, one.file_name, one.file_name, starts_at=one.created_at, count=one.refused_count or None)
        for one in rows[:SHOWN]
    ]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def reports_due(asked: Asked) -> Found:
    """Accepted instruments that are overdue to be public, or soon will be, the longest due first."""
    today, settings = local_date(asked.now), asked.settings
    terms = Terms(settings.report_working_days, settings.report_reminder_days)
    count, first = due_now(asked.session, asked.within, terms, today=today, limit=SHOWN)
    items = [Item("instrument", one.id, one.name_zh, one.name_en, due_on=due_on) for one, due_on in first]
    return Found(count, items)


def training_waiting(asked: Asked) -> Found:
    """New public instruments whose first users nobody has trained, the newest first."""
    rows = untrained(asked.session, asked.within, today=local_date(asked.now), limit=SHOWN + 1)
    items = [Item("training", one.id, one.name_zh, one.name_en) for one in rows[:SHOWN]]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def exemptions_asked(asked: Asked) -> Found:
    """Institutions' requests that an instrument need not be reported, the first one first."""
    rows = exemptions(asked.session, asked.within, state=ExemptionState.ASKED)
    items = [
        Item(
            "exemption",
            one.id,
            one.instrument.name_zh,
            one.instrument.name_en,
            person=one.asked_by.name,
            starts_at=one.asked_at,
        )
        for one in rows[:SHOWN]
    ]
    return Found(len(rows), items)
