"""The demo's register of mutual recognition: a few providers, types of service and papers on either side."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.demo import people
from booking.demo.programmes import years
from booking.directory.queries import organisation_by_name
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from models.vocabulary.programmes import ProgrammeDocument, ServiceType
from models.vocabulary.recognitions import RecognitionKind

NOTICE = "示例：川渝创新券互认清单（演示数据） · Sample list of what both sides recognise (demo data)"
PROVIDERS = (
    "西南大学",
    "重庆大学",
    "西南科技大学",
    "中国工程物理研究院",
    "西南大学国家大学科技园",
    "四川光友薯业有限公司",
)
SIDES = {"officer-cq": "510000", "officer-sc": "500000"}
SERVICES = (
    ServiceType.INSTRUMENT_SHARING,
    ServiceType.SHARED_LABORATORY,
    ServiceType.TESTING,
    ServiceType.PILOT_SCALE,
)
"""What each side accepts from the other; computing is paid for at home alone."""
PAPERS = (ProgrammeDocument.BUSINESS_LICENCE, ProgrammeDocument.ENTERPRISE_KIND)


def add_recognitions(session: Session, *, now: datetime) -> int:
    """What each side accepts from the first day of the first year with vouchers on; how many entries."""
    first = date(min(years(now)), 1, 1)
    found = [organisation_by_name(session, name) for name in PROVIDERS]
    subjects: list[dict[str, Any]] = [
        {"kind": RecognitionKind.PROVIDER, "provider_id": one.id} for one in found if one is not None
    ]
    for account, province in SIDES.items():
        officer = people.actor(session, account, now=now)
        authority = min(reach(officer, Permission.MANAGE_RECOGNITIONS).organisation_ids)
        there: dict[str, Any] = {"province": province}
        services = [{"kind": RecognitionKind.SERVICE_TYPE, "service_type": one, **there} for one in SERVICES]
        papers = [{"kind": RecognitionKind.DOCUMENT, "document": one, **there} for one in PAPERS]
        for subject in [*subjects, *services, *papers]:
            form = RecognitionForm(organisation_id=authority, starts_on=first, notice=NOTICE, **subject)
            recognise(session, form, actor=officer, now=now)
    return len(SIDES) * (len(subjects) + len(SERVICES) + len(PAPERS))
