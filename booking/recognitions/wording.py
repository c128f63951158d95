"""Entries of the register in the reader's words, for pages and tables."""

from collections.abc import Iterable, Iterator
from datetime import date

from flask_babel import gettext as _

from booking.core.table_writing import Row
from booking.programmes.labels import DOCUMENTS, SERVICE_TYPES
from booking.recognitions import labels
from booking.recognitions.queries import days
from booking.web.languages import in_language
from models.directory import Organisation
from models.recognitions import Recognition

COLUMNS = ("authority", "kind", "subject", "scope", "starts_on", "ends_on", "notice", "notice_url", "reason")


def name_of(organisation: Organisation) -> str:
    """An organisation in the reader's language."""
    return in_language(organisation.name_zh, organisation.name_en)


def subject_of(found: Recognition) -> str:
    """What is accepted: a provider, papers, or a type of service."""
    if found.provider is not None:
        return name_of(found.provider)
    if found.document is not None:
        return str(_(DOCUMENTS[found.document]))
    return str(_(SERVICE_TYPES[found.service_type])) if found.service_type else ""


def scope_of(found: Recognition) -> str:
    """For which services of a provider, or from which province."""
    if found.provider is None:
        return in_language(found.place.name_zh, found.place.name_en) if found.place else ""
    if found.service_type is None:
        return str(_("所有服务类型"))
    return str(_(SERVICE_TYPES[found.service_type]))


def state_of(found: Recognition, today: date) -> tuple[str, str, str]:
    """Whether it holds: what to say, with kind and sign of its chip."""
    held = days(found)
    if held.hold_on(today):
        return str(_("有效")), "right", "✓"
    if held.first > today:
        return str(_("尚未开始")), "attention", "…"
    return str(_("已结束")), "plain", "×"


def table(found: Iterable[Recognition]) -> Iterator[Row]:
    """The register as a table that people take away."""
    titles = {**labels.FIELDS, **labels.TABLE}
    yield [str(_(titles[name])) for name in COLUMNS]
    for one in found:
        last = days(one).last
        yield [
            name_of(one.organisation),
            str(_(labels.KINDS[one.kind])),
            subject_of(one),
            scope_of(one),
            one.starts_on.isoformat(),
            last.isoformat() if last else "",
            one.notice,
            one.notice_url,
            one.ending.reason if one.ending else "",
        ]
