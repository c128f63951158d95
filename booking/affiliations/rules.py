"""Decisions on affiliations: who falls into which user group, and which mail domains can stand for an organisation."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from stdnum.cn import ric

from booking.core.csv_tables import is_text
from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.accounts import Role
from models.vocabulary.affiliations import Audience, IdentityKind, UserSide
from models.vocabulary.directory import OrganisationKind

NATIONAL_CODES = {UserSide.INSIDE: 120, UserSide.OUTSIDE: 130}

ACADEMIC = frozenset({OrganisationKind.UNIVERSITY, OrganisationKind.RESEARCH_INSTITUTE})
OWNS_INSTRUMENTS = ACADEMIC | {
    OrganisationKind.TESTING_LABORATORY,
    OrganisationKind.INNOVATION_CENTRE,
    OrganisationKind.SCIENCE_PARK,
}

KEPT_AUDIENCES = (Audience.MEMBERS, Audience.OTHERS)
"""Everybody must fall into some group, so these two cannot be given up."""

MAIL_DOMAIN_DAYS = 365
INVITATIONS_PER_DAY = 1000
"""How many people an organisation invites by mail on a local day, unless the platform allows it another number."""

ONE_DAY = timedelta(days=1)

_HOSTS = """
126.com 139.com 163.com 163.net 188.com 189.cn 21cn.com aliyun.com aol.com foxmail.com gmail.com gmx.com gmx.de
googlemail.com hotmail.com icloud.com live.cn live.com mac.com mail.com mail.ru me.com msn.com outlook.com proton.me
protonmail.com qq.com sina.cn sina.com sina.com.cn sohu.com tom.com wo.cn yahoo.cn yahoo.com yahoo.com.cn yandex.com
yandex.ru yeah.net ymail.com zoho.com
"""
PUBLIC_HOSTS = frozenset(_HOSTS.split())
"""Anybody gets an address there, so an address proves nothing."""

_LABELS = """
ac co com edu gov go mil ne net or org ah bj cq fj gd gs gx gz ha hb he hi hk hl hn jl js jx ln mo nm nx qh sc sd sh sn
sx tj tw xj xz yn zj
"""
_SECOND_LEVELS = frozenset(_LABELS.split())


@dataclass(frozen=True, slots=True)
class Group:
    """A user group as everybody above uses it; `id` is None while the institution has only the defaults."""

    id: int | None
    name_zh: str
    name_en: str
    side: UserSide
    audience: Audience
    position: int
    horizon_days: int | None = None

    @property
    def national_code(self) -> int:
        """120 inside, 130 outside."""
        return NATIONAL_CODES[self.side]


@dataclass(frozen=True, slots=True)
class Membership:
    """A confirmed affiliation in force: where, the group that was assigned with it, and the kind of organisation."""

    organisation_id: int
    user_group_id: int | None
    kind: OrganisationKind


def role_of_registrant(kind: OrganisationKind) -> Role:
    """What whoever registered it becomes: its administrator where it can own instruments, else its agent."""
    return Role.INSTITUTION_ADMIN if kind in OWNS_INSTRUMENTS else Role.ENTERPRISE_AGENT


def default_groups(kind: OrganisationKind) -> tuple[Group, ...]:
    """The groups an institution starts with."""
    own = ("校内", "University") if kind == OrganisationKind.UNIVERSITY else ("本单位", "Own institution")
    inside, outside = UserSide.INSIDE, UserSide.OUTSIDE
    return (
        Group(None, "本组", "Own group", inside, Audience.ASSIGNED, 1),
        Group(None, *own, inside, Audience.MEMBERS, 2),
        Group(None, "协议单位", "Partners", outside, Audience.ASSIGNED, 3),
        Group(None, "高校和科研院所", "Universities and institutes", outside, Audience.ACADEMICS, 4),
        Group(None, "企业", "Firms", outside, Audience.FIRMS, 5),
        Group(None, "其他", "Others", outside, Audience.OTHERS, 6),
    )


def audience_of(is_member: bool, elsewhere: Collection[OrganisationKind]) -> Audience:
    """Into whose group somebody falls: members first, then by where else they belong; unconfirmed is external."""
    if is_member:
        return Audience.MEMBERS
    if not ACADEMIC.isdisjoint(elsewhere):
        return Audience.ACADEMICS
    return Audience.FIRMS if OrganisationKind.ENTERPRISE in elsewhere else Audience.OTHERS


def group_for(groups: Collection[Group], audience: Audience) -> Group:
    """The group of an audience; one that the institution does not tell apart falls among the others."""
    by_audience = {group.audience: group for group in groups}
    return by_audience.get(audience) or by_audience[Audience.OTHERS]


def holds(state_is_confirmed: bool, starts_on: date, ends_on: date | None, today: date) -> bool:
    """Whether an affiliation is in force today; the last day counts."""
    return state_is_confirmed and starts_on <= today and (ends_on is None or today <= ends_on)


def group_among(groups: Collection[Group], held: Iterable[Membership], organisation_id: int) -> Group:
    """The one of an organisation's groups that somebody with these memberships is in."""
    memberships = list(held)
    own = next((one for one in memberships if one.organisation_id == organisation_id), None)
    assigned = [group for group in groups if own and own.user_group_id and group.id == own.user_group_id]
    elsewhere = kinds_elsewhere([(one.organisation_id, one.kind) for one in memberships], organisation_id)
    return assigned[0] if assigned else group_for(groups, audience_of(own is not None, elsewhere))


def domain_of(email: str) -> str:
    """What stands behind the @, in lower case."""
    return email.rpartition("@")[2].lower()


def covers(domain: str, includes_subdomains: bool, address_domain: str) -> bool:
    """Whether a registered domain stands for an address's domain."""
    return address_domain == domain or (includes_subdomains and address_domain.endswith(f".{domain}"))


def domains_above(address_domain: str) -> list[str]:
    """The domain and those above it, the closest first: what may be registered for an address."""
    labels = address_domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def domain_problems(domain: str) -> list[Problem]:
    """Why a domain cannot stand for an organisation: everybody's, or nobody's."""
    labels = domain.split(".")
    is_suffix = len(labels) < 2 or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND_LEVELS)
    if is_suffix:
        return [Problem("domain", N_("这是公共后缀，不属于任何一个单位。"))]
    if any(domain == host or domain.endswith(f".{host}") for host in PUBLIC_HOSTS):
        return [Problem("domain", N_("这是公共邮箱，任何人都能注册，不能证明属于某个单位。"))]
    return []


def proves_ownership(domain: str, own_address: str) -> bool:
    """Whether an admin's own address is exactly of the domain; it says nothing of those above and below."""
    return domain_of(own_address) == domain


def kinds_elsewhere(rows: Iterable[tuple[int, OrganisationKind]], organisation_id: int) -> set[OrganisationKind]:
    """The kinds of the other organisations somebody belongs to."""
    return {kind for found_id, kind in rows if found_id != organisation_id}


def identity_problems(kind: IdentityKind, number: str) -> list[Problem]:
    """What is wrong with the number of a document; only resident identity cards (GB 11643) have a check digit."""
    if kind == IdentityKind.RESIDENT_ID and not ric.is_valid(number):
        return [Problem("identity_number", N_("居民身份证号码不正确，请核对。"))]
    return []


Days: TypeAlias = tuple[date, date | None]
"""From one day to another, both included; no end means until told."""


def days_alone(here: Iterable[Days], elsewhere: Iterable[Days]) -> list[Days]:
    """The days of the first periods that lie in none of the others."""
    left = list(here)
    for other in elsewhere:
        left = [part for days in left for part in _without(days, other)]
    return left


def _without(days: Days, other: Days) -> Iterator[Days]:
    """What is left of a period before and after another one."""
    (first, last), (since, until) = days, other
    before = since - ONE_DAY if last is None else min(last, since - ONE_DAY)
    if first <= before:
        yield first, before
    if until is not None and (last is None or until < last):
        yield max(first, until + ONE_DAY), last


def masked(number: str) -> str:
    """A number of which only the last two characters can be read; of a short one none."""
    shown = number[-2:] if len(number) > 6 else ""
    return "•" * (len(number) - len(shown)) + shown


UNREADABLE = "\ufffd"


def storable(text: str) -> str:
    """The text with a mark where a byte could not be read, or where no database keeps it (NUL)."""
    return "".join(UNREADABLE if char == "\0" or not is_text(char) else char for char in text)


def is_readable(cell: str) -> bool:
    """Whether a cell has no such mark."""
    return UNREADABLE not in storable(cell)
