"""The pages: each feature's blueprint, the menu, and what every template may call."""

from typing import TypedDict

from flask import Flask, request, url_for

from booking.accounts import views as accounts
from booking.accounts.labels import ROLES
from booking.accounts.permissions import Permission, may, reach
from booking.affiliations import views as affiliations
from booking.affiliations.registrations import seen_by, verifies
from booking.announcements import showing
from booking.announcements import views as announcements
from booking.applications import views as applications
from booking.calendars import polls
from booking.calendars import views as calendars
from booking.catalogue import views as catalogue
from booking.charges import views as charges
from booking.clearing import views as clearing
from booking.contracts import views as contracts
from booking.core.actors import Actor
from booking.core.texts import N_
from booking.directory import views as directory
from booking.enquiries import views as enquiries
from booking.enquiries.views import todo as enquiries_todo
from booking.home import views as home
from booking.home.hats import menu_place, roles_of, whose_menu
from booking.imports import views as imports
from booking.imports.queries import may_import, may_see
from booking.invoices import views as invoices
from booking.operations import views as operations
from booking.operations.mailbox import is_open_to
from booking.payers import views as payers
from booking.pricing import views as pricing
from booking.privacy import showing as privacy_notice
from booking.privacy import views as privacy
from booking.programmes import views as programmes
from booking.recognitions import views as recognitions
from booking.redemptions import views as redemptions
from booking.reservations import views as reservations
from booking.reservations.views import todo, uses
from booking.samples import views as samples
from booking.search import views as search
from booking.statements import views as statements
from booking.teams import views as teams
from booking.vouchers import views as vouchers
from booking.web import signed_in
from booking.web.addresses import address_of
from booking.web.languages import language_link
from booking.web.translating import gettext

BLUEPRINTS = (
    home.bp,
    search.bp,
    directory.bp,
    catalogue.bp,
    imports.bp,
    teams.bp,
    reservations.bp,
    calendars.bp,
    polls.bp,
    accounts.bp,
    announcements.bp,
    affiliations.bp,
    enquiries.bp,
    samples.bp,
    pricing.bp,
    payers.bp,
    charges.bp,
    statements.bp,
    invoices.bp,
    contracts.bp,
    programmes.bp,
    recognitions.bp,
    vouchers.bp,
    applications.bp,
    redemptions.bp,
    clearing.bp,
    operations.bp,
    privacy.bp,
)


class MenuItem(TypedDict):
    """One entry of the menu."""

    label: str
    url: str
    active: bool


class AccountLink(TypedDict):
    """One entry of the account menu."""

    label: str
    url: str


class RoleChoice(TypedDict):
    """One of several roles to act in; no value means all of them."""

    label: str
    value: str
    active: bool


class AccountMenu(TypedDict):
    """Where signing in and out happens, what belongs to the account, and its roles when there are several."""

    sign_in_url: str
    register_url: str
    sign_out_url: str
    links: list[AccountLink]
    roles: list[RoleChoice]
    here: str


def init_pages(app: Flask) -> None:
    """Register every page and hand templates the menu."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.extensions[todo.ALSO] = (uses.to_do, enquiries_todo.to_do)
    app.jinja_env.globals.update(
        menu=menu,
        account_menu=account_menu,
        announcements=showing.announcements,
        consent_is_due=privacy_notice.consent_is_due,
        language_link=language_link,
    )


def menu() -> list[MenuItem]:
    """What the person asking can go to, the most used first."""
    actor = signed_in.reader()
    entries = [(N_("找仪器"), "search.index", True)]
    entries.append((N_("首页"), "home.index", actor is not None))
    entries.append((N_("我的预约"), "reservations.mine", actor is not None))
    entries.append((N_("看板"), "reservations.board", bool(reach(actor, Permission.SEE_BOOKINGS))))
    entries.append((N_("仪器"), "catalogue.index", bool(reach(actor, Permission.EDIT_RECORD))))
    entries.append((N_("用户咨询"), "enquiries.waiting", bool(reach(actor, Permission.SEE_ENQUIRIES))))
    entries.append((N_("送样队列"), "samples.queue", bool(reach(actor, Permission.SEE_SAMPLE_ORDERS))))
    entries.append((N_("使用确认"), "reservations.uses", bool(reach(actor, Permission.DECIDE_BOOKINGS))))
    entries.append((N_("费用管理"), "charges.staffed", bool(reach(actor, Permission.SEE_CHARGES))))
    entries.append((N_("结算"), "statements.places", bool(reach(actor, Permission.SEE_STATEMENTS))))
    entries.append((N_("我的送样"), "samples.index", actor is not None))
    entries.append((N_("我的咨询"), "enquiries.index", actor is not None))
    entries.append((N_("单位名录"), "directory.index", True))
    entries += voucher_entries(actor)
    entries.append((N_("暂停预约"), "reservations.suspensions", bool(reach(actor, Permission.SUSPEND_PEOPLE))))
    entries.append((N_("用户"), "accounts.users", may(actor, Permission.SEE_USERS)))
    entries.append((N_("日志"), "accounts.audit", bool(reach(actor, Permission.SEE_AUDIT))))
    entries.append((N_("公告"), "announcements.index", may(actor, Permission.ANNOUNCE)))
    entries.append((N_("新到仪器"), "catalogue.arrivals", bool(reach(actor, Permission.TICK_TRAINING))))
    entries.append((N_("仪器转移"), "catalogue.owner_changes", bool(reach(actor, Permission.CHANGE_OWNER))))
    entries.append((N_("报送期限"), "catalogue.report_dates", bool(reach(actor, Permission.SEE_REPORT_DATES))))
    entries.append((N_("密级审查"), "catalogue.reviews", bool(reach(actor, Permission.REVIEW_RECORD))))
    entries.append((N_("导入记录"), "imports.index", may_see(actor) and not may_import(actor)))
    entries.append((N_("单位登记"), "affiliations.registrations", bool(seen_by(actor)) and not verifies(actor)))
    entries.append((N_("待核验单位"), "affiliations.registrations", verifies(actor)))
    entries.append((N_("角色"), "accounts.grants_at_platform", may(actor, Permission.SEE_GRANTS)))
    entries.append((N_("任务"), "operations.jobs", may(actor, Permission.SEE_JOBS)))
    entries.append((N_("系统与存储"), "operations.system", may(actor, Permission.SEE_SYSTEM)))
    entries.append((N_("节假日"), "reservations.closing_days", may(actor, Permission.EDIT_ORGANISATION)))
    entries.append((N_("邮件"), "operations.mailbox", is_open_to(actor)))
    role = whose_menu(home.worn(actor), roles_of(actor))
    return [
        {"label": gettext(label), "url": address_of(endpoint), "active": request.endpoint == endpoint}
        for label, endpoint, shown in sorted(entries, key=lambda entry: menu_place(entry[1], role))
        if shown
    ]


def voucher_entries(actor: Actor | None) -> list[tuple[str, str, bool]]:
    """What the menu has about vouchers: to each what they may see of them, and what is paid out in public."""
    applies = bool(reach(actor, Permission.APPLY_FOR_VOUCHERS) or reach(actor, Permission.SEE_APPLICATIONS))
    vouchers = N_("预算与创新券") if reach(actor, Permission.SEE_BUDGETS) else N_("创新券")
    return [
        (N_("创新券政策"), "programmes.index", True),
        (vouchers, "vouchers.index", bool(reach(actor, Permission.SEE_VOUCHERS))),
        (N_("互认目录"), "recognitions.index", True),
        (N_("创新券申请"), "applications.index", applies),
        (N_("兑付公示"), "redemptions.notices", True),
        (N_("创新券兑付"), "redemptions.index", bool(reach(actor, Permission.SEE_REDEMPTIONS))),
        (N_("兑付待办"), "redemptions.queue", bool(reach(actor, Permission.REVIEW_REDEMPTIONS))),
        (N_("创新券清算"), "clearing.index", bool(reach(actor, Permission.SEE_CLEARING))),
    ]


def account_menu() -> AccountMenu:
    """Signing in and out, and the pages of one's own account."""
    here = request.full_path.rstrip("?")
    links = [
        (gettext("账户"), "accounts.show"),
        (gettext("我的单位"), "affiliations.mine"),
        (gettext("课题组"), "teams.mine"),
        (gettext("经费账户"), "payers.mine"),
        (gettext("我的费用"), "charges.mine"),
        (gettext("我的结算单"), "statements.mine"),
        (gettext("我的合同"), "contracts.mine"),
        (gettext("日历订阅"), "calendars.index"),
        (gettext("访问令牌"), "accounts.tokens"),
    ]
    return {
        "sign_in_url": url_for("accounts.sign_in", next=None if here == address_of("search.index") else here),
        "register_url": address_of("accounts.register"),
        "sign_out_url": address_of("accounts.sign_out"),
        "links": [{"label": label, "url": address_of(endpoint)} for label, endpoint in links],
        "roles": _roles(signed_in.reader()),
        "here": here if request.method == "GET" else "",
    }


def _roles(actor: Actor | None) -> list[RoleChoice]:
    """All roles at once, then each; nothing for who has one role or none."""
    roles, worn = roles_of(actor), home.worn(actor)
    if len(roles) < 2:
        return []
    each: list[RoleChoice] = [{"label": gettext(ROLES[role]), "value": role, "active": role == worn} for role in roles]
    return [{"label": gettext("全部角色"), "value": "", "active": worn is None}, *each]
