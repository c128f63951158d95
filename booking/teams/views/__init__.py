"""The pages of teams: which address shows which page."""

from flask import Blueprint, Response

from booking.teams.views import joining, lists, team

bp = Blueprint("teams", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]
TEAM = "/teams/<int:team_id>"
REQUEST = f"{TEAM}/requests/<int:request_id>"
MEMBER = f"{TEAM}/members/<int:member_id>"

bp.add_url_rule("/teams", "mine", lists.mine, methods=READ)
bp.add_url_rule("/organisations/<int:organisation_id>/teams", "index", lists.index, methods=READ)
bp.add_url_rule("/organisations/<int:organisation_id>/teams/new", "new", lists.new, methods=BOTH)
bp.add_url_rule(TEAM, "show", team.show, methods=READ)
bp.add_url_rule(f"{TEAM}/edit", "edit", team.edit, methods=BOTH)
bp.add_url_rule(f"{TEAM}/ask", "ask", joining.ask, methods=SEND)
bp.add_url_rule(f"{REQUEST}/approve", "approve", joining.approve, methods=SEND)
bp.add_url_rule(f"{REQUEST}/refuse", "refuse", joining.refuse, methods=SEND)
bp.add_url_rule(f"{REQUEST}/withdraw", "withdraw", joining.withdraw, methods=SEND)
bp.add_url_rule(f"{MEMBER}/end", "end_membership", team.end_membership, methods=BOTH)
bp.add_url_rule(f"{MEMBER}/deputy", "set_deputy", team.set_deputy, methods=SEND)
bp.add_url_rule(f"{TEAM}/lead", "ask_successor", team.ask_successor, methods=SEND)
bp.add_url_rule(f"{TEAM}/lead/answer", "answer_lead", team.answer_lead, methods=SEND)
bp.add_url_rule(f"{TEAM}/lead/withdraw", "withdraw_successor", team.withdraw_successor, methods=SEND)
bp.add_url_rule(f"{TEAM}/invitations", "invite", joining.invite, methods=SEND)
bp.add_url_rule(
    f"{TEAM}/invitations/<int:invitation_id>/revoke", "revoke_invitation", joining.revoke_invitation, methods=SEND
)
bp.add_url_rule("/teams/invitations/<secret>", "invitation", joining.invitation, methods=BOTH)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show who belongs together."""
    response.headers["Cache-Control"] = "no-store"
    return response
