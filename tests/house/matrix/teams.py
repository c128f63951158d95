"""Who may call what: teams."""

from tests.house.asking import NO_ONE
from tests.house.matrix.writing import ADMINS, HOLDER, THEIR_ADMINS, drop, page, post, put, read, sent, step
from tests.house.worlds import BOOKERS, PEOPLE

RUNNERS = BOOKERS | ADMINS
LEADS = HOLDER | ADMINS
MEMBER = frozenset({"researcher"})
AGENT = frozenset({"agent"})
OPERATOR = frozenset({"operator"})
INSIDE = RUNNERS | MEMBER | {"auditor"}
OUTSIDE = PEOPLE - BOOKERS - MEMBER
NAMES = {"name_zh": "表面组"}
LAST = {"last_day": "{later_day}"}
INVITED = {"email": "someone@example.org"}
WISH, TEAM = "/teams/{team}/requests/{team_request}", "/teams/{team}"

TEAMS = (
    page("/teams", PEOPLE),
    page("/organisations/{organisation}/teams", PEOPLE),
    page("/organisations/{organisation}/teams/new", LEADS, other=403),
    sent("/organisations/{organisation}/teams/new", LEADS, NAMES, other=403),
    sent("/organisations/{organisation}/teams/new", ADMINS, {**NAMES, "lead": "{researcher_email}"}, other=403),
    page(TEAM, PEOPLE),
    page("/teams/{absent}", NO_ONE),
    page(f"{TEAM}/edit", RUNNERS, other=403),
    sent(f"{TEAM}/edit", RUNNERS, NAMES, other=403),
    sent(f"{TEAM}/ask", OUTSIDE, {"message": "x"}, other=409),
    sent(f"{WISH}/approve", RUNNERS, other=403),
    sent(f"{WISH}/refuse", RUNNERS, {"reason": "人满"}, other=403),
    sent("/teams/{their_team}/requests/{team_request}/approve", NO_ONE, other=403, unknown=THEIR_ADMINS),
    sent("/teams/{team}/requests/{operators_wish}/withdraw", OPERATOR),
    page(f"{TEAM}/members/{{member}}/end", RUNNERS | MEMBER, forbidden=frozenset({"auditor"})),
    sent(f"{TEAM}/members/{{member}}/end", RUNNERS | MEMBER, LAST, forbidden=frozenset({"auditor"})),
    sent(f"{TEAM}/members/{{member}}/deputy", LEADS, {"is_deputy": "true"}, other=403),
    sent(f"{TEAM}/lead", LEADS, {"member": "{member}"}, other=403),
    sent(f"{TEAM}/lead/answer", MEMBER, {"accepts": "true"}, other=409),
    sent(f"{TEAM}/lead/withdraw", LEADS, other=403),
    sent(f"{TEAM}/invitations", RUNNERS, INVITED, other=403),
    sent(f"{TEAM}/invitations/{{team_invitation}}/revoke", RUNNERS, other=403),
    page("/teams/invitations/{invited_secret}", AGENT, other=403),
    sent("/teams/invitations/{invited_secret}", AGENT, other=403),
    page("/teams/invitations/unknown", NO_ONE, other=410),
    page(f"{TEAM}/bookings", BOOKERS, other=403),
    read("/teams"),
    read("/teams?organisation={organisation}"),
    post("/teams", LEADS, {"organisation_id": "{organisation}", **NAMES}, other=403),
    read(TEAM),
    read("/teams/{their_team}"),
    put(TEAM, RUNNERS, NAMES, other=403),
    post(f"{TEAM}/requests", OUTSIDE, {"message": "x"}, other=409),
    step(f"{WISH}/approve", RUNNERS, {}, other=403),
    step(f"{WISH}/refuse", RUNNERS, {"reason": "人满"}, other=403),
    step("/teams/{team}/requests/{operators_wish}/withdraw", OPERATOR, {}, ok=204),
    step(f"{TEAM}/members/{{member}}/end", RUNNERS | MEMBER, LAST, forbidden=frozenset({"auditor"})),
    put(f"{TEAM}/members/{{member}}/deputy", LEADS, {"is_deputy": True}, other=403),
    step(f"{TEAM}/lead/ask", LEADS, {"member": "{deputy}"}, other=403),
    step(f"{TEAM}/lead/answer", MEMBER, {"accepts": False}, other=409),
    step(f"{TEAM}/lead/withdraw", LEADS, {}, other=403),
    post(f"{TEAM}/invitations", RUNNERS, INVITED, other=403),
    drop(f"{TEAM}/invitations/{{team_invitation}}", RUNNERS, other=403),
    step("/teams/invitations/{invited_secret}/accept", AGENT, {}, other=403),
    read(f"{TEAM}/reservations", BOOKERS, other=403),
)
