"""Which column of somebody's table is which field: by our names, by the national ones, else by likeness."""

import hashlib
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache

from booking.catalogue.import_layouts import NATIONAL, NATIONAL_ALIASES
from booking.core.table_files import simplified

LIKE_ENOUGH = 0.78
SHORTEST_LIKE = 3
NEEDED = ("inner_id",)

MORE_NAMES = {
    "inner_id": ("资产编号", "设备编号", "固定资产编号", "资产编码", "内部编号", "Asset number", "Internal number"),
    "institution": ("仪器单位", "单位", "机构", "所属机构", "Institution", "Owner", "Organisation", "Organization"),
    "unit": ("部门", "使用部门", "院系", "学院", "使用单位", "领用单位", "所属中心", "Department", "School"),
    "name_zh": ("名称", "设备名称", "仪器设备名称", "资产名称", "Chinese name", "Name"),
    "name_en": ("英文名", "仪器英文名称", "English name"),
    "class_code": ("类别编码", "国标分类", "分类代码", "分类号", "Class"),
    "subject_code": ("学科", "学科代码", "Discipline"),
    "model": ("型号规格", "规格", "设备型号", "Model"),
    "manufacturer": ("厂家", "厂商", "制造商", "生产厂家", "品牌", "Maker", "Vendor"),
    "country": ("国别", "产地", "国别码", "Country"),
    "original_value_wan": ("原值", "设备原值", "价格（万元）", "金额（万元）", "Original value (10,000 yuan)"),
    "accepted_on": ("验收时间", "验收合格日期", "验收通过日期", "Accepted on", "Acceptance date"),
    "in_use_since": ("投用日期", "启用时间", "购置日期", "In use since"),
    "street": ("地址", "存放地点", "存放地址", "安装地点", "房间", "Address", "Location"),
    "contact_name": ("负责人", "联系人姓名", "管理员", "Contact"),
    "phone": ("联系电话", "手机", "电话号码", "Telephone"),
    "email": ("邮箱", "电子邮件", "E-mail", "Mail"),
    "postcode": ("邮政编码", "Postcode"),
    "adcode": ("区县代码", "所在地区", "行政区划", "Adcode"),
    "functions_zh": ("功能", "用途", "主要用途", "Functions"),
    "indicators_zh": ("技术指标", "性能指标", "Indicators"),
    "user_rules_zh": ("用户须知", "使用规定", "Rules"),
    "fees_zh": ("收费", "收费标准（元）", "参考收费标准", "Fees"),
    "services_zh": ("服务", "Services"),
    "source": ("来源", "Acquisition"),
    "kind": ("类别", "Kind"),
    "lanes": ("机位", "Lanes"),
    "opens": ("开放时段", "Opening hours"),
    "running_state": ("设备状态", "状态", "Running state"),
    "share_mode": ("共享方式", "Share mode"),
    "service_type": ("服务类别", "Service type", "Type of service"),
    "belongs_to_kind": ("所属资源载体类型",),
}

FIELDS = tuple(source for column in NATIONAL.columns for source in column.sources)
"""The fields that a column may be, by the names that our own tables use."""


@cache
def known_names() -> Mapping[str, str]:
    """Field by simplified name: ours, the national platform's, and what people call them besides."""
    found = {simplified(name): field for name, field in NATIONAL_ALIASES.items()}
    for field, names in MORE_NAMES.items():
        found |= {simplified(name): field for name in names if simplified(name) not in found}
    return found | {simplified(field): field for field in FIELDS}


def guessed(header: Sequence[str], known: Mapping[str, str] | None = None) -> list[str]:
    """The likely field of each column, empty where none is; each field once, exact names before likenesses.

    `known` has fields by simplified name, those of records unless another kind of table is read.
    """
    names, fields_by_name = [simplified(name) for name in header], known or known_names()
    fields = ["" for _ in names]
    for index, name in enumerate(names):
        field = fields_by_name.get(name, "")
        if field and field not in fields:
            fields[index] = field
    for index, name in enumerate(names):
        if not fields[index] and len(name) >= SHORTEST_LIKE:
            field = _likest(name, fields_by_name)
            fields[index] = "" if field in fields else field
    return fields


def _likest(name: str, known: Mapping[str, str]) -> str:
    """The field with the name most like this one, if any is like enough."""
    found, best = "", LIKE_ENOUGH
    matcher = SequenceMatcher(b=name, autojunk=False)
    for one, field in known.items():
        matcher.set_seq1(one)
        if matcher.quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
            found, best = field, ratio
    return found


def signature_of(header: Sequence[str]) -> str:
    """What makes two headers the same: their simplified names in order, hashed."""
    return hashlib.sha256("\n".join(simplified(name) for name in header).encode("utf-8", "replace")).hexdigest()
