"""Who may call what: catalogue."""

from tests.house.asking import NO_ONE
from tests.house.matrix.writing import (
    ADMINS,
    AUDITOR,
    READERS,
    STEWARDS,
    THEIR_ADMINS,
    THEIR_STEWARDS,
    change,
    drop,
    page,
    post,
    put,
    read,
    sent,
    step,
)
from tests.house.worlds import ADMIN, ALL_SEEING, EVERYBODY, PLATFORM, THEIR_ADMIN, THEIR_STAFF

EDITED = "{published}"
WHY = {"reason": "未验收"}
EXEMPT = {"exemption_reason": "军工配套"}
NAMES = {"name_zh": "新名称", "model": "X-1"}

CATALOGUE = (
    page("/catalogue", STEWARDS | THEIR_STEWARDS, other=403),
    page("/catalogue?q=draft", STEWARDS | THEIR_STEWARDS, other=403),
    page("/catalogue/new", ADMINS | THEIR_ADMIN, other=403),
    sent("/catalogue/new", ADMINS, {"organisation_id": "{organisation}", **NAMES}, other=403),
    *(
        one
        for tab in ("edit", "place", "booking", "test-items", "stewards", "publishing")
        for one in (
            page(f"/catalogue/{EDITED}/{tab}", STEWARDS, other=403),
            page(f"/catalogue/{{draft}}/{tab}", STEWARDS, forbidden=READERS),
            page(f"/catalogue/{{withheld}}/{tab}", ADMINS, forbidden=AUDITOR),
        )
    ),
    page(f"/catalogue/{EDITED}/test-items/{{item}}", STEWARDS, other=403),
    page("/catalogue/{draft}/test-items/{item}", NO_ONE, forbidden=READERS - STEWARDS),
    sent("/catalogue/{draft}/edit", STEWARDS, NAMES, forbidden=READERS),
    sent("/catalogue/{withheld}/edit", ADMINS, NAMES, forbidden=AUDITOR),
    sent("/catalogue/{draft}/place", STEWARDS, {"street": "天生路 2 号"}, forbidden=READERS),
    sent("/catalogue/{draft}/booking-mode", STEWARDS, {"booking_mode": "none"}, forbidden=READERS),
    sent("/catalogue/{draft}/policy", STEWARDS, {"allows_self": "1"}, forbidden=READERS),
    sent("/catalogue/{draft}/opening-hours", STEWARDS, {"opening_hours": "1-5 09:00-18:00"}, forbidden=READERS),
    sent("/catalogue/{asking}/lanes", STEWARDS, {"capacity": "3"}, other=403),
    sent("/catalogue/{draft}/shared-groups", STEWARDS, {"name": "真空泵", "capacity": "1"}, forbidden=READERS),
    sent("/catalogue/{draft}/shared-groups/join", STEWARDS, {"lane_group_id": "{spare}"}, forbidden=READERS),
    sent("/catalogue/{withheld}/shared-groups/{spare}/leave", ADMINS, forbidden=AUDITOR),
    sent("/catalogue/{draft}/test-items", STEWARDS, {"name_zh": "形貌"}, forbidden=READERS),
    sent(f"/catalogue/{EDITED}/test-items/{{item}}", STEWARDS, {"name_zh": "形貌"}, other=403),
    sent(f"/catalogue/{EDITED}/test-items/{{item}}/move", STEWARDS, {"places": "1"}, other=403),
    sent(f"/catalogue/{EDITED}/test-items/{{item}}/remove", STEWARDS, other=403),
    sent("/catalogue/{ready}/submit", STEWARDS, {"note": "新购"}, forbidden=READERS),
    sent("/catalogue/{in_review}/withdraw", STEWARDS, forbidden=READERS),
    sent("/catalogue/{asking}/withdraw", STEWARDS, other=403),
    sent(f"/catalogue/{EDITED}/unpublish", ADMINS, WHY, other=403),
    sent("/catalogue/{draft}/withhold", ADMINS, WHY, forbidden=READERS),
    sent("/catalogue/{published}/stewards", ADMINS, {"primary_id": "{steward_id}"}, other=403),
    sent("/catalogue/{draft}/stewards", ADMINS, {}, forbidden=READERS),
    page("/catalogue/{asking}/edit", STEWARDS, other=403),
    page("/catalogue/{asking}/publishing", STEWARDS, other=403),
    page("/instruments/{asking}"),
    page("/report-dates", ADMIN | THEIR_ADMIN | ALL_SEEING, other=403),
    page("/arrivals", STEWARDS | THEIR_STEWARDS, other=403),
    sent("/catalogue/{their_draft}/exemptions", THEIR_ADMINS, EXEMPT, forbidden=THEIR_STAFF | ALL_SEEING),
    sent("/catalogue/{draft}/training", STEWARDS, {"training_note": "首批用户"}, forbidden=READERS),
    sent("/exemptions/{exemption}/decide", PLATFORM, {"state": "approved"}, other=403),
    page("/reviews", ADMIN | THEIR_ADMIN, other=403),
    page("/reviews/{round}", READERS),
    page("/reviews/{update_round}", READERS),
    page("/reviews/{their_round}", THEIR_STAFF | ALL_SEEING),
    sent("/reviews/{round}/approve", ADMIN, {"version": "1", "note": "不涉密"}, forbidden=READERS),
    sent("/reviews/{update_round}/send-back", ADMIN, {"version": "1", **WHY}, forbidden=READERS),
    sent("/reviews/{round}/withhold", ADMIN, {"version": "1", **WHY}, forbidden=READERS),
    sent("/catalogue/{draft}/sharing", STEWARDS, {"running_state": "normal"}, forbidden=READERS),
    sent("/catalogue/{draft}/visibility", STEWARDS, {"hides_position": "1"}, forbidden=READERS),
)

ITEM_API = "/instruments/{published}/test-items/{item}"

CATALOGUE_API = (
    read("/my-instruments", STEWARDS | THEIR_STEWARDS, other=403),
    post("/instruments", ADMINS, {"organisation_id": "{organisation}", **NAMES}, other=403),
    change("/instruments/{draft}", STEWARDS, NAMES, forbidden=READERS),
    change("/instruments/{withheld}", ADMINS, NAMES, forbidden=AUDITOR),
    change("/instruments/{their_draft}", THEIR_STEWARDS, NAMES, forbidden=THEIR_STAFF | ALL_SEEING),
    step("/instruments/{ready}/submit", STEWARDS, {"note": "新购"}, forbidden=READERS),
    step("/instruments/{their_ready}/submit", THEIR_STEWARDS, {}, forbidden=THEIR_STAFF | ALL_SEEING),
    step("/instruments/{in_review}/withdraw", STEWARDS, {}, forbidden=READERS),
    step("/instruments/{published}/unpublish", ADMINS, WHY, other=403),
    step("/instruments/{draft}/withhold", ADMINS, WHY, forbidden=READERS),
    step("/instruments/{their_draft}/withhold", THEIR_ADMINS, WHY, forbidden=THEIR_STAFF | ALL_SEEING),
    read("/instruments/{asking}", EVERYBODY),
    read("/instruments/{asking}/reviews", READERS, other=403),
    read("/instruments/{in_review}/reviews", READERS),
    read("/instruments/{published}/stewards", READERS, other=403),
    read("/instruments/{draft}/stewards", READERS),
    put("/instruments/{published}/stewards", ADMINS, {"primary_id": "{steward_id}"}, other=403),
    put("/instruments/{draft}/stewards", ADMINS, {"primary_id": "{steward_id}"}, forbidden=READERS),
    read("/report-dates", ADMIN | THEIR_ADMIN | ALL_SEEING, other=403),
    read("/exemptions", ADMIN | THEIR_ADMIN | ALL_SEEING, other=403),
    read("/arrivals", STEWARDS | THEIR_STEWARDS, other=403),
    post("/instruments/{their_draft}/exemptions", THEIR_ADMINS, EXEMPT, forbidden=THEIR_STAFF | ALL_SEEING),
    step("/instruments/{draft}/training", STEWARDS, {"note": "首批用户"}, forbidden=READERS),
    step("/exemptions/{exemption}/approve", PLATFORM, {}, other=403),
    step("/exemptions/{exemption}/refuse", PLATFORM, {"note": "须报送"}, other=403),
    read("/reviews", ADMIN | THEIR_ADMIN, other=403),
    read("/reviews/{round}", READERS),
    read("/reviews/{update_round}", READERS),
    step("/reviews/{round}/approve", ADMIN, {"note": "不涉密"}, forbidden=READERS),
    step("/reviews/{their_round}/approve", THEIR_ADMIN, {}, forbidden=THEIR_STAFF | ALL_SEEING),
    step("/reviews/{update_round}/send-back", ADMIN, WHY, other=403),
    step("/reviews/{round}/withhold", ADMIN, WHY, forbidden=READERS),
    put("/instruments/{draft}/policy", STEWARDS, {"horizon_days": 30}, forbidden=READERS),
    put("/instruments/{draft}/opening-hours", STEWARDS, {"opening_hours": "1-5 09:00-18:00"}, forbidden=READERS),
    put("/instruments/{asking}/lanes", STEWARDS, {"capacity": 3}, other=403),
    put("/instruments/{withheld}/shared-groups/{spare}/lanes", ADMINS, {"capacity": 3}, forbidden=AUDITOR),
    put("/instruments/{draft}/shared-groups/{spare}/lanes", NO_ONE, {"capacity": 3}, forbidden=READERS - STEWARDS),
    post("/instruments/{draft}/shared-groups", STEWARDS, {"name": "真空泵"}, forbidden=READERS),
    step("/instruments/{draft}/shared-groups/{spare}/join", STEWARDS, {}, forbidden=READERS),
    step("/instruments/{draft}/shared-groups/{their_spare}/join", NO_ONE, {}, forbidden=READERS - STEWARDS),
    step("/instruments/{withheld}/shared-groups/{spare}/leave", ADMINS, {}, forbidden=AUDITOR),
    post("/instruments/{draft}/test-items", STEWARDS, {"name_zh": "形貌"}, forbidden=READERS),
    put(ITEM_API, STEWARDS, {"name_zh": "形貌"}, other=403),
    put(
        "/instruments/{their_published}/test-items/{item}", NO_ONE, {"name_zh": "x"}, other=403, unknown=THEIR_STEWARDS
    ),
    step(f"{ITEM_API}/move", STEWARDS, {"places": 1}, other=403),
    drop(ITEM_API, STEWARDS, other=403),
)
