"""The timetable, one table: which job, when, and what it does for people."""

from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from booking import order_jobs
from booking.accounts import ending, succession
from booking.accounts import jobs as accounts
from booking.affiliations import hosting, invitations, leaving, roster_refusals, rosters, visitors
from booking.applications import reminding as applying
from booking.catalogue import moves, owners
from booking.catalogue.report_queries import notices_due
from booking.catalogue.report_terms import report_terms
from booking.catalogue.reporting import remind_of_reports
from booking.core.texts import N_
from booking.database import idempotency
from booking.enquiries import queries as enquiries
from booking.enquiries import service as asking
from booking.imports import jobs as imports
from booking.notifications import service as notifications
from booking.operations.posting import post_due
from booking.operations.proving import prove_books
from booking.operations.running import Job, one_by_one, within_transaction
from booking.operations.schedules import Daily, Every
from booking.privacy import service as privacy
from booking.redemptions import batch_reminding, lapsing
from booking.reservations import approval, letting_go
from booking.statements import jobs as issuing
from booking.teams import joining
from booking.vouchers import ending as vouchers
from booking.vouchers import reminding as voucher_reminding
from booking.vouchers.reminder_days import reminder_days


def _post(now: datetime) -> int:
    """Events become mails, mails go out; how many went out."""
    return post_due(lambda: now)


def _lapse(now: datetime) -> int:
    """Reservations that nobody decided in time; how many lapsed."""
    return one_by_one(approval.due_to_lapse, approval.lapse_reservation, now=now)


def _end_affiliations(now: datetime) -> int:
    """Affiliations whose last day is over end with their grants; how many."""
    return one_by_one(leaving.due_to_end, leaving.end_over, now=now)


def _end_succeeded(now: datetime) -> int:
    """Roles of people who have left end as soon as somebody else holds them; how many."""
    return one_by_one(succession.due_to_succeed, ending.end_succeeded, now=now)


def _remind_affiliations(now: datetime) -> int:
    """Tell those whose affiliation is about to end; how many were told."""
    return one_by_one(leaving.due_to_remind, leaving.remind, now=now)


def _end_visits(session: Session, now: datetime) -> int:
    """Visits that are over or that nobody receives end, and lost hosts are noted; how many of all."""
    ended = visitors.end_over_visits(session, now) + hosting.end_without_host(session, now=now)
    return ended + hosting.miss_hosts(session, now=now)


def _tidy_affiliations(session: Session, now: datetime) -> int:
    """Invitations and rosters that nobody took up, who was invited, rows refused a month ago; how many."""
    tidied = invitations.expire_over(session, now) + rosters.forget_drafts(session, now)
    tidied += invitations.forget_untaken(session, now) + joining.forget_untaken(session, now)
    return tidied + roster_refusals.forget_refused(session, now)


def _forget_unconfirmed(now: datetime) -> int:
    """Accounts whose address nobody has confirmed for a month; how many were erased."""
    return one_by_one(privacy.unconfirmed, privacy.forget_unconfirmed, now=now)


def _move(now: datetime) -> int:
    """Instruments whose move takes effect today; how many."""
    return one_by_one(moves.moves_due, moves.apply_move, now=now)


def _change_owners(now: datetime) -> int:
    """Instruments that go to another institution today; how many."""
    return one_by_one(owners.changes_due, owners.apply_change, now=now)


def _let_go_vouchers(now: datetime) -> int:
    """Bookings whose vouchers cannot be used any more hold what is still covered; how many changed."""
    return one_by_one(letting_go.due_to_let_go, letting_go.let_go_of_lost, now=now)


def _remind_of_reports(now: datetime) -> int:
    """Accepted instruments whose report date comes near or is past; how many institutions were reminded."""
    terms = report_terms()

    def due(session: Session, *, now: datetime) -> list[int]:
        return notices_due(session, terms, now=now)

    def remind(session: Session, organisation_id: int, /, *, now: datetime) -> bool:
        return remind_of_reports(session, organisation_id, terms, now=now)

    return one_by_one(due, remind, now=now)


def _remind_enquiries(now: datetime) -> int:
    """Tell the staff of enquiries that nobody answered in time; how many."""
    return one_by_one(enquiries.overdue, asking.remind, now=now)


def _expire_vouchers(now: datetime) -> int:
    """Vouchers whose last day of use is over end, and what is left of them goes back; how many."""
    return one_by_one(vouchers.due_to_expire, vouchers.expire_voucher, now=now)


def _lapse_unredeemed(now: datetime) -> int:
    """What vouchers covered and nobody asked to be paid for in time goes back; of how many vouchers."""
    return one_by_one(lapsing.due_to_lapse, lapsing.lapse_voucher, now=now)


def _remind_of_vouchers(now: datetime) -> int:
    """Deadlines of vouchers that come near are told, some days before; of how many vouchers."""
    days = reminder_days()
    return one_by_one(
        partial(voucher_reminding.due_to_remind, days=days), partial(voucher_reminding.remind, days=days), now=now
    )


def _remind_of_batches(now: datetime) -> int:
    """Batches that are about to close are told to who may still claim in them; of how many programmes."""
    days = reminder_days()
    return one_by_one(
        partial(batch_reminding.due_to_remind, days=days),
        partial(batch_reminding.remind_of_batches, days=days),
        now=now,
    )


def _remind_of_reviews(now: datetime) -> int:
    """Reviews of applications for vouchers that are overdue are brought before their office; of how many offices."""
    return one_by_one(applying.due_to_remind, applying.remind_of_reviews, now=now)


def _forget_answers(session: Session, now: datetime) -> int:
    """Answers kept for repeated requests; how many were forgotten."""
    return idempotency.forget_old(session, now=now)


def _imports(now: datetime) -> int:
    """Imports that nobody works on are gone on with; how many steps were finished."""
    return imports.work_due(lambda: now)


def _issue_statements(now: datetime) -> int:
    """Statements that are to be issued in one go are gone on with; how many runs were."""
    return issuing.work_due(lambda: now)


TIMETABLE = (
    Job("post", N_("把发生的事变成通知邮件并寄出。"), Every(timedelta(seconds=10)), _post),
    Job(
        "lapse_reservations",
        N_("让逾期未审批的预约失效，时段重新开放。"),
        Every(timedelta(minutes=1)),
        _lapse,
    ),
    Job(
        "weigh_uses",
        N_("按新单位的要求，重新核对转到另一单位的仪器上的外单位预约和委托。"),
        Every(timedelta(minutes=1)),
        order_jobs.weigh_uses,
    ),
    Job(
        "lapse_unagreed",
        N_("让已到开始时间、仍缺委托单或合同的外单位预约失效。"),
        Every(timedelta(minutes=1)),
        order_jobs.lapse_unagreed,
    ),
    Job("imports", N_("继续处理上传的仪器表格。"), Every(timedelta(seconds=10)), _imports),
    Job("prove_books", N_("把全部账目重新加一遍，有差异时告诉平台管理员和审计。"), Daily(time(3, 10)), prove_books),
    Job("issue_statements", N_("继续出具结算单。"), Every(timedelta(seconds=10)), _issue_statements),
    Job("move_instruments", N_("让到期的仪器搬迁生效。"), Every(timedelta(minutes=10)), _move),
    Job("change_owners", N_("让到期的仪器转移生效。"), Every(timedelta(minutes=10)), _change_owners),
    Job("let_go_vouchers", N_("释放创新券为不能再用券的预约预留的金额。"), Every(timedelta(hours=1)), _let_go_vouchers),
    Job("remind_of_reports", N_("提醒即将到期和逾期未公开的仪器。"), Daily(time(8, 30)), _remind_of_reports),
    Job(
        "remind_enquiries",
        N_("提醒机主逾期未答复的咨询。"),
        Every(timedelta(minutes=10)),
        _remind_enquiries,
    ),
    Job(
        "end_contracts",
        N_("让过了最后一天的合同到期，并提醒两个月内到期的合同。"),
        Daily(time(0, 20)),
        order_jobs.end_contracts,
    ),
    Job(
        "accept_results",
        N_("样品结果到期没有异议的视为确认，并产生费用。"),
        Every(timedelta(minutes=10)),
        order_jobs.accept_results,
    ),
    Job(
        "release_results",
        N_("费用付清后交付扣留的送样结果。"),
        Every(timedelta(minutes=1)),
        order_jobs.release_results,
    ),
    Job("expire_vouchers", N_("让过了使用截止日的创新券过期，余额收回。"), Daily(time(0, 25)), _expire_vouchers),
    Job(
        "lapse_unredeemed",
        N_("让过了兑付截止日仍没有申请的抵扣金额过期，退回政策预算，并告知可以申请的一方。"),
        Daily(time(0, 35)),
        _lapse_unredeemed,
    ),
    Job(
        "remind_of_vouchers",
        N_("创新券的使用和兑付截止日前按设定的天数各提醒一次。"),
        Daily(time(9, 10)),
        _remind_of_vouchers,
    ),
    Job(
        "remind_of_batches",
        N_("创新券兑付批次截止前按设定的天数，各提醒还有金额可以申请的一方一次。"),
        Daily(time(9, 15)),
        _remind_of_batches,
    ),
    Job(
        "remind_of_reviews",
        N_("提醒主管部门逾期未审核的创新券申请，每周一次，只在工作日。"),
        Daily(time(8, 50)),
        _remind_of_reviews,
    ),
    Job("expire_quotes", N_("让过了有效期的送样报价失效。"), Daily(time(0, 15)), order_jobs.expire_quotes),
    Job(
        "remind_of_uses",
        N_("提醒确认已结束的使用，逾期的提请副管理员、部门和单位处理。"),
        Daily(time(8, 40)),
        order_jobs.remind_of_uses,
    ),
    Job(
        "remind_of_disputes",
        N_("提醒答复一周以上没有答复的费用异议，每周一次。"),
        Daily(time(8, 45)),
        order_jobs.remind_of_disputes,
    ),
    Job(
        "go_on_with_charges",
        N_("到期没有异议的费用视为接受，逾时取消的费用在时间过后确定。"),
        Every(timedelta(minutes=10)),
        order_jobs.go_on_with_charges,
    ),
    Job(
        "remind_of_statements",
        N_("提醒付清逾期的结算单，每周一次。"),
        Daily(time(9, 0)),
        order_jobs.remind_of_statements,
    ),
    Job(
        "end_affiliations",
        N_("结束已过最后一天的单位隶属，以及随之而来的角色。"),
        Daily(time(0, 5)),
        _end_affiliations,
    ),
    Job(
        "end_succeeded_roles",
        N_("有了接任者之后，结束已离开的人的角色。"),
        Every(timedelta(minutes=10)),
        _end_succeeded,
    ),
    Job(
        "remind_affiliations",
        N_("提醒三十天内到期的单位隶属。"),
        Daily(time(8, 30)),
        _remind_affiliations,
    ),
    Job(
        "end_visits",
        N_("结束已过最后一天、或接待人离开两周仍无人接待的来访，并删除半年前来访者的姓名、联系方式和证件号码。"),
        Daily(time(0, 10)),
        within_transaction(_end_visits),
    ),
    Job(
        "tidy_affiliations",
        N_("让一个月无人理会的邀请和名册失效；删除一个月前不能接受的行，和半年前作废的邀请里的个人信息。"),
        Daily(time(3, 40)),
        within_transaction(_tidy_affiliations),
    ),
    Job(
        "forget_unconfirmed",
        N_("删除一个月没有确认邮箱的账户。"),
        Daily(time(3, 50)),
        _forget_unconfirmed,
    ),
    Job(
        "forget_answers",
        N_("删除一天前为重复请求保存的回答。"),
        Every(timedelta(hours=1)),
        within_transaction(_forget_answers),
    ),
    Job(
        "forget_failures",
        N_("删除一天前的登录失败计数。"),
        Daily(time(3, 10)),
        within_transaction(accounts.forget_old_failures),
    ),
    Job(
        "forget_secrets",
        N_("删除一个月前过期的邮件链接。"),
        Daily(time(3, 20)),
        within_transaction(accounts.forget_old_secrets),
    ),
    Job(
        "forget_mails",
        N_("删除九十天前寄出的邮件。"),
        Daily(time(3, 30)),
        within_transaction(notifications.forget_old),
    ),
    Job(
        "forget_imports",
        N_("删除九十天前上传的表格和逐行内容，导入记录保留。"),
        Daily(time(3, 40)),
        within_transaction(imports.forget_old),
    ),
)


def job_named(name: str) -> Job | None:
    """The row with this name."""
    return next((job for job in TIMETABLE if job.name == name), None)
