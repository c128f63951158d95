"""What states, steps and parts of sample orders are called, with the kind and sign of their chips."""

from booking.core.texts import N_
from booking.pricing.labels import ADJUSTED, EXTRA_KINDS, LINES, UNNAMED
from booking.samples.lists import Show
from booking.samples.stickers import Which
from models.vocabulary.pricing import ExtraKind, LineKind
from models.vocabulary.samples import (
    Hazard,
    Leftover,
    ReportKind,
    SampleOrderState,
    SampleState,
    SampleStep,
    Settling,
)

STATE = {
    SampleOrderState.REQUESTED: N_("等待报价"),
    SampleOrderState.QUOTED: N_("已报价，待接受"),
    SampleOrderState.EXPIRED: N_("报价已过期"),
    SampleOrderState.ACCEPTED: N_("已接受，待寄样"),
    SampleOrderState.SENT: N_("样品在途"),
    SampleOrderState.QUESTIONED: N_("收样不符，待答复"),
    SampleOrderState.QUEUED: N_("排队中"),
    SampleOrderState.TESTING: N_("测试中"),
    SampleOrderState.REPORTED: N_("结果已交，待确认"),
    SampleOrderState.DISPUTED: N_("对结果有异议"),
    SampleOrderState.DONE: N_("已完成"),
    SampleOrderState.REFUSED: N_("不能承接"),
    SampleOrderState.CANCELLED: N_("已取消"),
}
STATE_LOOKS = {
    SampleOrderState.REQUESTED: ("attention", "…"),
    SampleOrderState.QUOTED: ("attention", "?"),
    SampleOrderState.EXPIRED: ("plain", "×"),
    SampleOrderState.ACCEPTED: ("action", ""),
    SampleOrderState.SENT: ("action", "→"),
    SampleOrderState.QUESTIONED: ("wrong", "?"),
    SampleOrderState.QUEUED: ("action", "…"),
    SampleOrderState.TESTING: ("action", "▸"),
    SampleOrderState.REPORTED: ("attention", "✓"),
    SampleOrderState.DISPUTED: ("wrong", "!"),
    SampleOrderState.DONE: ("right", "✓"),
    SampleOrderState.REFUSED: ("wrong", "×"),
    SampleOrderState.CANCELLED: ("plain", "×"),
}
STEP = {
    SampleStep.REQUEST: N_("提出委托"),
    SampleStep.QUOTE: N_("报价"),
    SampleStep.REFUSE: N_("不能承接"),
    SampleStep.EXPIRE: N_("报价过期"),
    SampleStep.ACCEPT: N_("接受报价"),
    SampleStep.SEND: N_("寄出样品"),
    SampleStep.RECEIVE: N_("收到样品"),
    SampleStep.SETTLE: N_("答复收样不符"),
    SampleStep.RUN: N_("安排测试"),
    SampleStep.RECORD: N_("登记样品"),
    SampleStep.COUNT: N_("登记实际完成的数量"),
    SampleStep.REPORT: N_("交付结果"),
    SampleStep.APPROVE: N_("确认结果"),
    SampleStep.RELEASE: N_("费用付清，交付结果"),
    SampleStep.DISPUTE: N_("提出异议"),
    SampleStep.UPHOLD: N_("维持结果"),
    SampleStep.CANCEL: N_("取消委托"),
    SampleStep.GIVE_BACK: N_("处理剩余样品"),
}
SAMPLE_STATE = {
    SampleState.EXPECTED: N_("未收到"),
    SampleState.MISSING: N_("缺少"),
    SampleState.RECEIVED: N_("完好"),
    SampleState.TESTED: N_("已测试"),
    SampleState.FAILED: N_("未能测出"),
    SampleState.DAMAGED: N_("损坏"),
    SampleState.LOST: N_("遗失"),
}
SAMPLE_LOOKS = {
    SampleState.EXPECTED: ("plain", "…"),
    SampleState.MISSING: ("wrong", "?"),
    SampleState.RECEIVED: ("action", ""),
    SampleState.TESTED: ("right", "✓"),
    SampleState.FAILED: ("attention", "×"),
    SampleState.DAMAGED: ("wrong", "!"),
    SampleState.LOST: ("wrong", "×"),
}
HAZARD = {
    Hazard.FLAMMABLE: N_("易燃"),
    Hazard.TOXIC: N_("有毒"),
    Hazard.CORROSIVE: N_("腐蚀"),
    Hazard.BIOLOGICAL: N_("生物危害"),
    Hazard.RADIOACTIVE: N_("放射性"),
    Hazard.PRESSURISED: N_("带压"),
    Hazard.OTHER: N_("其他危险"),
}
LEFTOVER = {Leftover.RETURN: N_("寄回"), Leftover.DISPOSE: N_("销毁")}
GIVEN_BACK = {Leftover.RETURN: N_("已寄回"), Leftover.DISPOSE: N_("已销毁")}
REPORT = {
    ReportKind.DATA: N_("只要数据"),
    ReportKind.REPORT: N_("检测报告，不带标识"),
    ReportKind.CMA: N_("带 CMA 标识的报告"),
    ReportKind.CNAS: N_("带 CNAS 标识的报告"),
    ReportKind.CMA_CNAS: N_("带 CMA 和 CNAS 标识的报告"),
}
SETTLING = {
    Settling.GO_ON: N_("用收到的样品继续"),
    Settling.RETURN: N_("取消委托，寄回样品"),
    Settling.DISPOSE: N_("取消委托，销毁样品"),
}
LINE = {
    LineKind.TEST_ITEM: EXTRA_KINDS[ExtraKind.TEST_ITEM],
    LineKind.PREPARATION: EXTRA_KINDS[ExtraKind.PREPARATION],
    LineKind.CONSUMABLE: EXTRA_KINDS[ExtraKind.CONSUMABLE],
    LineKind.SAMPLES: LINES[LineKind.SAMPLES],
    LineKind.SETUP: LINES[LineKind.SETUP],
    LineKind.MINIMUM: LINES[LineKind.MINIMUM],
    LineKind.ROUNDING: LINES[LineKind.ROUNDING],
}
LINE_NAMES = {**LINES, **LINE, LineKind.PACKAGE: UNNAMED[LineKind.PACKAGE]}
"""What a line without a name of its own is called, whoever wrote it: the API takes more kinds than the page offers."""

OTHER_LINE = ADJUSTED
SHOW = {
    Show.WAITING: N_("等我处理"),
    Show.OPEN: N_("进行中"),
    Show.OVER: N_("已结束"),
    Show.ALL: N_("全部"),
}
WHICH = {
    Which.BOTH: N_("整单和每个样品"),
    Which.ORDERS: N_("只要整单的"),
    Which.SAMPLES: N_("只要样品的"),
}
FIELDS = {
    "order": N_("选择委托"),
    "title": N_("样品名称"),
    "sample_count": N_("样品数"),
    "marks": N_("样品编号"),
    "description": N_("样品说明"),
    "test_items": N_("检测项目"),
    "other_tests": N_("其他要测的"),
    "hazards": N_("危险性"),
    "hazard_note": N_("危险性说明"),
    "leftover": N_("剩余样品"),
    "return_address": N_("寄回地址"),
    "report": N_("要什么结果"),
    "due_on": N_("希望完成日期"),
    "message": N_("留言"),
    "organisation_id": N_("代表的企业"),
    "files": N_("附件"),
    "lines": N_("报价明细"),
    "valid_until": N_("报价有效期至"),
    "reason": N_("理由"),
    "note": N_("说明"),
    "courier": N_("快递公司或送样方式"),
    "tracking_number": N_("快递单号"),
    "damaged": N_("损坏的样品"),
    "missing": N_("缺少的样品"),
    "extra": N_("多出的样品数"),
    "answer": N_("怎样处理"),
    "order_ids": N_("选择委托"),
    "starts_at": N_("开始"),
    "ends_at": N_("结束"),
    "override_reason": N_("仍要安排的理由"),
    "report_number": N_("报告编号"),
    "positions": N_("包含的样品"),
    "is_final": N_("这是最后的结果"),
    "state": N_("状态"),
    "how": N_("怎样处理"),
    "text": N_("内容"),
    "position": N_("样品"),
    "sample_state": N_("样品的情况"),
    "sample_note": N_("发生了什么"),
    "refuse_reason": N_("不能承接的理由"),
    "cancel_reason": N_("取消的理由"),
    "dispute_reason": N_("哪里不对"),
    "uphold_reason": N_("为什么结果无误"),
    "payer_account_id": N_("经费账户"),
    "voucher": N_("用券"),
    "counts": N_("实际完成的数量"),
    "count_note": N_("说明"),
}
