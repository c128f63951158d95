"""Which column of which known table becomes which field of a record; tables, not special code paths."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from booking.catalogue.import_cells import (
    Converter,
    as_is,
    calendar_day,
    constant,
    functions,
    half_hours,
    half_width,
    hours_outside_off_times,
    owner_country,
    provenance,
    running_state,
    short_name,
    yes_or_no,
)


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
    "service_type",
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
    "slots",
    "modes",
    "provenance",
)

PLAIN = frozenset(
    {
        "class_code",
        "subject_code",
        "original_value_wan",
        "adcode",
        "latitude",
        "longitude",
        "yearly_running_hours",
        "yearly_service_hours",
        "phone",
        "email",
        "postcode",
        "lanes",
        "grid_minutes",
        "shortest_minutes",
        "longest_minutes",
        "notice_minutes",
        "horizon_days",
        "setup_minutes",
        "cleanup_minutes",
        "slots",
    }
)
"""The columns of numbers, codes and addresses, which registers write in full width too."""

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
    "验收日期": "accepted_on",
    "启用日期": "in_use_since",
    "原值（万元）": "original_value_wan",
    "原值(万元)": "original_value_wan",
    "仪器来源": "source",
    "仪器设备来源": "source",
    "仪器类别": "kind",
    "仪器设备类别": "kind",
    "服务类型": "service_type",
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
    "所属部门（英文）": "unit_en",
    "载体名称": "belongs_to_name",
    "所在区县": "adcode",
    "纬度": "latitude",
    "经度": "longitude",
    "主要技术指标（英文）": "indicators_en",
    "主要功能（英文）": "functions_en",
    "对用户的规定（英文）": "user_rules_en",
    "收费说明（英文）": "fees_en",
    "服务内容（英文）": "services_en",
    "批准不共享的主管部门": "not_shared_approved_by",
    "时间刻度（分钟）": "grid_minutes",
    "最短时长（分钟）": "shortest_minutes",
    "最长时长（分钟）": "longest_minutes",
    "至少提前（分钟）": "notice_minutes",
    "最多提前（天）": "horizon_days",
    "准备时间（分钟）": "setup_minutes",
    "清理时间（分钟）": "cleanup_minutes",
    "固定时段": "slots",
    "需要机主批准": "needs_approval",
    "上机方式": "modes",
    "示例": "is_sample",
    "来源说明": "provenance",
}

NATIONAL = Layout(
    name="national",
    recognised_by=frozenset({"inner_id", "institution"}),
    columns=(
        *(Column(name, (name,), half_width if name in PLAIN else as_is) for name in NATIONAL_COLUMNS),
        Column("acquisition", ("source",)),
        Column("belongs_to", ("belongs_to_kind",)),
        Column("accepted_on", ("accepted_on",), calendar_day),
        Column("in_use_since", ("in_use_since",), calendar_day),
        Column("customs_released_on", ("customs_released_on",), calendar_day),
        Column("customs_supervised_until", ("customs_supervised_until",), calendar_day),
        Column("opening_hours", ("opens",), half_width),
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


def _headings() -> dict[str, str]:
    """The first Chinese name of each field, which is the national platform's."""
    found: dict[str, str] = {}
    for name, field_name in NATIONAL_ALIASES.items():
        found.setdefault(field_name, name)
    return found


_HEADINGS = _headings()


def heading_of(field_name: str, *, english: bool = False) -> str:
    """The name of a field's column in tables that we write; the import knows both."""
    return field_name if english else _HEADINGS.get(field_name, field_name)
