"""What the words of a record are called, by the word that is stored."""

from booking.core.texts import N_
from booking.programmes.labels import SERVICE_TYPES
from models.vocabulary.catalogue import (
    Acquisition,
    BelongsTo,
    BookingMode,
    ContactVisibility,
    Funding,
    InstrumentKind,
    PublishingState,
    ReportMark,
    RunningState,
    ShareMode,
)

BELONGS_TO = {
    BelongsTo.NONE: N_("不属于平台"),
    BelongsTo.INSTRUMENT_CENTRE: N_("大型科学仪器中心"),
    BelongsTo.MAJOR_FACILITY: N_("重大科研基础设施"),
    BelongsTo.KEY_LABORATORY: N_("国家重点实验室"),
    BelongsTo.ENGINEERING_CENTRE: N_("国家工程技术研究中心"),
    BelongsTo.GERMPLASM_BANK: N_("种质资源库"),
}
ACQUISITION = {
    Acquisition.BOUGHT: N_("购置"),
    Acquisition.BUILT: N_("研制"),
    Acquisition.GIVEN: N_("赠送"),
    Acquisition.OTHER: N_("其他来源"),
}
INSTRUMENT_KIND = {InstrumentKind.SPECIAL: N_("专用"), InstrumentKind.GENERAL: N_("通用")}
SERVICE_TYPE = SERVICE_TYPES
FUNDING = {
    Funding.CENTRAL: N_("中央财政资金"),
    Funding.LOCAL: N_("地方财政资金"),
    Funding.OWN: N_("单位自有资金"),
    Funding.OTHER: N_("其他资金"),
}
RUNNING_STATE = {
    RunningState.NORMAL: N_("正常"),
    RunningState.OCCASIONAL_FAULT: N_("偶有故障"),
    RunningState.FREQUENT_FAULT: N_("故障频繁"),
    RunningState.TO_REPAIR: N_("待修"),
    RunningState.TO_SCRAP: N_("待报废"),
}
SHARE_MODE = {
    ShareMode.INTERNAL: N_("内部共享"),
    ShareMode.EXTERNAL: N_("外部共享"),
    ShareMode.NONE: N_("不共享"),
}
BOOKING_MODE = {
    BookingMode.HERE: N_("在线预约"),
    BookingMode.ON_REQUEST: N_("机主确认"),
    BookingMode.ELSEWHERE: N_("在机主系统预约"),
    BookingMode.NONE: N_("不接受预约"),
}
PUBLISHING_STATE = {
    PublishingState.DRAFT: N_("草稿"),
    PublishingState.IN_REVIEW: N_("审查中"),
    PublishingState.PUBLISHED: N_("已发布"),
    PublishingState.WITHHELD: N_("不公开"),
}
REPORT_MARK = {
    ReportMark.NONE: N_("无标识"),
    ReportMark.CMA: "CMA",
    ReportMark.CNAS: "CNAS",
    ReportMark.CMA_CNAS: "CMA + CNAS",
}
CONTACT_VISIBILITY = {
    ContactVisibility.PUBLIC: N_("所有人可见"),
    ContactVisibility.SIGNED_IN: N_("登录后可见"),
}

FIELDS = {
    "change_reason": N_("变更原因"),
    "primary_id": N_("主管理员"),
    "deputy_id": N_("副管理员"),
    "organisation_id": N_("仪器单位"),
    "unit": N_("所属部门"),
    "unit_en": N_("所属部门（英文）"),
    "inner_id": N_("所内编号"),
    "name_zh": N_("中文名称"),
    "name_en": N_("英文名称"),
    "unit_id": N_("部门"),
    "into_id": N_("并入"),
    "class_code": N_("分类编码"),
    "subject_code": N_("学科领域"),
    "belongs_to": N_("所属资源载体"),
    "belongs_to_name": N_("载体名称"),
    "adcode": N_("所在区县"),
    "street": N_("详细地址"),
    "latitude": N_("纬度"),
    "longitude": N_("经度"),
    "original_value_wan": N_("原值（万元）"),
    "acquisition": N_("仪器来源"),
    "kind": N_("仪器类别"),
    "service_type": N_("服务类型"),
    "funding": N_("经费来源"),
    "country": N_("产地国别"),
    "model": N_("规格型号"),
    "manufacturer": N_("生产厂商"),
    "accepted_on": N_("验收日期"),
    "in_use_since": N_("启用日期"),
    "indicators_zh": N_("主要技术指标"),
    "indicators_en": N_("主要技术指标（英文）"),
    "functions_zh": N_("主要功能"),
    "functions_en": N_("主要功能（英文）"),
    "user_rules_zh": N_("对用户的规定"),
    "user_rules_en": N_("对用户的规定（英文）"),
    "fees_zh": N_("收费说明"),
    "fees_en": N_("收费说明（英文）"),
    "services_zh": N_("服务内容"),
    "services_en": N_("服务内容（英文）"),
    "url": N_("网址"),
    "yearly_running_hours": N_("年总运行机时"),
    "yearly_service_hours": N_("年服务机时"),
    "contact_name": N_("联系人"),
    "phone": N_("电话"),
    "email": N_("电子邮箱"),
    "postcode": N_("邮编"),
    "contact_visibility": N_("联系方式"),
    "customs_declaration": N_("进口报关单编号"),
    "customs_released_on": N_("海关放行日期"),
    "customs_supervised_until": N_("海关监管截止日期"),
    "running_state": N_("运行状态"),
    "share_mode": N_("共享模式"),
    "not_shared_reason": N_("不共享的理由"),
    "not_shared_approved_by": N_("批准不共享的主管部门"),
    "booking_mode": N_("预约方式"),
    "booking_url": N_("预约网址"),
    "withheld_reason": N_("不公开的理由"),
    "hides_position": N_("不公开确切位置"),
    "hides_free_time": N_("不公开空闲时间"),
    "grid_minutes": N_("时间刻度"),
    "slots": N_("固定时段"),
    "shortest_minutes": N_("最短时长"),
    "longest_minutes": N_("最长时长"),
    "notice_minutes": N_("至少提前"),
    "horizon_days": N_("最多提前"),
    "setup_minutes": N_("准备时间"),
    "cleanup_minutes": N_("清理时间"),
    "needs_approval": N_("需要机主批准"),
    "needs_payer": N_("须由经费账户支付"),
    "decision_days": N_("审批期限"),
    "allows_self": N_("可自主上机"),
    "allows_assisted": N_("可协助上机"),
    "closes_on_holidays": N_("节假日不开放"),
    "opening_hours": N_("开放时间"),
    "contact": N_("联系方式"),
    "inherits": N_("沿用的设定"),
    "capacity": N_("机位数"),
    "test_items": N_("检测项目"),
    "starts_on": N_("从哪天起"),
    "to_organisation_id": N_("接收单位"),
    "closed_from": N_("停用第一天"),
    "closed_until": N_("停用最后一天"),
    "note": N_("说明"),
}

GOES_ALONG = {
    "instruments": N_("仪器"),
    "people": N_("人员（含待确认的申请）"),
    "invitations": N_("尚未接受的邀请"),
    "kept_enquiries": N_("仪器转出后留下的咨询"),
    "kept_orders": N_("仪器转出后留下的委托"),
    "owner_changes": N_("将转入的仪器"),
}
