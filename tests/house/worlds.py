"""A small world for tests that look for leaks: two institutions, one in each province, with people of every role.

Everything private carries a marker, a word that stands nowhere else, with the roles that may meet it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts.mailed import write_secret
from booking.accounts.queries import actor_of
from booking.accounts.tokens import NewToken, make_token
from booking.calendars.forms import FeedForm
from booking.calendars.service import make_feed
from booking.catalogue import listing
from booking.core.actors import Actor, Target
from booking.core.clock import SHANGHAI, at_local, local_date, utcnow
from booking.core.period import Period
from booking.reservations.blocks import add_block
from booking.reservations.service import request_reservation
from booking.reservations.suspensions import suspend_person
from booking.reservations.wishes import Details, Named, Wish
from models.accounts import AccessToken, User
from models.catalogue import Instrument, TestItem
from models.directory import CalendarDay, Organisation, Unit
from models.notifications import Event, Mail
from models.vocabulary.accounts import Role, ScopeKind, TokenPurpose
from models.vocabulary.calendars import FeedScope
from models.vocabulary.catalogue import ContactVisibility, PublishingState
from models.vocabulary.directory import DayKind, OrganisationKind
from models.vocabulary.notifications import MailState
from models.vocabulary.reservations import BlockKind
from tests.factories.instruments import add_lane_group, make_instrument, make_organisation
from tests.factories.passwords import PASSWORD, password_hash
from tests.factories.people import give, make_user
from tests.house.worlds_affiliations import add_affiliations, add_registration
from tests.house.worlds_announcements import announcement
from tests.house.worlds_applications import add_applications
from tests.house.worlds_attachments import add_files
from tests.house.worlds_charges import add_charges
from tests.house.worlds_clearing import add_clearing, close_this_month
from tests.house.worlds_contracts import add_contracts
from tests.house.worlds_enquiries import add_enquiries
from tests.house.worlds_gate import arrange_arrivals, arrange_owner_change, arrange_reviews
from tests.house.worlds_grants import add_stand_ins, build_grants
from tests.house.worlds_imports import add_imports
from tests.house.worlds_payers import add_payers
from tests.house.worlds_pricing import add_prices
from tests.house.worlds_programmes import add_programmes
from tests.house.worlds_redemptions import add_redemptions
from tests.house.worlds_samples import add_samples
from tests.house.worlds_statements import add_statements
from tests.house.worlds_teams import build_teams

NOBODY = frozenset({"nobody"})
TOKENS = frozenset({"reader", "writer"})
ADMIN = frozenset({"admin"}) | TOKENS
STAFF = frozenset({"steward", "technician"}) | ADMIN
THEIR_ADMIN = frozenset({"their_admin"})
THEIR_STAFF = frozenset({"their_steward", "their_technician"}) | THEIR_ADMIN
OFFICES = frozenset({"operator", "agent", "officer"})
REVIEWER = frozenset({"reviewer"})
FINANCE = frozenset({"finance"})
TRAINER = frozenset({"trainer"})
RECORD_STAFF = STAFF | REVIEWER | TRAINER
PLATFORM = frozenset({"platform"})
ALL_SEEING = PLATFORM | {"auditor"}
BOOKERS = frozenset({"holder", "participant"})
PEOPLE = frozenset({"researcher"}) | BOOKERS | RECORD_STAFF | FINANCE | THEIR_STAFF | OFFICES | ALL_SEEING
EVERYBODY = PEOPLE | NOBODY

LIVE = ("steward", "technician", "admin")
MARKED = "xz"
"""The end of every marker."""


@dataclass
class World:
    """Names for what was arranged (`{name}` in paths and bodies), secrets, and who may meet which marker."""

    users: dict[str, User] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    bearers: dict[str, str] = field(default_factory=dict)
    markers: dict[str, frozenset[str]] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)

    def filled(self, value: Any) -> Any:
        """The value with every `{name}` replaced; a text that is nothing else becomes the thing itself."""
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if callable(value):
            return value()
        if not isinstance(value, str) or "{" not in value:
            return value
        whole = self.names.get(value[1:-1]) if value.startswith("{") and value.endswith("}") else None
        return value.format_map(self.names) if whole is None else whole

    def hidden_from(self, role: str) -> list[str]:
        """The markers that an answer to this role must not contain; who stands in for somebody reads what they do."""
        reads_as = self.stand_ins.get(role, role)
        return [marker for marker, readers in self.markers.items() if reads_as not in readers]


@dataclass
class Builder:
    """Arranges the world in one session, through the services where they leave traces."""

    session: Session
    now: datetime
    world: World = field(default_factory=World)

    def keep(self, name: str, row: Any) -> Any:
        """Remember the row's id under a name that no other row has."""
        assert name not in self.world.names, name
        self.world.names[name] = row.id
        return row

    def mark(self, word: str, readers: frozenset[str]) -> str:
        """A word in lower case that only these roles, and those who see everything, may meet."""
        marker = f"q{word}{MARKED}".lower().replace("_", "")
        self.world.markers[marker] = readers | ALL_SEEING
        return marker

    def person(self, key: str, name_readers: frozenset[str], mail_readers: frozenset[str], **columns: Any) -> User:
        """An account whose name and address are markers."""
        email = self.mark(f"mail_{key}", mail_readers | {key})
        user = make_user(self.session, email, password_hash=password_hash(), **columns)
        user.name = self.mark(f"name_{key}", name_readers | {key})
        self.session.commit()
        self.world.users[key] = user
        self.world.names |= {f"{key}_email": user.email, f"{key}_id": user.id}
        return user

    def actor(self, key: str) -> Actor:
        """The person as services see them."""
        found = actor_of(self.session, self.world.users[key].email, now=self.now)
        assert found is not None
        return found

    def at(self, days: int, hour: int, hours: int = 1) -> Period:
        """A period on a coming local day."""
        start = at_local(local_date(self.now) + timedelta(days=days), hour * 60)
        return Period(start, start + timedelta(hours=hours))


def build(session: Session, *, is_sound: bool = False) -> World:
    """The whole world, committed.

    A sound one has only what the services themselves made, so that everything adds up: one month of clearing, closed,
    instead of several whose captures are arranged by hand.
    """
    builder = Builder(session, utcnow())
    _people(builder)
    ours = _institution(builder, "", "500109", RECORD_STAFF, ADMIN | REVIEWER)
    theirs = _institution(builder, "their_", "510704", THEIR_STAFF, THEIR_ADMIN)
    _grants(builder, "", ours)
    _grants(builder, "their_", theirs)
    build_grants(builder, ours, theirs)
    build_teams(builder, ours, theirs)
    _offices(builder)
    arrange_reviews(builder, "", RECORD_STAFF)
    arrange_reviews(builder, "their_", THEIR_STAFF)
    arrange_arrivals(builder, "", ADMIN)
    arrange_arrivals(builder, "their_", THEIR_ADMIN)
    arrange_owner_change(builder, ADMIN | REVIEWER, RECORD_STAFF, THEIR_ADMIN)
    _tokens(builder)
    _reservations(builder)
    _closures(builder)
    _feeds_and_links(builder)
    readers = dict.fromkeys(("staff_photo", "waiting_photo", "draft_photo"), RECORD_STAFF)
    readers |= {"signed_in_file": PEOPLE, "withheld_file": ADMIN | REVIEWER, "their_photo": THEIR_STAFF}
    add_files(builder, readers)
    add_enquiries(builder, STAFF, THEIR_STAFF)
    _post(builder)
    _announcements(builder)
    _times(builder)
    add_affiliations(builder, ADMIN, THEIR_ADMIN)
    add_registration(builder)
    add_stand_ins(builder)
    add_imports(builder)
    add_prices(builder, RECORD_STAFF)
    add_samples(builder, STAFF, THEIR_STAFF)
    add_payers(builder, BOOKERS | ADMIN | FINANCE, THEIR_ADMIN | {"their_holder"})
    add_charges(builder, STAFF, STAFF - {"technician"} | FINANCE, THEIR_STAFF | {"their_holder"})
    add_statements(builder, ADMIN | FINANCE, THEIR_ADMIN | {"their_holder"})
    add_contracts(builder, ADMIN | FINANCE, THEIR_ADMIN, STAFF)
    add_programmes(builder)
    add_applications(builder)
    add_redemptions(builder)
    if is_sound:
        close_this_month(builder)
    else:
        add_clearing(builder)
    session.commit()
    return builder.world


def _people(builder: Builder) -> None:
    """Everybody, with who may meet their names and addresses."""
    for key in ("holder", "participant"):
        builder.person(key, BOOKERS | STAFF, STAFF | {"holder"})
    for key in LIVE:
        builder.person(key, BOOKERS | STAFF, STAFF)
        builder.person(f"their_{key}", THEIR_STAFF, THEIR_STAFF)
    builder.person("their_holder", THEIR_STAFF, THEIR_STAFF)
    builder.person("suspended", STAFF, STAFF - {"technician"})
    for key in ("reviewer", "finance", "trainer"):
        builder.person(key, ADMIN, ADMIN)
    for key in ("researcher", "operator", "agent", "officer", "auditor", "platform", "former"):
        builder.person(key, frozenset(), frozenset())
    for key in ("unconfirmed", "forgetful"):
        make = {"confirmed_at": None} if key == "unconfirmed" else {}
        builder.world.users[key] = make_user(builder.session, key, password_hash=password_hash(), **make)
        builder.world.names[f"{key}_id"] = builder.world.users[key].id


def _institution(
    builder: Builder, side: str, adcode: str, staff: frozenset[str], admins: frozenset[str]
) -> dict[str, Any]:
    """A university with a unit; a published and a draft record in it, a withheld one beside it."""
    session, word = builder.session, "Their" if side else "Our"
    organisation = make_organisation(session, name_zh=f"{word}大学", name_en=f"{word} University", adcode=adcode)
    unit = Unit(organisation_id=organisation.id, name_zh=f"{word}中心", name_en=f"{word} Centre")
    spare_unit = Unit(organisation_id=organisation.id, name_zh=f"{word}分中心", name_en=f"{word} branch")
    session.add_all([unit, spare_unit])
    session.flush()
    made = _records(builder, word, organisation, unit, staff=staff, admins=admins)
    group = add_lane_group(session, made["published"], made["withheld"], shared=True, name=f"{word}Detector")
    spare = add_lane_group(session, made["withheld"], shared=True, name=builder.mark(f"spare_{word}", staff))
    items = [TestItem(instrument_id=made["published"].id, position=n, name_zh=f"{word}检测{n}") for n in (1, 2)]
    day = CalendarDay(
        organisation_id=organisation.id,
        day=local_date(builder.now) + timedelta(days=90),
        kind=DayKind.CLOSING_DAY,
        name_zh="校庆",
    )
    session.add_all([*items, day])
    session.flush()
    kept = {
        **made,
        "organisation": organisation,
        "unit": unit,
        "spare_unit": spare_unit,
        "group": group,
        "spare": spare,
    }
    kept |= {"item": items[0], "day": day}
    for name, row in kept.items():
        builder.keep(f"{side}{name}", row)
    listing.refresh(session, [row.id for row in made.values()])
    session.commit()
    return {"organisation": organisation, "unit": unit, **made}


def _records(
    builder: Builder,
    word: str,
    organisation: Organisation,
    unit: Unit,
    *,
    staff: frozenset[str],
    admins: frozenset[str],
) -> dict[str, Instrument]:
    """The four records of an institution."""
    contact = builder.mark(f"contact_{word}", PEOPLE)
    draft = builder.mark(f"draft_{word}", staff)
    withheld, reason = builder.mark(f"withheld_{word}", admins), builder.mark(f"reason_{word}", admins)
    policy: dict[str, Any] = {"closes_on_holidays": False}
    public: dict[str, Any] = {"unit_id": unit.id, "policy": policy}
    return {
        "published": make_instrument(
            builder.session,
            organisation,
            **public,
            name_zh=f"{word}电镜",
            name_en=f"{word} microscope",
            contact_visibility=ContactVisibility.SIGNED_IN,
            contact_name=contact,
            phone="023-68250000",
            email=f"{contact}@example.org",
            **COMPLETE,
        ),
        "asking": make_instrument(
            builder.session,
            organisation,
            unit_id=unit.id,
            policy={**policy, "needs_approval": True},
            name_zh=f"{word}光谱仪",
            name_en=f"{word} spectrometer",
        ),
        "draft": make_instrument(
            builder.session,
            organisation,
            **public,
            publishing_state=PublishingState.DRAFT,
            name_zh=draft,
            name_en=draft,
            model=draft,
            functions_zh=draft,
        ),
        "withheld": make_instrument(
            builder.session,
            organisation,
            policy=policy,
            publishing_state=PublishingState.WITHHELD,
            withheld_reason=reason,
            name_zh=withheld,
            name_en=withheld,
            model=withheld,
        ),
    }


COMPLETE: dict[str, Any] = {"indicators_zh": "分辨率 0.8 nm", "functions_zh": "形貌观察", "user_rules_zh": "须预约"}


def _grants(builder: Builder, side: str, made: dict[str, Any]) -> None:
    """A steward of two records, a technician of the unit, an admin of the institution."""
    users = builder.world.users
    for record in ("published", "asking", "draft"):
        give(builder.session, users[f"{side}steward"], Role.STEWARD, ScopeKind.INSTRUMENT, made[record].id)
    give(builder.session, users[f"{side}technician"], Role.TECHNICIAN, ScopeKind.UNIT, made["unit"].id)
    give(
        builder.session,
        users[f"{side}admin"],
        Role.INSTITUTION_ADMIN,
        ScopeKind.ORGANISATION,
        made["organisation"].id,
    )


def _offices(builder: Builder) -> None:
    """Those whose work is elsewhere, and those who see everything."""
    offices = {
        "operator": (Role.OPERATOR, "运营中心", OrganisationKind.PLATFORM),
        "agent": (Role.ENTERPRISE_AGENT, "示例企业", OrganisationKind.ENTERPRISE),
        "officer": (Role.VOUCHER_OFFICER, "科技局", OrganisationKind.AUTHORITY),
    }
    for key, (role, name, kind) in offices.items():
        place = {"adcode": "500000"} if kind == OrganisationKind.AUTHORITY else {}
        organisation = make_organisation(builder.session, name_zh=name, name_en=f"{key} office", kind=kind, **place)
        give(builder.session, builder.world.users[key], role, ScopeKind.ORGANISATION, organisation.id)
    for key, role in {"auditor": Role.AUDITOR, "platform": Role.PLATFORM_ADMIN}.items():
        give(builder.session, builder.world.users[key], role, ScopeKind.PLATFORM)


def _tokens(builder: Builder) -> None:
    """The institution's admin as two programs, one that only reads; the holder's token, to be revoked."""
    for role, key in {"reader": "admin", "writer": "admin", "holder": "holder", "revoked": "admin"}.items():
        name = builder.mark(f"token_{role}", ADMIN if key == "admin" else frozenset({"holder"}))
        wanted = NewToken(name, role in {"writer", "revoked"}, 30)
        token, secret = make_token(builder.session, wanted, actor=builder.actor(key), now=builder.now)
        token.last_used_at = builder.now
        builder.world.bearers[role] = secret
        builder.keep(f"{role}_token", token)
    builder.session.get_one(AccessToken, builder.world.names["revoked_token"]).revoked_at = builder.now
    builder.session.commit()


def _reservations(builder: Builder) -> None:
    """One that is confirmed, one that waits for a decision, one that will lie in a block; one of the others."""
    names, participant = builder.world.names, builder.world.users["participant"]
    purpose = builder.mark("purpose", BOOKERS | STAFF)
    details = Details(purpose=purpose, participants=(Named(participant.name, participant.email),))
    for name, record, period in (
        ("reservation", "published", builder.at(2, 10)),
        ("request", "asking", builder.at(2, 10)),
        ("clash", "published", builder.at(3, 10)),
    ):
        wish = Wish(names[record], period, details=details)
        made = request_reservation(builder.session, wish, actor=builder.actor("holder"), now=builder.now)
        builder.keep(name, made)
    their = Details(purpose=builder.mark("their_purpose", THEIR_STAFF))
    wish = Wish(names["their_published"], builder.at(2, 10), details=their)
    made = request_reservation(builder.session, wish, actor=builder.actor("their_holder"), now=builder.now)
    builder.keep("their_reservation", made)
    builder.session.commit()


def _closures(builder: Builder) -> None:
    """A block over a reservation, one of the others, one of a draft, and a person suspended at both places."""
    names, session, now = builder.world.names, builder.session, builder.now
    for name, record, key in (
        ("block", "published", "steward"),
        ("draft_block", "draft", "steward"),
        ("their_block", "their_published", "their_steward"),
    ):
        made = add_block(
            session,
            names[record],
            builder.at(3, 9, 3),
            BlockKind.MAINTENANCE,
            "换灯丝",
            actor=builder.actor(key),
            now=now,
        )
        builder.keep(name, made.block)
        for conflict in made.conflicts:
            builder.keep("conflict", conflict)
    national = CalendarDay(
        day=local_date(now) + timedelta(days=95), kind=DayKind.PUBLIC_HOLIDAY, name_zh="暂定节日", is_confirmed=False
    )
    session.add(national)
    session.flush()
    builder.keep("national_day", national)
    for name, record, key in (
        ("suspension", "published", "steward"),
        ("their_suspension", "their_published", "their_steward"),
    ):
        readers = STAFF - {"technician"} if key == "steward" else THEIR_STAFF - {"their_technician"}
        reason = builder.mark(f"why_{name}", readers)
        until, email = now + timedelta(days=10), builder.world.users["suspended"].email
        where = Target(instrument_id=names[record])
        suspended = suspend_person(session, email, where, until, reason, actor=builder.actor(key), now=now)
        builder.keep(name, suspended)
    for marker in ("qnamesuspendedxz", "qmailsuspendedxz"):
        builder.world.markers[marker] |= THEIR_STAFF - {"their_technician"}
    session.commit()


def _feeds_and_links(builder: Builder) -> None:
    """The holder's feed, the steward's of a record and of a draft, and links that were mailed."""
    for name, record, key in (
        ("feed", None, "holder"),
        ("public_feed", "published", "researcher"),
        ("staff_feed", "published", "steward"),
        ("draft_feed", "draft", "steward"),
    ):
        scope = FeedScope.INSTRUMENT if record else FeedScope.MINE
        title = builder.mark(f"title_{name}", frozenset({key}))
        wish = FeedForm(scope=scope, id=builder.world.names[record] if record else None, name=title)
        feed, secret = make_feed(builder.session, wish, actor=builder.actor(key), now=builder.now)
        feed.last_used_at = builder.now
        builder.keep(name, feed)
        builder.world.names[f"{name}_secret"] = secret
    for name, key, purpose in (
        ("confirm_secret", "unconfirmed", TokenPurpose.CONFIRM_ADDRESS),
        ("reset_secret", "forgetful", TokenPurpose.RESET_PASSWORD),
        ("address_secret", "forgetful", TokenPurpose.CHANGE_ADDRESS),
    ):
        user_id = builder.world.users[key].id
        new = "moving@example.org" if purpose == TokenPurpose.CHANGE_ADDRESS else None
        builder.world.names[name] = write_secret(builder.session, user_id, purpose, now=builder.now, new_email=new)


def _post(builder: Builder) -> None:
    """A mail and an event that were set aside; the mail's text is nobody's but the platform's."""
    text, now = builder.mark("letter", frozenset()), builder.now
    mail = Mail(
        message_id="<1@example.org>",
        recipient=builder.world.users["holder"].email,
        subject=text,
        text=text,
        state=MailState.SET_ASIDE,
        attempts=8,
        next_attempt_at=now,
        created_at=now,
    )
    event = Event(
        name="reservations.confirmed",
        payload={},
        occurred_at=now,
        attempts=8,
        set_aside_at=now,
        last_error=builder.mark("fault", frozenset()),
    )
    builder.session.add_all([mail, event])
    builder.session.flush()
    builder.keep("mail", mail)
    builder.keep("event", event)


def _announcements(builder: Builder) -> None:
    """One that only administrators see."""
    text = builder.mark("announced", ADMIN | THEIR_ADMIN)
    builder.keep("announcement", announcement(builder.session, builder.now, text))


def _times(builder: Builder) -> None:
    """Free and taken times as the API and as the pages' forms write them."""
    names = builder.world.names
    for name, period in {"free": builder.at(4, 10), "taken": builder.at(2, 10), "other": builder.at(4, 14)}.items():
        for end, moment in (("start", period.start), ("end", period.end)):
            local = moment.astimezone(SHANGHAI)
            names[f"{name}_{end}"] = local.isoformat()
            names[f"{name}_{end}_local"] = local.strftime("%Y-%m-%dT%H:%M")
    names |= {
        "later": (builder.now + timedelta(days=5)).isoformat(),
        "today": local_date(builder.now).isoformat(),
        "later_day": (local_date(builder.now) + timedelta(days=60)).isoformat(),
        "password": PASSWORD,
        "absent": 999_999,
    }
