"""Teams of the world: one at each institution, with a lead, a deputy, a member, a request and an invitation."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from booking.core.secret import secret_hash
from booking.teams import joining, service
from booking.teams.forms import InviteForm
from models.teams import Team, TeamMember
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.people import give

if TYPE_CHECKING:
    from tests.house.worlds import Builder

INVITED = "an-invitation-that-works"


def build_teams(builder: "Builder", ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Ours is led by the holder, with the participant as deputy; theirs by somebody nobody else knows."""
    session, users, now = builder.session, builder.world.users, builder.now
    for key in ("their_lead", "asking_person"):
        readers = frozenset({"their_admin"}) if key == "their_lead" else frozenset({"holder", "participant", *_ADMIN})
        builder.person(key, readers, readers)
    give(session, users["holder"], Role.LEAD, ScopeKind.ORGANISATION, ours["organisation"].id)
    give(session, users["their_lead"], Role.LEAD, ScopeKind.ORGANISATION, theirs["organisation"].id)
    team = service.create_team(
        session, ours["organisation"].id, "涂层组", "Coatings", "", actor=builder.actor("holder"), now=now
    )
    their = service.create_team(
        session, theirs["organisation"].id, "薯业组", "Potatoes", "", actor=builder.actor("their_lead"), now=now
    )
    deputy = service.add_member(session, team, users["participant"].id, approved_by_id=team.lead_id, now=now)
    deputy.is_deputy = True
    member = service.add_member(session, team, users["researcher"].id, approved_by_id=team.lead_id, now=now)
    team.successor_id = users["researcher"].id
    builder.keep("team", team)
    builder.keep("their_team", their)
    builder.keep("deputy", deputy)
    builder.keep("member", member)
    builder.keep("lead_member", session.query(TeamMember).filter_by(team_id=team.id, user_id=team.lead_id).one())
    _waiting(builder, team)
    for key in ("holder", "participant", "researcher"):
        builder.world.markers[f"qname{key}xz"] |= {"holder", "participant", "researcher", "agent", *_ADMIN}
        builder.world.markers[f"qmail{key}xz"] |= {"holder", "participant", *_ADMIN}
    session.commit()


_ADMIN = frozenset({"admin", "reader", "writer"})


def _waiting(builder: "Builder", team: Team) -> None:
    """A request with words for the lead alone, one of the agent's own, and an open invitation."""
    session, now = builder.session, builder.now
    message = builder.mark("please", frozenset({"holder", "participant", *_ADMIN}))
    asked = joining.ask_to_join(session, team.id, message, actor=builder.actor("asking_person"), now=now)
    own = joining.ask_to_join(session, team.id, "", actor=builder.actor("operator"), now=now)
    builder.keep("team_request", asked)
    builder.keep("operators_wish", own)
    for key in ("name_operator", "mail_operator"):
        builder.world.markers[f"q{key}xz".replace("_", "")] |= {"holder", "participant", *_ADMIN}
    form = InviteForm(email=builder.world.users["agent"].email)
    invitation = joining.invite(session, team.id, form, actor=builder.actor("holder"), now=now)
    invitation.secret_hash = secret_hash(INVITED)
    invitation.expires_at = now + timedelta(days=10)
    builder.world.markers["qmailagentxz"] |= {"holder", "participant", *_ADMIN}
    builder.keep("team_invitation", invitation)
    builder.world.names["invited_secret"] = INVITED
