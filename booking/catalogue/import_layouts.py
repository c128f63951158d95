"""Which column of which known table becomes which field of a record; tables, not special code paths."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from booking.core.errors import Problem
from booking.core.texts import N_

LONGEST_ENGLISH_NAME = 100
LONGEST_FUNCTIONS = 1800
HALF_HOUR = 30


@dataclass(frozen=True, slots=True)
class Noted:
    """A converted cell, and what the conversion lost."""

    text: str
    note: Problem


Converter = Callable[..., str | Noted]


def as_is(text: str) -> str:
    """The cell without surrounding space."""
    return text.strip()


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a record and the columns it is made from; none means a constant."""

    target: str
    sources: tuple[str, ...] = ()
    convert: Converter = as_is

    @property
    def label(self) -> str:
        """The column a problem with the field is reported at."""
        return self.sources[0] if self.sources else self.target


@dataclass(frozen=True, slots=True)
class Layout:
    """A known table: how it is recognised, what becomes what, and which filled columns have no place."""

    name: str
    recognised_by: frozenset[str]
    columns: tuple[Column, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    unmapped: frozenset[str] = frozenset()

    def label_of(self, target: str) -> str:
        """The column that a field is read from."""
        return next((column.label for column in self.columns if column.target == target), target)


def constant(text: str) -> Converter:
    """A converter that reads nothing."""
    return lambda: text


def running_state(status: str) -> str | Noted:
    """A word for the running state; what does not say that it runs counts as out of service, and is noted."""
    word = " ".join(status.split()).lower()
    if word in RUNNING:
        return RUNNING[word]
    values = {"status": " ".join(status.split())}
    return Noted("to_repair", Problem("running_state", N_("原状态“%(status)s”按待修记录。"), values))


def calendar_day(text: str) -> str:
    """2012/5/26, 2012.05.26, 20120526 and 2012年5月26日 as 2012-05-26; anything else as it is."""
    matched = re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})日?", text.strip())
    return "-".join((matched[1], matched[2].zfill(2), matched[3].zfill(2))) if matched else text.strip()


def yes_or_no(text: str) -> str:
    """是 and 否 as yes and no."""
    return {"是": "yes", "否": "no"}.get(text.strip(), text.strip().lower())


def short_name(text: str) -> str | Noted:
    """A name of at most 100 characters, shortened at the end of a word."""
    name = " ".join(text.split())
    if len(name) <= LONGEST_ENGLISH_NAME:
        return name
    cut = name[: LONGEST_ENGLISH_NAME - 1].rpartition(" ")[0] or name[: LONGEST_ENGLISH_NAME - 1]
    return Noted(f"{cut}…", Problem("name_en", N_("名称过长，已缩短，全名写入主要功能。")))


def functions(description: str, name: str) -> str | Noted:
    """A description without markup, after the full name where the name had to be shortened."""
    text = " ".join(re.sub(r"<[^<>]*>", " ", description).split())
    full_name = " ".join(name.split())
    if len(full_name) > LONGEST_ENGLISH_NAME:
        text = f"{full_name}. {text}".strip()
    if len(text) <= LONGEST_FUNCTIONS:
        return text
    cut = text[: LONGEST_FUNCTIONS - 1].rpartition(" ")[0]
    return Noted(
        f"{cut}…", Problem("functions_en", N_("说明过长，已截短到 %(length)s 个字符。"), {"length": LONGEST_FUNCTIONS})
    )


def half_hours(text: str) -> str | Noted:
    """Minutes, rounded down to whole half hours."""
    if not text.strip().isdecimal() or int(text) % HALF_HOUR == 0:
        return text.strip()
    rounded = max(HALF_HOUR, int(text) // HALF_HOUR * HALF_HOUR)
    values = {"given": text.strip(), "rounded": rounded}
    return Noted(str(rounded), Problem("minutes", N_("%(given)s 分钟已按半小时取整为 %(rounded)s 分钟。"), values))


def hours_outside_off_times(is_off: str, off_from: str, off_until: str, off_weekend: str) -> str:
    """Opening hours from the times a tool is not bookable: overnight off times, and perhaps weekends."""
    if is_off != "True" or not (off_from and off_until):
        return "1-7 00:00-24:00"
    days = "1-5" if off_weekend == "True" else "1-7"
    return f"{days} {off_until[:5]}-{off_from[:5]}"


def owner_country(location: str, owner: str) -> str:
    """The owner's country by the place a table names, else by the owner; unknown ones stay as they are."""
    place = location.strip().rpartition(", ")[2].lower()
    return COUNTRIES.get(place) or COUNTRIES_OF_OWNERS.get(owner.strip(), place)


def provenance(source: str, number: str, licence: str) -> str:
    """Where a record came from and under what licence."""
    return f"{source.strip()} {number.strip()} · {licence.strip()}"


COUNTRIES = {
    "usa": "US",
    "wa": "US",
    "japan": "JP",
    "france": "FR",
    "germany": "DE",
    "korea": "KR",
    "brazil": "BR",
    "canada": "CA",
    "united kingdom": "GB",
    "italy": "IT",
    "sweden": "SE",
    "china": "CN",
    "taiwan": "CN",
    "australia": "AU",
    "spain": "ES",
    "denmark": "DK",
    "india": "IN",
    "jordan": "JO",
    "russia": "RU",
    "singapore": "SG",
    "switzerland": "CH",
    "thailand": "TH",
}
COUNTRIES_OF_OWNERS = {"NIST CNST NanoFab (demo fixture)": "US"}

RUNNING = {
    **dict.fromkeys(("active", "operational", "true", "open for expert users", ".", ""), "normal"),
    **dict.fromkeys(("inactive", "down", "false"), "to_repair"),
}

NATIONAL_COLUMNS = (
    "inner_id",
    "institution",
    "unit",
    "unit_en",
    "name_zh",
    "name_en",
    "class_code",
    "subject_code",
    "model",
    "manufacturer",
    "country",
    "original_value_wan",
    "kind",
    "funding",
    "belongs_to_name",
    "adcode",
    "street",
    "latitude",
    "longitude",
    "indicators_zh",
    "indicators_en",
    "functions_zh",
    "functions_en",
    "user_rules_zh",
    "user_rules_en",
    "fees_zh",
    "fees_en",
    "services_zh",
    "services_en",
    "url",
    "yearly_running_hours",
    "yearly_service_hours",
    "contact_name",
    "phone",
    "email",
    "postcode",
    "running_state",
    "share_mode",
    "not_shared_reason",
    "not_shared_approved_by",
    "customs_declaration",
    "lanes",
    "grid_minutes",
    "shortest_minutes",
    "longest_minutes",
    "notice_minutes",
    "horizon_days",
    "setup_minutes",
    "cleanup_minutes",
    "modes",
    "provenance",
)

NATIONAL_ALIASES = {
    "所内编号": "inner_id",
    "仪器编号": "inner_id",
    "单位名称": "institution",
    "所属单位": "institution",
    "所属部门": "unit",
    "仪器名称": "name_zh",
    "中文名称": "name_zh",
    "英文名称": "name_en",
    "仪器分类编码": "class_code",
    "分类编码": "class_code",
    "主要学科领域": "subject_code",
    "学科领域": "subject_code",
    "规格型号": "model",
    "型号": "model",
    "生产制造商": "manufacturer",
    "生产厂商": "manufacturer",
    "产地国别": "country",
    "启用日期": "in_use_since",
    "原值（万元）": "original_value_wan",
    "原值(万元)": "original_value_wan",
    "仪器来源": "source",
    "仪器设备来源": "source",
    "仪器类别": "kind",
    "仪器设备类别": "kind",
    "经费来源": "funding",
    "所属资源载体": "belongs_to_kind",
    "所属资源载体名称": "belongs_to_name",
    "行政区划代码": "adcode",
    "安放地址": "street",
    "详细地址": "street",
    "主要技术指标": "indicators_zh",
    "主要功能": "functions_zh",
    "对用户的规定": "user_rules_zh",
    "收费标准": "fees_zh",
    "收费说明": "fees_zh",
    "服务内容": "services_zh",
    "网址": "url",
    "年总运行机时": "yearly_running_hours",
    "年服务机时": "yearly_service_hours",
    "联系人": "contact_name",
    "电话": "phone",
    "电子邮箱": "email",
    "邮编": "postcode",
    "运行状态": "running_state",
    "共享模式": "share_mode",
    "不共享的理由": "not_shared_reason",
    "进口报关单编号": "customs_declaration",
    "海关放行日期": "customs_released_on",
    "海关监管截止日期": "customs_supervised_until",
    "机位数": "lanes",
    "开放时间": "opens",
}

NATIONAL = Layout(
    name="national",
    recognised_by=frozenset({"inner_id", "institution"}),
    columns=(
        *(Column(name, (name,)) for name in NATIONAL_COLUMNS),
        Column("acquisition", ("source",)),
        Column("belongs_to", ("belongs_to_kind",)),
        Column("in_use_since", ("in_use_since",), calendar_day),
        Column("customs_released_on", ("customs_released_on",), calendar_day),
        Column("customs_supervised_until", ("customs_supervised_until",), calendar_day),
        Column("opening_hours", ("opens",)),
        Column("needs_approval", ("needs_approval",), yes_or_no),
        Column("is_sample", ("is_sample",), yes_or_no),
    ),
    aliases=NATIONAL_ALIASES,
)

COLLECTED = Layout(
    name="collected",
    recognised_by=frozenset({"source", "source_id", "owner", "licence"}),
    columns=(
        Column("inner_id", ("source_id",)),
        Column("institution", ("owner",)),
        Column("owner_country", ("location", "owner"), owner_country),
        Column("unit", ("department",)),
        Column("name_en", ("name",), short_name),
        Column("street", ("location",)),
        Column("functions_en", ("description", "name"), functions),
        Column("running_state", ("status",), running_state),
        Column("class_code", ("class_code_guess",)),
        Column("provenance", ("source", "source_id", "licence"), provenance),
    ),
    unmapped=frozenset({"model_or_class"}),
)

NANOFAB = Layout(
    name="nanofab",
    recognised_by=frozenset({"pk", "_category", "_reservation_horizon"}),
    columns=(
        Column("inner_id", ("pk",)),
        Column("institution", (), constant("NIST CNST NanoFab (demo fixture)")),
        Column("owner_country", (), constant("US")),
        Column("unit", ("_category",)),
        Column("name_en", ("name",), short_name),
        Column("street", ("_location",)),
        Column("functions_en", ("_description", "name"), functions),
        Column("running_state", ("_operational",), running_state),
        Column("horizon_days", ("_reservation_horizon",)),
        Column("shortest_minutes", ("_minimum_usage_block_time",), half_hours),
        Column("longest_minutes", ("_maximum_usage_block_time",), half_hours),
        Column(
            "opening_hours",
            ("_policy_off_between_times", "_policy_off_start_time", "_policy_off_end_time", "_policy_off_weekend"),
            hours_outside_off_times,
        ),
        Column("provenance", ("pk",), lambda number: provenance("nist-nemo-demo", number, "NIST public domain")),
    ),
    unmapped=frozenset(
        {
            "parent_tool",
            "_serial",
            "_maximum_reservations_per_day",
            "_minimum_time_between_reservations",
            "_maximum_future_reservation_time",
            "_missed_reservation_threshold",
            "_max_delayed_logoff",
            "_grant_badge_reader_access_upon_qualification",
        }
    ),
)

LAYOUTS = (NATIONAL, COLLECTED, NANOFAB)
