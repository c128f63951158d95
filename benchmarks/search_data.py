"""100,000 instruments with words as real catalogues have them, written set by set."""

import random
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.catalogue import listing
from models.catalogue import BookingPolicy, Instrument, InstrumentClass, OpeningHours
from models.directory import Organisation, Place
from models.vocabulary.catalogue import BookingMode, PublishingState, RunningState
from models.vocabulary.directory import OrganisationKind, PlaceLevel

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
INSTITUTIONS = 300
AT_ONCE = 2_000

KINDS = ("场发射", "共聚焦", "高分辨", "台式", "原位", "超高效", "多功能", "全自动", "低温", "高通量", "便携式", "激光")
MAKERS = (
    "日本电子（JEOL）",
    "Thermo Fisher",
    "Bruker",
    "Agilent",
    "蔡司（ZEISS）",
    "岛津",
    "牛津仪器",
    "北京普析",
    "Renishaw",
)
LETTERS = ("JSM", "EVO", "TM", "FLS", "ICP", "LC", "GC", "XRD", "NMR", "AFM", "TGA", "DSC")
ABILITIES = (
    "形貌观察",
    "成分分析",
    "物相鉴定",
    "热稳定性测试",
    "含量测定",
    "结构表征",
    "力学性能测试",
    "粒径分布",
    "同位素比值",
)
FIELDS = ("材料", "生物", "环境", "食品", "半导体", "地质", "药物", "高分子", "催化剂", "陶瓷", "合金", "纳米颗粒")
WORDS_EN = ("Raman", "confocal", "electron", "mass", "spectrometer", "microscope", "thermal", "analysis", "imaging")


def fill(session: Session, count: int) -> None:
    """Institutions, and so many published instruments with hours, policies and listings; not committed."""
    chance = random.Random(20261122)
    owners = _institutions(session, chance)
    classes = session.execute(
        select(InstrumentClass.code, InstrumentClass.name_zh).where(InstrumentClass.level == 3)
    ).all()
    for start in range(1, count + 1, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count + 1))
        rows = [_instrument(chance, number, owners, chance.choice(classes)) for number in numbers]
        session.execute(insert(Instrument), rows)
        session.execute(insert(BookingPolicy), [{"instrument_id": number} for number in numbers])
        hours = [
            {"instrument_id": number, "weekday": weekday, "opens_minute": 480, "closes_minute": 1080}
            for number in numbers
            for weekday in range(1, 6)
        ]
        session.execute(insert(OpeningHours), hours)
    listing.refresh(session, range(1, count + 1))


def _institutions(session: Session, chance: random.Random) -> list[int]:
    """Institutions all over both provinces."""
    districts = session.scalars(select(Place).where(Place.level == PlaceLevel.DISTRICT)).all()
    rows = []
    for number in range(1, INSTITUTIONS + 1):
        place = chance.choice(districts)
        rows.append(
            {
                "id": number,
                "name_zh": f"{place.name_zh}第{number}大学",
                "name_en": f"University {number} of {place.name_en}",
                "kind": OrganisationKind.UNIVERSITY,
                "adcode": place.adcode,
                "latitude": place.latitude,
                "longitude": place.longitude,
                "created_at": LONG_AGO,
            }
        )
    session.execute(insert(Organisation), rows)
    return list(range(1, INSTITUTIONS + 1))


def _instrument(chance: random.Random, number: int, owners: list[int], kind: Any) -> dict[str, Any]:
    """One record of about 400 characters."""
    ability, field = chance.sample(ABILITIES, 3), chance.sample(FIELDS, 4)
    english = " ".join(chance.sample(WORDS_EN, 3))
    return {
        "id": number,
        "organisation_id": owners[min(int(chance.expovariate(6) * len(owners)), len(owners) - 1)],
        "name_zh": f"{chance.choice(KINDS)}{kind.name_zh}",
        "name_en": f"{english} system",
        "class_code": kind.code,
        "model": f"{chance.choice(LETTERS)}-{chance.randrange(1000, 10000)}{chance.choice('ABCFX')}",
        "manufacturer": chance.choice(MAKERS),
        "inner_id": f"YQ{number:06d}",
        "indicators_zh": f"分辨率 0.{chance.randrange(1, 99)} nm，加速电压 {chance.randrange(5, 300)} kV，"
        f"样品尺寸不超过 {chance.randrange(5, 200)} mm，可加热至 {chance.randrange(100, 1600)} ℃",
        "functions_zh": f"用于{'、'.join(field)}等样品的{'、'.join(ability)}，支持自动进样与数据处理。",
        "functions_en": f"{english} of {field[0]} samples with automatic data processing.",
        "services_zh": f"面向高校与企业提供{ability[0]}和{ability[1]}服务，出具检测报告。",
        "booking_mode": chance.choices(tuple(BookingMode), (3, 5, 1, 1))[0],
        "running_state": chance.choices(tuple(RunningState), (90, 4, 2, 3, 1))[0],
        "publishing_state": PublishingState.PUBLISHED,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
