"""What cards and hats are called, and where the whole of a card stands."""

from booking.core.texts import N_
from booking.home.cards import Hat

HATS = {
    Hat.STEWARD: N_("管理仪器"),
    Hat.INSTITUTION: N_("管理单位"),
    Hat.PLATFORM: N_("管理平台"),
    Hat.AUDIT: N_("审计"),
    Hat.RESEARCHER: N_("自己的预约"),
}
TITLES = {
    "decisions": N_("等您审批的预约"),
    "conflicts": N_("要处理的冲突"),
    "blocks_today": N_("今天的停用时段"),
    "drafts": N_("还没有提交的记录"),
    "affiliations": N_("等待确认的人员"),
    "reviews": N_("等您审查的记录"),
    "failing_jobs": N_("没有做成的任务"),
    "events_set_aside": N_("搁置的事件"),
    "mails_set_aside": N_("搁置的邮件"),
    "announced": N_("正在显示和将要显示的公告"),
    "role_changes": N_("最近的角色变动"),
    "own_requests": N_("等待答复的申请"),
    "own_bookings": N_("接下来的预约"),
    "feeds_hint": N_("在日历中查看预约"),
}
PLACES = {
    "decisions": ("reservations.board", {}, N_("打开看板")),
    "conflicts": ("reservations.board", {}, N_("打开看板")),
    "blocks_today": ("reservations.board", {}, N_("打开看板")),
    "drafts": ("catalogue.index", {"state": "draft"}, N_("全部草稿")),
    "reviews": ("catalogue.reviews", {}, N_("全部待审查")),
    "failing_jobs": ("operations.jobs", {}, N_("查看任务")),
    "events_set_aside": ("operations.jobs", {}, N_("查看任务")),
    "mails_set_aside": ("operations.mailbox", {}, N_("查看邮件")),
    "announced": ("announcements.index", {}, N_("全部公告")),
    "role_changes": ("accounts.audit", {"action": "accounts.grant_"}, N_("查看日志")),
    "own_requests": ("reservations.mine", {"state": "requested"}, N_("我的预约")),
    "own_bookings": ("reservations.mine", {}, N_("我的预约")),
    "feeds_hint": ("calendars.index", {}, N_("订阅到日历")),
}
ROLE_CHANGES = {"accounts.grant_given": N_("授予角色"), "accounts.grant_ended": N_("结束角色")}
