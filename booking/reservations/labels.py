"""What reservations are called, and why they are refused: Chinese source sentences, translated at the edge."""

from collections.abc import Mapping

from booking.core.texts import N_
from booking.reservations.reasons import Action, Code
from models.vocabulary.reservations import (
    BlockKind,
    ChangeKind,
    Direction,
    PersonRole,
    ReservationMode,
    ReservationState,
)

STATES: Mapping[ReservationState, str] = {
    ReservationState.REQUESTED: N_("待审批"),
    ReservationState.CONFIRMED: N_("已确认"),
    ReservationState.COMPLETED: N_("已完成"),
    ReservationState.NO_SHOW: N_("未到"),
    ReservationState.REJECTED: N_("未通过"),
    ReservationState.CANCELLED: N_("已取消"),
    ReservationState.LAPSED: N_("已失效"),
}

MODES: Mapping[ReservationMode, str] = {
    ReservationMode.SELF: N_("自主上机"),
    ReservationMode.ASSISTED: N_("协助上机"),
}

DIRECTIONS: Mapping[Direction, str] = {
    Direction.RESEARCH: N_("科学研究"),
    Direction.DEVELOPMENT: N_("技术开发"),
    Direction.TEACHING: N_("教学"),
    Direction.OTHER: N_("其他"),
}

ROLES: Mapping[PersonRole, str] = {
    PersonRole.OPERATOR: N_("上机人"),
    PersonRole.PARTICIPANT: N_("参与人"),
}

BLOCK_KINDS: Mapping[BlockKind, str] = {
    BlockKind.CLOSURE: N_("停用"),
    BlockKind.MAINTENANCE: N_("维护"),
    BlockKind.OUTAGE: N_("故障"),
    BlockKind.OUTSIDE: N_("外部占用"),
}

CHANGES: Mapping[ChangeKind, str] = {
    ChangeKind.REQUESTED: N_("提交申请"),
    ChangeKind.CONFIRMED: N_("确认预约"),
    ChangeKind.REJECTED: N_("审批未通过"),
    ChangeKind.MOVED: N_("已改时间"),
    ChangeKind.MOVE_ASKED: N_("申请改时间"),
    ChangeKind.MOVE_REJECTED: N_("改时间未通过"),
    ChangeKind.MOVE_WITHDRAWN: N_("撤回改时间申请"),
    ChangeKind.MOVE_LAPSED: N_("改时间申请逾期失效"),
    ChangeKind.EDITED: N_("已修改内容"),
    ChangeKind.CANCELLED: N_("已取消"),
    ChangeKind.LAPSED: N_("逾期未审批，失效"),
    ChangeKind.KEPT: N_("有冲突，仍保留"),
    ChangeKind.HANDED_OVER: N_("已移交"),
    ChangeKind.COMPLETED: N_("已确认使用"),
    ChangeKind.NO_SHOW: N_("登记为未到"),
}

LAPSED_UNAGREED = N_("开始时缺少委托单或合同，失效")
"""What history says instead of a reservation that lapsed at its start."""

REFUSALS: Mapping[Code, str] = {
    Code.NOT_SIGNED_IN: N_("登录后才能预约。"),
    Code.NOT_BOOKABLE_HERE: N_("这台仪器不在本平台直接预约，时间需与机主确认。"),
    Code.NOT_IN_SERVICE: N_("仪器目前不能使用（待修或待报废）。"),
    Code.NOT_SHARED: N_("这台仪器目前不对您所在的单位开放预约。"),
    Code.NOT_OFFERED: N_("这台仪器不对“%(group)s”开放。"),
    Code.NEEDS_APPROVAL: N_("这台仪器的预约须经审批，不能自行移交。请联系仪器管理员，由仪器所在单位的管理员移交。"),
    Code.CANNOT_TAKE_OVER: N_("接手人不能接手其中的预约。"),
    Code.SUSPENDED: N_("%(until)s 之前暂停预约这台仪器。原因：%(reason)s"),
    Code.MODE_NOT_OFFERED: N_("这台仪器不提供“%(mode)s”。"),
    Code.IN_THE_PAST: N_("所选时间已经过去。"),
    Code.HAS_BEGUN: N_("预约已经开始，只能更改结束时间。"),
    Code.LATE_TO_GIVE_UP: N_(
        "免费取消的期限已过，不能再让出已经预约的时间或样品。可以取消预约（费用 %(fee_fen)s），或请仪器管理员更改。"
    ),
    Code.COUNTS_AS_BOOKED: N_("使用时间已经开始，费用按预约计算，不能再减少。如有需要，请联系仪器管理员。"),
    Code.TOO_SOON: N_("须提前 %(minutes)s 预约，最早可从 %(earliest)s 开始。"),
    Code.TOO_FAR: N_("最多提前 %(days)s 天预约，最晚可选 %(last_day)s。"),
    Code.TOO_FAR_FOR_GROUP: N_(
        "您在这个单位的用户类别是“%(group)s”，最多提前 %(days)s 天预约，最晚可选 %(last_day)s。"
    ),
    Code.OFF_GRID: N_("开始和结束时间须为 %(minutes)s的整数倍。"),
    Code.NOT_A_SLOT: N_("这台仪器按固定时段预约：%(slots)s。"),
    Code.TOO_SHORT: N_("每次至少预约 %(minutes)s。"),
    Code.TOO_LONG: N_("每次最多预约 %(minutes)s。"),
    Code.PAYER_NEEDED: N_(
        "这台仪器的费用 %(needed_fen)s 须由经费账户支付，您没有可以支付的账户。请联系课题负责人或单位财务。"
    ),
    Code.PAYER_UNCHOSEN: N_("这台仪器的费用 %(needed_fen)s 须由经费账户支付，请选定一个。"),
    Code.PAYER_UNKNOWN: N_("这个经费账户您已不能使用，请另选一个。"),
    Code.PAYER_EXPIRED: N_("经费账户“%(payer)s”在预约的那天已到期（%(day)s）。"),
    Code.PAYER_OTHER_PROVINCE: N_("经费账户“%(payer)s”不能用于其他省份的仪器，没有允许的规定。"),
    Code.PAYER_OTHER_PLACE: N_("经费账户“%(payer)s”只能用于设立它的单位的仪器。"),
    Code.PAYER_SHORT: N_("经费账户“%(payer)s”剩余 %(left_fen)s，需要 %(needed_fen)s。"),
    Code.PAYER_LIMITED: N_("您在经费账户“%(payer)s”的限额还剩 %(left_fen)s，需要 %(needed_fen)s。"),
    Code.PAYER_SHORT_NOW: N_("经费账户剩余 %(left_fen)s，需要 %(needed_fen)s。"),
    Code.PAYER_LIMITED_NOW: N_("您在经费账户的限额还剩 %(left_fen)s，需要 %(needed_fen)s。"),
    Code.PAYER_OF_HOLDER: N_("预约人的经费账户不能支付这次更改。"),
    Code.PAYER_OVERDUE: N_("经费账户“%(payer)s”在这个单位有逾期未付的结算单，付清之前不能用它预约。"),
    Code.PAYER_OWES: N_(
        "您或您的经费账户在这个单位有逾期未付的结算单，付清之前只能用没有逾期的经费账户预约。详见“我的结算单”。"
    ),
    Code.PAYER_OWED_BY_OTHERS: N_(
        "您使用的经费账户在这个单位有逾期未付的结算单，付清之前只能用没有逾期的经费账户预约。请联系账户的负责人。"
    ),
    Code.PAYER_SEPARATELY: N_("审批期间原来的时间仍保留，改时间时不能更换经费账户。请先单独更换，再改时间。"),
    Code.VOUCHER_UNKNOWN: N_("您没有这张可用的创新券，请另选一张，或不用券。"),
    Code.VOUCHER_AFTER_USE_BY: N_("所选的创新券只能用于 %(last_day)s 及以前开始的使用。要约更晚的时间，请先取消用券。"),
    Code.VOUCHER_COVERS_NOTHING: N_("所选的创新券不能抵扣这次使用：%(plan)s"),
    Code.VOUCHER_SHORT_NOW: N_("创新券的余额刚刚有变：现在可抵 %(covered_fen)s，须付 %(own_fen)s。请看清后再提交。"),
    Code.VOUCHER_OF_HOLDER: N_("预约人选用的创新券不能用于所选的时间，请预约人先取消用券。"),
    Code.VOUCHER_NOT_FOR_BOTH: N_("创新券不能同时为原时间和新时间占用。请先取消用券，或取消后重新预约。"),
    Code.VOUCHER_HAS_BEGUN: N_("使用已经开始，不能再更改用券。"),
    Code.ORDER_FORM_NEEDED: N_("这个单位要求外单位用户先接受委托单，请阅读六项条款后勾选接受。"),
    Code.ORDER_FORM_CHANGED: N_("委托单的条款已有新的版本，请阅读后再接受。"),
    Code.CLOSED: N_("所选时间不全在开放时间内。"),
    Code.SLOT_TAKEN: N_("该时段已被占用。"),
}

REMEDIES: Mapping[Action, str] = {
    Action.USE_PERIOD: N_("改为 %(period)s"),
    Action.SHORTEN: N_("缩短为 %(period)s"),
    Action.LENGTHEN: N_("延长为 %(period)s"),
    Action.USE_MODE: N_("改为%(mode)s"),
    Action.USE_PAYER: N_("改由“%(payer)s”支付"),
    Action.PAY_LATER: N_("不用经费账户，以后结算"),
    Action.USE_VOUCHER: N_("改用创新券 %(voucher)s"),
    Action.NO_VOUCHER: N_("不用创新券"),
    Action.ACCEPT_ORDER_FORM: N_("阅读并接受委托单"),
    Action.CONTACT_OWNER: N_("联系机主"),
    Action.OPEN_OWNER_SYSTEM: N_("前往机主的预约系统"),
    Action.SIGN_IN: N_("登录"),
}
