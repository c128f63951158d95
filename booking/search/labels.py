"""What the search's own words are called."""

from booking.core.texts import N_
from booking.search.criteria import Sort

SORTS = {
    Sort.RELEVANCE: N_("相关度"),
    Sort.DISTANCE: N_("距离"),
    Sort.NAME: N_("名称"),
    Sort.NEWEST: N_("最新收录"),
}
CONDITIONS = {
    "q": N_("搜索词"),
    "class": N_("仪器类别"),
    "province": N_("省市"),
    "city": N_("城市"),
    "district": N_("区县"),
    "institution": N_("仪器单位"),
    "mode": N_("预约方式"),
    "in_service": N_("运行状态"),
    "voucher": N_("创新券"),
    "free": N_("空闲时间"),
    "max_km": N_("距离"),
}
FIELDS = {
    "q": N_("搜索词"),
    "class": N_("仪器类别"),
    "province": N_("省市"),
    "city": N_("城市"),
    "district": N_("区县"),
    "institution": N_("仪器单位"),
    "mode": N_("预约方式"),
    "in_service": N_("运行状态"),
    "voucher": N_("创新券"),
    "free_from": N_("空闲自"),
    "free_to": N_("空闲至"),
    "near_district": N_("靠近"),
    "max_km": N_("距离不超过"),
    "sort": N_("排序"),
    "page": N_("页码"),
}
IN_SERVICE = {True: N_("可用"), False: N_("待修或待报废")}
ABROAD = N_("境外")
