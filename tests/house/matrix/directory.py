"""Who may call what: directory."""

from tests.house.asking import NO_ONE
from tests.house.matrix.writing import ADMINS, THEIR_ADMINS, drop, page, post, put, read, sent, step
from tests.house.worlds import EVERYBODY, PLATFORM

ENTRY = {"name_zh": "Our大学", "kind": "university", "adcode": "500109"}
SHARED = {"horizon_days": "30", "phone": "023-1"}
NATIONAL = {"kind": "public_holiday", "name_zh": "春节"}
HOLIDAY = {**NATIONAL, "first_day": "{later_day}"}
TABLE = "日期,名称\n{later_day},停电"
CUT = {"day": "{later_day}", "name_zh": "停电"}
CLOSURE = {"first_day": "{later_day}", "name_zh": "停电"}

INTO = {"into_id": "{spare_unit}"}

DIRECTORY = (
    page("/organisations"),
    page("/organisations?q=our&province=500000"),
    page("/organisations/new", PLATFORM, other=403),
    sent("/organisations/new", PLATFORM, {**ENTRY, "name_zh": "新单位"}, other=403),
    page("/organisations/{organisation}"),
    page("/organisations/{absent}", NO_ONE, nobody=404),
    page("/organisations/{organisation}/edit", ADMINS, other=403),
    sent("/organisations/{organisation}/edit", ADMINS, ENTRY, other=403),
    sent("/organisations/{organisation}/units", ADMINS, {"name_zh": "新中心"}, other=403),
    page("/organisations/{organisation}/settings", ADMINS, other=403),
    sent("/organisations/{organisation}/settings", ADMINS, SHARED, other=403),
    page("/units/{unit}/edit", ADMINS, other=403),
    page("/units/{their_unit}/edit", THEIR_ADMINS, other=403),
    sent("/units/{unit}/edit", ADMINS, {"name_zh": "Our新中心"}, other=403),
    sent("/units/{unit}/settings", ADMINS, SHARED, other=403),
    sent("/units/{their_unit}/settings", THEIR_ADMINS, SHARED, other=403),
    page("/units/{unit}/merge", ADMINS, other=403),
    page("/units/{unit}/merge?into_id={spare_unit}", ADMINS, other=403),
    sent("/units/{unit}/merge", ADMINS, INTO, other=403),
    sent("/units/{spare_unit}/remove", ADMINS, other=403),
    page("/organisations/{organisation}/closing-days", ADMINS, other=403),
    page("/calendar-days", PLATFORM, other=403),
    sent("/calendar-days", PLATFORM, HOLIDAY, other=403),
    sent("/calendar-days/table", PLATFORM, {"table": "日期,类别,名称\n{later_day},public_holiday,春节"}, other=403),
    sent("/calendar-days/{national_day}/remove", PLATFORM, other=403),
    sent("/organisations/{organisation}/closing-days/table", ADMINS, {"table": TABLE}, other=403),
    sent("/organisations/{organisation}/closing-days", ADMINS, CLOSURE, other=403),
    sent("/organisations/{organisation}/closing-days/{day}/remove", ADMINS, other=403),
    read("/organisations", EVERYBODY),
    read("/organisations/{organisation}", EVERYBODY),
    post("/organisations", PLATFORM, {**ENTRY, "name_zh": "新单位"}, other=403),
    put("/organisations/{organisation}", ADMINS, ENTRY, other=403),
    put(
        "/organisations/{their_organisation}",
        THEIR_ADMINS,
        {**ENTRY, "name_zh": "Their大学", "adcode": "510704"},
        other=403,
    ),
    post("/organisations/{organisation}/units", ADMINS, {"name_zh": "新中心"}, other=403),
    post("/organisations/{organisation}/closing-days", ADMINS, CLOSURE, other=403),
    post("/organisations/{organisation}/days", ADMINS, {"days": [CUT]}, other=403),
    read("/organisations/{organisation}/settings", ADMINS, other=403),
    put("/organisations/{organisation}/settings", ADMINS, {"horizon_days": 30}, other=403),
    read("/units/{unit}", ADMINS, other=403),
    put("/units/{unit}", ADMINS, {"name_zh": "Our新中心"}, other=403),
    read("/units/{unit}/settings", ADMINS, other=403),
    put("/units/{unit}/settings", ADMINS, {"horizon_days": 30}, other=403),
    put("/units/{their_unit}/settings", THEIR_ADMINS, {"horizon_days": 30}, other=403),
    read("/units/{unit}/merge?into_id={spare_unit}", ADMINS, other=403),
    step("/units/{unit}/merge", ADMINS, INTO, other=403),
    step("/units/{their_unit}/merge", THEIR_ADMINS, {"into_id": "{their_spare_unit}"}, other=403),
    drop("/units/{spare_unit}", ADMINS, other=403),
    read("/calendar-days", EVERYBODY),
    post("/calendar-days", PLATFORM, {"days": [{**NATIONAL, "day": "{later_day}"}]}, other=403),
    drop("/calendar-days/{national_day}", PLATFORM, other=403),
    drop("/organisations/{organisation}/closing-days/{day}", ADMINS, other=403),
    drop("/organisations/{organisation}/closing-days/{their_day}", NO_ONE, other=403, unknown=ADMINS),
)
