"""What the small world knows of affiliations: people of both institutions, one who waits, one who was refused."""

from typing import TYPE_CHECKING

from booking.affiliations.user_groups import seed_groups
from models.affiliations import MailDomain
from models.directory import Organisation
from models.vocabulary.affiliations import AffiliationState
from tests.factories.affiliations import affiliate

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
            created_by_id=users[f"{side}admin"].id,
            created_at=builder.now,
        )
        session.add(domain)
        session.flush()
        kept = {"affiliation": member, "asking_affiliation": waiting, "user_group": groups[0], "domain": domain}
        for name, row in kept.items():
            builder.keep(f"{side}{name}", row)
        session.commit()
