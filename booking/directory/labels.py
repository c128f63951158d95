"""What kinds of organisations and days are called."""

from booking.core.texts import N_
from models.vocabulary.directory import DayKind, OrganisationKind

KIND = {
    OrganisationKind.UNIVERSITY: N_("高等学校"),
    OrganisationKind.RESEARCH_INSTITUTE: N_("科研院所"),
    OrganisationKind.TESTING_LABORATORY: N_("检测机构"),
    OrganisationKind.INNOVATION_CENTRE: N_("创新中心"),
    OrganisationKind.SCIENCE_PARK: N_("科技园区"),
    OrganisationKind.ALLIANCE: N_("联盟"),
    OrganisationKind.ENTERPRISE: N_("企业"),
    OrganisationKind.AUTHORITY: N_("主管部门"),
    OrganisationKind.PLATFORM: N_("共享平台"),
}
DAY_KIND = {
    DayKind.PUBLIC_HOLIDAY: N_("法定节假日"),
    DayKind.WORKING_WEEKEND: N_("调休上班"),
    DayKind.CLOSING_DAY: N_("单位不开放"),
    DayKind.POWER_CUT: N_("停电，仪器不开放"),
    DayKind.RUNS_AS: N_("按其他日子运行"),
}
WEEKDAY = {
    1: N_("星期一"),
    2: N_("星期二"),
    3: N_("星期三"),
    4: N_("星期四"),
    5: N_("星期五"),
    6: N_("星期六"),
    7: N_("星期日"),
}
FIELDS = {
    "change_reason": N_("变更原因"),
    "name_zh": N_("中文名称"),
    "name_en": N_("英文名称"),
    "kind": N_("类型"),
    "country": N_("国家或地区代码"),
    "adcode": N_("所在地区"),
    "uscc": N_("统一社会信用代码"),
    "website": N_("网站"),
    "latitude": N_("纬度"),
    "longitude": N_("经度"),
    "first_day": N_("第一天"),
    "last_day": N_("最后一天"),
    "runs_as": N_("按星期几运行"),
    "table": N_("日期表"),
    "file": N_("日期表文件"),
}
