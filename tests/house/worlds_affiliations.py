"""What the small world knows of affiliations: people of both institutions, one who waits, one who was refused."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from booking.affiliations.invitations import write_secret
from booking.affiliations.user_groups import seed_groups
from booking.core.clock import local_date
from models.affiliations import Invitation, MailDomain, OrganisationRegistration, Roster, Visit
from models.directory import Organisation
from models.vocabulary.affiliations import AffiliationState, IdentityKind, MailDomainState, VisitState
from models.vocabulary.directory import OrganisationKind
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_affiliations(builder: "Builder", admins: frozenset[str], their_admins: frozenset[str]) -> None:
    """A confirmed person, one who waits, a group and a domain at each institution, all with markers."""
    for side, readers in (("", admins), ("their_", their_admins)):
        organisation = builder.session.get_one(Organisation, builder.world.names[f"{side}organisation"])
        holder, asker = f"{side}member", f"{side}asker"
        for key in (holder, asker):
            builder.person(key, readers, readers)
        number = builder.mark(f"number_{side}", readers | {holder})[:40]
        users, session = builder.world.users, builder.session
        member = affiliate(session, users[holder], organisation, staff_number=number)
        waiting = affiliate(
            session,
            users[asker],
            organisation,
            state=AffiliationState.PENDING,
            confirmed_by=None,
            decided_at=None,
            message=builder.mark(f"message_{side}", readers | {asker}),
        )
        groups = seed_groups(session, organisation.id)
        domain = MailDomain(
            organisation_id=organisation.id,
            domain=f"{builder.mark(f'domain_{side}', readers)}.example.org",
            state=MailDomainState.CONFIRMED,
            created_by_id=users[f"{side}admin"].id,
            created_at=builder.now,
            decided_at=builder.now,
        )
        session.add(domain)
        session.flush()
        lists = _lists(builder, organisation, users[f"{side}admin"].id, side, readers)
        visit = _visit(builder, organisation, users[holder].id, side, readers)
        kept = lists | {
            "visit": visit,
            "affiliation": member,
            "asking_affiliation": waiting,
            "user_group": groups[0],
            "domain": domain,
        }
        for name, row in kept.items():
            builder.keep(f"{side}{name}", row)
        session.commit()


def _visit(builder: "Builder", organisation: Organisation, host_id: int, side: str, readers: frozenset[str]) -> Visit:
    """A visitor who waits for the admin; the document's number is whole only where the admin asks for it."""
    visit = Visit(
        organisation_id=organisation.id,
        name=builder.mark(f"visitor_{side}", readers),
        phone="13800000000",
        identity_kind=IdentityKind.PASSPORT,
        identity_number=builder.mark(f"identity_{side}", readers),
        host_id=host_id,
        registered_by_id=host_id,
        starts_on=local_date(builder.now),
        ends_on=local_date(builder.now) + timedelta(days=30),
        purpose=builder.mark(f"visiting_{side}", readers),
        state=VisitState.PENDING,
        created_at=builder.now,
    )
    builder.session.add(visit)
    builder.session.flush()
    return visit


def add_registration(builder: "Builder") -> None:
    """A firm and a mail domain that wait to be verified: known to whoever registered them and to those who verify."""
    registration = OrganisationRegistration(
        registrant_id=builder.world.users["researcher"].id,
        name_zh=builder.mark("firm", frozenset({"researcher", "operator"})),
        kind=OrganisationKind.ENTERPRISE,
        country="DE",
        created_at=builder.now,
    )
    builder.session.add(registration)
    builder.session.flush()
    builder.keep("registration", registration)
    builder.keep("unmanaged", make_organisation(builder.session, name_zh="无人大学", name_en="Nobody's University"))
    domain = MailDomain(
        organisation_id=builder.world.names["their_organisation"],
        domain=f"{builder.mark('claimed', frozenset({'their_admin'}))}.example.org",
        created_by_id=builder.world.users["their_admin"].id,
        created_at=builder.now,
    )
    builder.session.add(domain)
    builder.session.flush()
    builder.keep("waiting_domain", domain)
    for marker in ("qnameresearcherxz", "qmailresearcherxz", "qnametheiradminxz", "qmailtheiradminxz"):
        builder.world.markers[marker] |= {"operator"}
    builder.session.commit()


def _lists(
    builder: "Builder", organisation: Organisation, admin_id: int, side: str, readers: frozenset[str]
) -> dict[str, Any]:
    """A roster that waits to be applied, and somebody who was invited; the link lies with the invited."""
    name = builder.mark(f"row_{side}", readers)
    made = {"organisation_id": organisation.id, "created_by_id": admin_id, "created_at": builder.now}
    content = f"姓名,邮箱,用户类别\n{name},{name}@example.org,\n{name},broken,\n"
    roster = Roster(name=builder.mark(f"roster_{side}", readers), content=content, is_complete=True, **made)
    invited = builder.mark(f"invited_{side}", readers)
    invitation = Invitation(
        name="受邀人",
        email=f"{invited}@example.org",
        ends_on=local_date(builder.now) + timedelta(days=300),
        expires_at=builder.now + timedelta(days=30),
        **made,
    )
    builder.world.names[f"{side}invitation_secret"] = write_secret(invitation)
    handed = Invitation(
        name=builder.mark(f"handed_{side}", readers),
        staff_number="9",
        expires_at=builder.now + timedelta(days=30),
        **made,
    )
    builder.session.add_all([roster, invitation, handed])
    builder.session.flush()
    return {"roster": roster, "invitation": invitation}
