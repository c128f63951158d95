"""What those may who stand in for an administrator, where it matters: nothing that outlasts their stay."""

from tests.house.asking import NO_ONE
from tests.house.matrix.accounts import MOVING
from tests.house.matrix.affiliations import FIRM, LAST_DAY, ROSTER, WHO, WHY, bare
from tests.house.matrix.grants import ABSENCE, AT_OUR_PLACE, AUDITING, LEAVING, NAMING, OVER, ROLE
from tests.house.matrix.owners import CHANGE, OFFER
from tests.house.matrix.privacy import GONE
from tests.house.matrix.writing import change, page, post, read, sent, step

STANDS_IN = frozenset({"stands_in"})
PLATFORM_STANDS_IN = frozenset({"platform_stands_in"})
BOTH = STANDS_IN | PLATFORM_STANDS_IN
"""For our administrator, and for the platform's."""
REASON = {"reason": "离职"}
SHORTENED = {"ends_on": "{later_day}"}
OF_COLLEAGUE = "/affiliations/{colleague_affiliation}"
MISSING = {"ends_missing": "1", "last_day": "{today}"}

LEAVING_AND_ENDING = (
    page(f"{LEAVING}/leaving", BOTH, other=403),
    sent("/organisations/{organisation}/people/{second_id}/leaving/end", NO_ONE, REASON, other=403),
    step("/organisations/{organisation}/people/{second_id}/end", NO_ONE, REASON, other=403),
    step("/organisations/{their_organisation}/people/{their_second_id}/end", NO_ONE, REASON, other=403),
    sent(f"{OF_COLLEAGUE}/end", NO_ONE, LAST_DAY, other=403),
    step(f"{OF_COLLEAGUE}/end", NO_ONE, LAST_DAY, other=403),
    sent(f"{OF_COLLEAGUE}/change", NO_ONE, SHORTENED, other=422),
    change(OF_COLLEAGUE, NO_ONE, SHORTENED, other=422),
    sent("/affiliations/{affiliation}/end", BOTH, LAST_DAY),
    change("/affiliations/{affiliation}", BOTH, SHORTENED),
    change("/affiliations/{their_affiliation}", PLATFORM_STANDS_IN, SHORTENED),
    page("/people/{holder_id}/deactivate", NO_ONE, other=403),
    step("/people/{holder_id}/deactivate", NO_ONE, REASON, other=403),
    page("/users/{holder_id}/address", NO_ONE, other=403),
    step("/users/{holder_id}/move-address", NO_ONE, MOVING, other=403),
    page("/users/{former_id}/erase", NO_ONE, other=403),
    sent("/users/{former_id}/erase", NO_ONE, GONE, other=403),
    step("/users/{former_id}/erase", NO_ONE, {"reason": "asked by letter"}, other=403),
)
ROSTERS = (
    page("/rosters/{roster}", BOTH),
    page("/rosters/{their_roster}", PLATFORM_STANDS_IN),
    read("/rosters/{roster}/missing", BOTH),
    post("/organisations/{organisation}/rosters", BOTH, ROSTER),
    sent("/rosters/{roster}/apply", BOTH, MISSING),
    sent("/rosters/{their_roster}/apply", PLATFORM_STANDS_IN, MISSING),
)
GRANTS = (
    page("/grants/organisation/{organisation}", BOTH),
    sent("/grants", NO_ONE, AUDITING, forbidden=PLATFORM_STANDS_IN),
    sent("/grants/organisation/{organisation}", NO_ONE, ROLE, other=403),
    sent("/grants/organisation/{firm}", NO_ONE, NAMING, forbidden=PLATFORM_STANDS_IN),
    post("/grants", NO_ONE, AT_OUR_PLACE, other=403),
    sent("/grants/{grant}/end", NO_ONE, OVER, other=403),
    step("/grants/{grant}/end", NO_ONE, OVER, other=403),
    bare("/grants/{grant}/keep", NO_ONE, other=403),
    step("/units/{unit}/merge", NO_ONE, {"into_id": "{spare_unit}"}, other=403),
    sent("/grants/{admin_grant}/delegate", NO_ONE, ABSENCE),
    sent("/grants/{stands_in_grant}/delegate", NO_ONE, ABSENCE),
)
REGISTRATIONS = (
    page("/registrations", NO_ONE, other=403),
    post("/registrations", BOTH, FIRM),
    page("/registrations/{registration}", NO_ONE),
    sent("/registrations/{registration}/verify", NO_ONE, {"checked": "执照"}),
    step("/registrations/{registration}/verify", NO_ONE, {}),
    step("/registrations/{registration}/refuse", NO_ONE, WHY),
    post("/organisations/{unmanaged}/administration", BOTH, WHO),
    bare("/mail-domains/{waiting_domain}/verify", NO_ONE),
)

GIVING_AWAY = (
    page(CHANGE, BOTH),
    sent("/catalogue/{ready}/owner", NO_ONE, OFFER, other=403),
    post("/instruments/{ready}/owner-changes", NO_ONE, OFFER, other=403),
    sent(f"{CHANGE}/accept", NO_ONE, {"inner_id": "T-1"}, other=403),
    step(f"{CHANGE}/accept", NO_ONE, {"inner_id": "T-1"}, other=403),
    step(f"{CHANGE}/withdraw", NO_ONE, {"note": "另有安排"}, other=403),
)

STANDING_IN = (*LEAVING_AND_ENDING, *ROSTERS, *GRANTS, *REGISTRATIONS, *GIVING_AWAY)
