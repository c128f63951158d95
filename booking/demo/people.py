"""The demo's accounts, one for each role; their password is public, so they exist on loopback only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import grants, queries
from booking.accounts.consents import note_consent
from booking.accounts.grants import NewGrant
from booking.accounts.registration import add_account
from booking.core.actors import Actor
from booking.core.clock import local_date
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, PublishingState

DOMAIN = "demo.example"
PASSWORD = "chuanyu-demo"  # noqa: S105 - printed at every start of the demo
STEWARDED = 8


@dataclass(frozen=True, slots=True)
class Person:
    """A demo account: its role, and the organisation it holds it in (none is the platform or everybody's role)."""

    account: str
    name: str
    says: str
    role: Role | None = None
    organisation: str = ""
    language: Language = Language.CHINESE

    @property
    def email(self) -> str:
        """The address, under a domain that exists nowhere."""
        return f"{self.account}@{DOMAIN}"


PEOPLE = (
    Person("researcher", "林研究", "researcher: finds and books instruments · 科研人员"),
    Person("researcher2", "Zhao Er", "researcher, English pages · 科研人员", language=Language.ENGLISH),
    Person("lead", "周课题", "lead of a group at Southwest University · 课题组长", Role.LEAD, "西南大学"),
    Person("steward", "陈管理", "steward of eight instruments at Southwest University · 仪器管理员"),
    Person(
        "institution",
        "吴单位",
        "administrator of Southwest University · 单位管理员",
        Role.INSTITUTION_ADMIN,
        "西南大学",
    ),
    Person(
        "reviewer",
        "杨审查",
        "secrecy reviewer at Southwest University · 密级审查人",
        Role.REVIEWER,
        "西南大学",
    ),
    Person(
        "enterprise",
        "刘企业",
        "agent of a firm in Beibei · 企业经办人",
        Role.ENTERPRISE_AGENT,
        "重庆四联光电科技有限公司",
    ),
    Person(
        "enterprise-sc",
        "何企业",
        "agent of a firm in Mianyang · 企业经办人",
        Role.ENTERPRISE_AGENT,
        "四川光友薯业有限公司",
    ),
    Person(
        "officer-cq", "郑审核", "officer of Chongqing's authority · 主管部门", Role.VOUCHER_OFFICER, "重庆市科学技术局"
    ),
    Person(
        "officer-sc", "唐审核", "officer of Sichuan's authority · 主管部门", Role.VOUCHER_OFFICER, "四川省科学技术厅"
    ),
    Person(
        "officer-cq2",
        "冯复核",
        "second officer of Chongqing's authority, for what two persons decide · 主管部门",
        Role.VOUCHER_OFFICER,
        "重庆市科学技术局",
    ),
    Person(
        "officer-sc2",
        "邓复核",
        "second officer of Sichuan's authority · 主管部门",
        Role.VOUCHER_OFFICER,
        "四川省科学技术厅",
    ),
    Person(
        "officer-bb",
        "石初审",
        "officer of Beibei's office, which reviews applications of its firms first · 主管部门",
        Role.VOUCHER_OFFICER,
        "北碚区科学技术局",
    ),
    Person(
        "officer-my",
        "文初审",
        "officer of Mianyang's office, which reviews applications of its firms first · 主管部门",
        Role.VOUCHER_OFFICER,
        "绵阳市科学技术局",
    ),
    Person(
        "institution-sc",
        "罗单位",
        "administrator of a university in Mianyang, which redeems vouchers · 单位管理员",
        Role.INSTITUTION_ADMIN,
        "西南科技大学",
    ),
    Person(
        "operator",
        "秦运营",
        "operator of the Beibei operations centre · 运营中心",
        Role.OPERATOR,
        "17共享网北碚区运营中心",
    ),
    Person("auditor", "孙审计", "reads everything, writes nothing · 审计", Role.AUDITOR),
    Person("admin", "高平台", "administrator of the platform · 平台管理员", Role.PLATFORM_ADMIN),
)


def add_admin(session: Session, password_hash: str, *, now: datetime) -> Actor:
    """The platform's administrator, who makes everything else."""
    return _add(session, PEOPLE[-1], None, password_hash, now=now)


def add_everybody_else(session: Session, password_hash: str, *, now: datetime) -> None:
    """Every other account with its grant; the institutions must be there."""
    ids = {name: key for key, name in session.execute(select(Organisation.id, Organisation.name_zh))}
    for person in PEOPLE[:-1]:
        _add(session, person, ids.get(person.organisation), password_hash, now=now)


def appoint_steward(session: Session, *, now: datetime) -> None:
    """Give the steward eight published instruments of Southwest University that are booked here."""
    steward = actor(session, "steward", now=now)
    own = (
        select(Instrument.id)
        .join(Organisation, Organisation.id == Instrument.organisation_id)
        .where(
            Organisation.name_zh == "西南大学",
            Instrument.booking_mode == BookingMode.HERE,
            Instrument.publishing_state == PublishingState.PUBLISHED,
        )
    )
    for instrument_id in session.scalars(own.order_by(Instrument.id).limit(STEWARDED)).all():
        wanted = NewGrant(steward.id, Role.STEWARD, ScopeKind.INSTRUMENT, instrument_id, starts_on=local_date(now))
        grants.appoint(session, wanted, now=now)


def actor(session: Session, account: str, *, now: datetime) -> Actor:
    """A demo account as services see it."""
    found = queries.actor_of(session, f"{account}@{DOMAIN}", now=now)
    assert found is not None
    return found


def _add(session: Session, person: Person, organisation_id: int | None, password_hash: str, *, now: datetime) -> Actor:
    """One confirmed account with its grant."""
    user_id = add_account(
        session, person.email, person.name, password_hash, language=person.language, now=now, confirmed_at=now
    )
    assert user_id is not None
    note_consent(session, user_id, "", now=now)
    if person.role is not None:
        kind = ScopeKind.ORGANISATION if organisation_id else ScopeKind.PLATFORM
        wanted = NewGrant(user_id, person.role, kind, organisation_id, starts_on=local_date(now))
        grants.appoint(session, wanted, now=now)
    return actor(session, person.account, now=now)


def present(session: Session) -> Callable[[Person], bool]:
    """A function that says whether a demo account is there."""
    emails = set(session.scalars(select(User.email).where(User.email.endswith(f"@{DOMAIN}"))))
    return lambda person: person.email in emails
