"""What the parts of a price and the lines of a quote are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.pricing import BilledOn, ExtraKind, LineKind, Offer, Per, Rounding

OFFERS = {
    Offer.OFFERED: N_("按下面的价格收费"),
    Offer.NOT_OFFERED: N_("不对这个类别开放"),
    Offer.WITHDRAWN: N_("不再单独定价"),
}
BILLED_ON = {
    BilledOn.BOOKED: N_("按预约时间"),
    BilledOn.ACTUAL: N_("按实际时间"),
    BilledOn.LARGER: N_("预约和实际中较长的"),
}
ROUNDINGS = {Rounding.FEN: N_("分"), Rounding.JIAO: N_("角"), Rounding.YUAN: N_("元")}
EXTRA_KINDS = {
    ExtraKind.CONSUMABLE: N_("耗材"),
    ExtraKind.PREPARATION: N_("制样"),
    ExtraKind.TEST_ITEM: N_("检测项目"),
}
PER = {
    Per.BOOKING: N_("每次"),
    Per.HOUR: N_("每小时"),
    Per.SAMPLE: N_("每个样品"),
    Per.PIECE: N_("按实际数量"),
}
LINES = {
    LineKind.PACKAGE: N_("包时（%(hours)s 小时）"),
    LineKind.TIME: N_("机时"),
    LineKind.PEAK_TIME: N_("高峰机时"),
    LineKind.SETUP: N_("开机费"),
    LineKind.STAFF: N_("协助上机"),
    LineKind.SAMPLES: N_("样品"),
    LineKind.MINIMUM: N_("补足最低收费"),
    LineKind.ROUNDING: N_("取整"),
    LineKind.LATE_CANCELLATION: N_("逾时取消"),
    LineKind.NO_SHOW: N_("预约未到"),
    LineKind.TAKEN: N_("时间由他人使用，减免"),
    LineKind.CLOSED: N_("时间内仪器停用，减免"),
    LineKind.WAIVER: N_("免收"),
    LineKind.CANCELLATION: N_("作废"),
    LineKind.VOUCHER: N_("创新券抵扣"),
    LineKind.DIFFERENCE: N_("创新券核减差额"),
}
OF_CHARGES = frozenset(
    {LineKind.LATE_CANCELLATION, LineKind.NO_SHOW, LineKind.TAKEN, LineKind.CLOSED, LineKind.WAIVER}
) | {LineKind.CANCELLATION, LineKind.ADJUSTMENT, LineKind.VOUCHER, LineKind.DIFFERENCE}
"""Lines that no quote has: amounts as they are, of nothing that is counted."""

WHY_SHARE = N_("报价 %(amount)s 的 %(share)s")
WHY_LET_OFF = {
    LineKind.TAKEN: N_("%(of)s中有 %(minutes)s由他人使用"),
    LineKind.CLOSED: N_("%(of)s中有 %(minutes)s仪器停用"),
}
UNNAMED = {
    LineKind.PACKAGE: N_("包时"),
    LineKind.CONSUMABLE: EXTRA_KINDS[ExtraKind.CONSUMABLE],
    LineKind.PREPARATION: EXTRA_KINDS[ExtraKind.PREPARATION],
    LineKind.TEST_ITEM: EXTRA_KINDS[ExtraKind.TEST_ITEM],
}
ADJUSTED = N_("调整")
WHY_QUOTED = N_("报价 %(quoted)s")
WHY_STEP = N_("不足 %(step)s 分钟按 %(step)s 分钟计")
WHY_PACKAGE = N_("包时比按小时便宜")
WHY_MINIMUM = N_("最低收费 %(amount)s")
WHY_ROUNDING = N_("总额四舍五入到%(unit)s")
FIELDS = {
    "user_group": N_("用户类别"),
    "valid_from": N_("生效日期"),
    "offer": N_("是否开放"),
    "hourly_fen": N_("每小时"),
    "peak_hourly_fen": N_("高峰每小时"),
    "peak_hours": N_("高峰时段"),
    "minimum_fen": N_("最低收费"),
    "setup_fen": N_("开机费"),
    "staff_hourly_fen": N_("协助上机每小时"),
    "sample_fen": N_("每个样品"),
    "step_minutes": N_("计费单位"),
    "rounding": N_("总额取整到"),
    "billed_on": N_("计费时间"),
    "cancel_hours": N_("免费取消截止"),
    "cancel_share": N_("逾时取消收取"),
    "no_show_share": N_("未到收取"),
    "extras": N_("耗材、制样与检测项目"),
    "packages": N_("包时"),
    "note_zh": N_("说明"),
    "note_en": N_("说明（英文）"),
    "reason": N_("调整原因"),
    "starts_at": N_("开始"),
    "ends_at": N_("结束"),
    "actual_starts_at": N_("实际开始"),
    "actual_ends_at": N_("实际结束"),
    "is_assisted": N_("协助上机"),
    "samples": N_("样品数"),
    "percent": N_("调整比例"),
    "same_as": N_("设成和它一样的价格"),
    "unit_id": N_("连同部门的价格"),
}
