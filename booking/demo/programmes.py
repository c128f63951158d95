"""The demo's voucher programmes: Sichuan 2025 with its published numbers, and assumptions for the year of the demo."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.demo import people
from booking.programmes.forms import BatchForm, MarkForm, ProgrammeForm
from booking.programmes.service import start_programme
from models.vocabulary.programmes import (
    BearsDifference,
    BorderWay,
    CountsOn,
    Exclusion,
    MarkKind,
    ProgrammeDocument,
    RedeemedBy,
    ReservesBudget,
    ServiceType,
)

MEASURE = "川科政〔2025〕6号"
CALL = "四川省科技厅 2025 年 1—6 月省科技创新券兑付通知"
WINDOW = f"发票日期有出处：{CALL}；受理起止日为暂定，8 月 12 日是市（州）科技局报科技厅的截止日"
EARLIER = "重庆市此前的创新券政策"
THIRTY = (ServiceType.INSTRUMENT_SHARING, ServiceType.SHARED_LABORATORY, ServiceType.TESTING)
TWENTY = (ServiceType.PROOF_OF_CONCEPT, ServiceType.PILOT_SCALE, ServiceType.COMPUTING)
SICHUAN_SHARES = dict.fromkeys(THIRTY, 3_000) | dict.fromkeys(TWENTY, 2_000)


def add_programmes(session: Session, *, now: datetime) -> int:
    """Sichuan's of 2025 and, as an assumption, of this year, also one elsewhere; Chongqing's of this year; how many."""
    sichuan, chongqing = (people.actor(session, account, now=now) for account in ("officer-sc", "officer-cq"))
    forms = [(sichuan, sichuan_2025(_authority(sichuan)))]
    for year in years(now):
        forms.append((chongqing, _chongqing(_authority(chongqing), year)))
        if year > 2025:
            forms.append((sichuan, _sichuan_again(_authority(sichuan), year)))
        forms.append((sichuan, _elsewhere(_authority(sichuan), year)))
    for actor, form in forms:
        start_programme(session, form, actor=actor, now=now)
    return len(forms)


def years(now: datetime) -> list[int]:
    """Of which years there are programmes and vouchers: this one, in January also the one before, which they pay of."""
    today = local_date(now)
    return [today.year - 1, today.year] if today.month == 1 else [today.year]


def _authority(officer: Actor) -> int:
    """The authority that an officer works for."""
    return min(reach(officer, Permission.MANAGE_PROGRAMMES).organisation_ids)


def _sourced(names: Iterable[str], text: str = "") -> dict[str, MarkForm]:
    """Marks of values that come from a text."""
    return {name: MarkForm(kind=MarkKind.SOURCED, text=text) for name in names}


def _sichuan(organisation_id: int, year: int) -> dict[str, Any]:
    """What holds in Sichuan in either year."""
    return {
        "organisation_id": organisation_id,
        "year": year,
        "valid_from": date(year, 1, 1),
        "shares": SICHUAN_SHARES,
        "year_cap_fen": 20_000_000,
        "counts_from": date(year, 1, 1),
        "use_by": date(year, 12, 31),
        "redeem_by": date(year + 1, 6, 30),
        "documents": list(ProgrammeDocument),
        "exclusions": list(Exclusion),
        "redeemed_by": RedeemedBy.ENTERPRISE,
        "reserves_budget": ReservesBudget.HOLD,
        "counts_on": CountsOn.INVOICE,
        "bears_difference": BearsDifference.ENTERPRISE,
        "border_way": BorderWay.HOME_PAYS,
    }


def sichuan_2025(organisation_id: int) -> ProgrammeForm:
    """The published numbers of 2025, each with its source; the days and the rest are assumed.

    A batch has one mark for its four dates: those of the invoices are published, those of the requests are not.
    """
    shares = [f"shares.{one.value}" for one in SICHUAN_SHARES]
    excluded = [f"exclusions.{one.value}" for one in (Exclusion.STATUTORY_TESTING, Exclusion.SAME_LEGAL_PERSON)]
    window = BatchForm(
        opens_on=date(2025, 7, 1),
        closes_on=date(2025, 8, 12),
        invoiced_from=date(2025, 1, 1),
        invoiced_until=date(2025, 6, 30),
    )
    return ProgrammeForm(
        **_sichuan(organisation_id, 2025),
        name_zh="四川省科技创新券 2025",
        name_en="Sichuan innovation vouchers 2025",
        notice=MEASURE,
        windows=[window],
        marks={
            **_sourced([*shares, "year_cap_fen"]),
            **_sourced([*excluded, "redeemed_by", "documents", "counts_on"], CALL),
            "windows": MarkForm(kind=MarkKind.ASSUMED, text=WINDOW),
        },
        note_zh="先由市（州）审核，再由科技厅审核、公示，然后兑付。技术经理人培训不在本平台使用。",
        note_en="Reviewed by the city, then by the province, which publishes a notice and pays.",
    )


def _sichuan_again(organisation_id: int, year: int) -> ProgrammeForm:
    """The same for the year of the demo; nothing of it is published, so all of it is assumed."""
    return ProgrammeForm(
        **_sichuan(organisation_id, year),
        name_zh=f"四川省科技创新券 {year}（示例）",
        name_en=f"Sichuan innovation vouchers {year} (sample)",
        budget_fen=1_000_000_000,
        note_zh="示例：沿用 2025 年的数字，不是公布的政策。",
        note_en="Sample: the numbers of 2025 carried on; no published policy.",
    )


def _elsewhere(organisation_id: int, year: int) -> ProgrammeForm:
    """Vouchers of a system of its own, which are registered here; nothing of it is published, so all is assumed."""
    ways = {"reserves_budget": ReservesBudget.NEVER, "counts_on": CountsOn.SERVICE}
    return ProgrammeForm(
        **{**_sichuan(organisation_id, year), **ways},
        name_zh=f"科创通创新券 {year}（示例）",
        name_en=f"Kechuangtong vouchers {year} (sample)",
        runs_at="科创通",
        note_zh="示例：券在“科创通”里申领和兑付，这里只登记使用；不是公布的政策。",
        note_en="Sample: applied for and redeemed in Kechuangtong, registered here for use; no published policy.",
    )


def _chongqing(organisation_id: int, year: int) -> ProgrammeForm:
    """A demo of Chongqing: what an earlier policy said is sourced, everything else is assumed."""
    return ProgrammeForm(
        organisation_id=organisation_id,
        year=year,
        name_zh=f"重庆市科技创新券 {year}（示例）",
        name_en=f"Chongqing innovation vouchers {year} (sample)",
        valid_from=date(year, 1, 1),
        shares=dict.fromkeys(THIRTY, 3_000),
        year_cap_fen=30_000_000,
        budget_fen=2_000_000_000,
        counts_from=date(year, 1, 1),
        use_by=date(year, 12, 31),
        redeem_by=date(year + 1, 3, 31),
        documents=list(ProgrammeDocument),
        exclusions=list(Exclusion),
        redeemed_by=RedeemedBy.PROVIDER,
        reserves_budget=ReservesBudget.ISSUE,
        counts_on=CountsOn.SERVICE,
        bears_difference=BearsDifference.PROVIDER,
        border_way=BorderWay.ADVANCE_THEN_NET,
        marks=_sourced(["year_cap_fen", "use_by"], EARLIER),
        note_zh="示例：由区县初审，再由市科技局审核、公示。",
        note_en="Sample: reviewed by the district, then by the city, which publishes a notice.",
    )
