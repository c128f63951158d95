"""Applications in the reader's words, for pages, answers and papers."""

from collections.abc import Iterable

from flask_babel import gettext as _

from booking.applications import labels
from booking.applications.rules import Reason
from booking.core.clock import local_date
from booking.web import filters
from booking.web.languages import in_language
from models.applications import ApplicationEvent, VoucherApplication
from models.directory import Organisation
from models.vocabulary.applications import ApplicationState


def number_of(application: VoucherApplication) -> str:
    """What an application is called among people: the day it was begun, and its place among all."""
    return f"SQ{local_date(application.created_at):%Y%m%d}-{application.id:05d}"


def name_of(organisation: Organisation) -> str:
    """An organisation in the reader's language."""
    return in_language(organisation.name_zh, organisation.name_en)


def reasons_said(reasons: Iterable[Reason]) -> list[str]:
    """Each reason against in a sentence, with what is left where that is less than was asked for."""
    return [_(labels.REASONS[one.code], left=filters.money(one.left_fen or 0)) for one in reasons]


def office_of(application: VoucherApplication, event: ApplicationEvent) -> str:
    """At which office an officer decided."""
    if event.source == ApplicationState.DISTRICT_REVIEW and application.district is not None:
        return name_of(application.district)
    return name_of(application.programme.organisation)
