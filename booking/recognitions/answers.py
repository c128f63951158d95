"""The register of mutual recognition as the API says it."""

from datetime import date, datetime

from pydantic import BaseModel

from booking.recognitions.queries import days
from models.directory import Organisation
from models.recognitions import Recognition
from models.vocabulary.programmes import ProgrammeDocument, ServiceType
from models.vocabulary.recognitions import RecognitionKind


class RecognisedOrganisation(BaseModel):
    """An authority or a provider."""

    id: int
    name: str
    name_en: str
    adcode: str | None


class RecognitionAnswer(BaseModel):
    """Something an authority accepts; `until` is the last day, whether it was said or ended early by `ended_reason`."""

    id: int
    authority: RecognisedOrganisation
    kind: RecognitionKind
    provider: RecognisedOrganisation | None
    province: str | None
    document: ProgrammeDocument | None
    service_type: ServiceType | None
    starts_on: date
    until: date | None
    notice: str
    notice_url: str
    ended_reason: str
    created_at: datetime


class RecognitionList(BaseModel):
    """Entries of the register, the newest first."""

    items: list[RecognitionAnswer]
    next_cursor: str | None


class RecognisedAnswer(BaseModel):
    """Whether a provider is accepted for a type of service on a day."""

    recognised: bool
    on: date


def recognition_answer(found: Recognition) -> RecognitionAnswer:
    """One entry."""
    return RecognitionAnswer(
        id=found.id,
        authority=_organisation(found.organisation),
        kind=found.kind,
        provider=_organisation(found.provider) if found.provider else None,
        province=found.province,
        document=found.document,
        service_type=found.service_type,
        starts_on=found.starts_on,
        until=days(found).last,
        notice=found.notice,
        notice_url=found.notice_url,
        ended_reason=found.ending.reason if found.ending else "",
        created_at=found.created_at,
    )


def _organisation(found: Organisation) -> RecognisedOrganisation:
    """An organisation by name."""
    return RecognisedOrganisation(id=found.id, name=found.name_zh, name_en=found.name_en, adcode=found.adcode)
