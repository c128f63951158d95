"""What cards and hats are called, and where the whole of a card stands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import ngettext

from booking.core.texts import N_
from booking.home.cards import Hat


@dataclass(frozen=True, slots=True)
class Place:
    """A page that shows all of what a card shows the first few of."""

    endpoint: str
    label: str
    values: dict[str, Any] = field(default_factory=dict)


HATS = {
    Hat.STEWARD: N_("管理仪器"),
    Hat.INSTITUTION: N_("管理单位"),
    Hat.PLATFORM: N_("管理平台"),
    Hat.AUDIT: N_("审计"),
    Hat.RESEARCHER: N_("自己的事"),
}
TITLES = {
    "decisions": N_("等您审批的预约"),
    "conflicts": N_("要处理的冲突"),
    "uses": N_("等您确认的使用"),
    "charges_disputed": N_("有异议的费用"),
    "charge_problems": N_("要处理的费用"),
    "charges_to_accept": N_("请您核对的费用"),
    "unagreed": N_("缺委托单或合同的预约"),
    "enquiries": N_("等您答复的咨询"),
    "sample_orders": N_("等您处理的送样委托"),
    "blocks_today": N_("今天的停用时段"),
    "training": N_("等待培训首批用户的新仪器"),
    "drafts": N_("还没有提交的记录"),
    "affiliations": N_("等待确认的人员"),
    "imports": N_("没有做完的导入"),
    "reports": N_("到期应公开的仪器"),
    "visits": N_("等待确认的来访"),
    "visits_without_host": N_("没有接待人的访客"),
    "rosters": N_("该更新的名册"),
    "affiliations_ending": N_("两周内到期的人员"),
    "left_behind": N_("已离开的人还有的预约"),
    "payers_expiring": N_("到期或即将到期的经费账户"),
    "payers_low": N_("所剩不足一成的经费账户"),
    "to_bill": N_("可以结算的费用"),
    "statements_overdue": N_("逾期未付的结算单"),
    "statements_owed": N_("您应付的结算单"),
    "prices_missing": N_("须由账户支付、但没有价格的仪器"),
    "contracts_to_keep": N_("要起草或签字的合同"),
    "contracts_ending": N_("两个月内到期的合同"),
    "successors": N_("等待接任者的角色"),
    "roles_ending": N_("即将到期、无人接任的角色"),
    "team_requests_left": N_("负责人已离开的课题组，有人想加入"),
    "reviews": N_("等您审查的记录"),
    "redemptions": N_("等您处理的兑付申请"),
    "clearing": N_("等您处理的创新券清算"),
    "registrations": N_("等待核验的单位"),
    "mail_domains": N_("等待核验的邮箱域名"),
    "affiliations_unmanaged": N_("等待确认的人员，单位还没有管理员"),
    "exemptions": N_("等您决定的免报申请"),
    "owner_changes": N_("等您接收的仪器"),
    "failing_jobs": N_("没有做成的任务"),
    "backup": N_("最近的备份太旧，或还没有备份"),
    "events_set_aside": N_("搁置的事件"),
    "mails_set_aside": N_("搁置的邮件"),
    "announced": N_("正在显示和将要显示的公告"),
    "role_changes": N_("最近的角色变动"),
    "charges_seen": N_("有异议或不能继续的费用"),
    "statements_seen": N_("逾期未付的结算单"),
    "own_roles_ending": N_("您即将到期、无人接任的角色"),
    "lead_asked": N_("请您接任负责人的课题组"),
    "team_requests": N_("想加入课题组的人"),
    "answers": N_("机主已答复的咨询"),
    "own_sample_orders": N_("等您处理的送样"),
    "own_unagreed": N_("您的预约还缺委托单或合同"),
    "contracts_to_sign": N_("等您单位签字的合同"),
    "applications_to_review": N_("等您审核的创新券申请"),
    "applications_returned": N_("退回补正的创新券申请"),
    "own_requests": N_("等待答复的申请"),
    "own_bookings": N_("接下来的预约"),
    "visits_hosted": N_("您接待的来访"),
    "team_members_ending": N_("两周内到期的课题组成员"),
    "feeds_hint": N_("在日历中查看预约"),
}
PLACES: dict[str, Place] = {
    "decisions": Place("reservations.board", N_("打开看板")),
    "conflicts": Place("reservations.board", N_("打开看板")),
    "uses": Place("reservations.uses", N_("全部使用")),
    "charges_disputed": Place("charges.staffed", N_("全部费用"), {"show": "disputed"}),
    "charge_problems": Place("charges.staffed", N_("全部费用"), {"show": "problems"}),
    "charges_to_accept": Place("charges.mine", N_("我的费用")),
    "to_bill": Place("statements.places", N_("全部结算")),
    "statements_overdue": Place("statements.places", N_("全部结算")),
    "statements_owed": Place("statements.mine", N_("我的结算单"), {"show": "open"}),
    "enquiries": Place("enquiries.waiting", N_("全部咨询")),
    "sample_orders": Place("samples.queue", N_("送样队列")),
    "blocks_today": Place("reservations.board", N_("打开看板")),
    "training": Place("catalogue.arrivals", N_("全部新到仪器")),
    "drafts": Place("catalogue.index", N_("全部草稿"), {"state": "draft"}),
    "reviews": Place("catalogue.reviews", N_("全部待审查")),
    "imports": Place("imports.index", N_("全部导入")),
    "reports": Place("catalogue.report_dates", N_("全部报送期限")),
    "redemptions": Place("redemptions.queue", N_("兑付待办")),
    "clearing": Place("clearing.index", N_("全部清算")),
    "registrations": Place("affiliations.registrations", N_("全部登记")),
    "mail_domains": Place("affiliations.registrations", N_("全部登记")),
    "exemptions": Place("catalogue.report_dates", N_("全部免报申请")),
    "owner_changes": Place("catalogue.owner_changes", N_("全部转移")),
    "failing_jobs": Place("operations.jobs", N_("查看任务")),
    "backup": Place("operations.system", N_("查看备份")),
    "events_set_aside": Place("operations.jobs", N_("查看任务")),
    "mails_set_aside": Place("operations.mailbox", N_("查看邮件")),
    "announced": Place("announcements.index", N_("全部公告")),
    "role_changes": Place("accounts.audit", N_("查看日志"), {"action": "accounts.grant_"}),
    "charges_seen": Place("charges.staffed", N_("全部费用"), {"show": "problems"}),
    "statements_seen": Place("statements.places", N_("全部结算")),
    "answers": Place("enquiries.index", N_("我的咨询")),
    "own_sample_orders": Place("samples.index", N_("我的送样委托")),
    "contracts_to_sign": Place("contracts.mine", N_("我的合同")),
    "applications_to_review": Place("applications.index", N_("全部申请"), {"show": "to_review"}),
    "applications_returned": Place("applications.index", N_("全部申请"), {"show": "own"}),
    "own_requests": Place("reservations.mine", N_("我的预约"), {"state": "requested"}),
    "own_bookings": Place("reservations.mine", N_("我的预约")),
    "lead_asked": Place("teams.mine", N_("我的课题组")),
    "team_requests": Place("teams.mine", N_("我的课题组")),
    "team_members_ending": Place("teams.mine", N_("我的课题组")),
    "feeds_hint": Place("calendars.index", N_("订阅到日历")),
}
TODO = {"close": N_("待关账"), "confirm": N_("请确认"), "settle": N_("待登记划款")}
"""What is to be done with an item."""
DUE = {
    "own_requests": N_("%(moment)s 前会有答复"),
    "charges_to_accept": N_("%(moment)s 前可提出异议"),
}
DUE_TO_ME = N_("%(moment)s 前答复")
LATE = N_("已逾期，应在 %(moment)s 前答复")
DUE_ON = {
    "reports": N_("应在 %(day)s 前公开"),
    "rosters": N_("应在 %(day)s 前更新"),
    "payers_expiring": N_("有效期到 %(day)s"),
    "statements_overdue": N_("应在 %(day)s 前付清"),
    "statements_owed": N_("请在 %(day)s 前付清"),
    "statements_seen": N_("应在 %(day)s 前付清"),
    "contracts_ending": N_("有效期到 %(day)s"),
    "applications_to_review": N_("应在 %(day)s 前审核"),
    "successors": N_("本应在 %(day)s 结束"),
    "roles_ending": N_("到 %(day)s 结束"),
    "own_roles_ending": N_("到 %(day)s 结束，请指定接任者"),
    "visits": N_("%(day)s 开始"),
    "visits_without_host": N_("最晚到 %(day)s 结束"),
    "visits_hosted": N_("到 %(day)s 结束"),
    "team_members_ending": N_("到 %(day)s 结束"),
    "redemptions": N_("应在 %(day)s 前办理"),
    "sample_orders": N_("希望 %(day)s 前完成"),
    "own_sample_orders": N_("希望 %(day)s 前完成"),
}
COUNTS: dict[str, Callable[[int], str]] = {
    "imports": lambda count: ngettext("%(count)s 行被拒绝", "%(count)s 行被拒绝", count, count=count),
    "to_bill": lambda count: ngettext("%(count)s 个付款人", "%(count)s 个付款人", count, count=count),
    "left_behind": lambda count: ngettext(
        "%(count)s 条预约待移交或取消", "%(count)s 条预约待移交或取消", count, count=count
    ),
}
