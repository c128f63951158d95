"""Who may call what: calendars."""

from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import HOLDER, READERS, drop, page, post, read, sent
from tests.house.worlds import EVERYBODY, PEOPLE

FEEDS = (
    page("/account/feeds", PEOPLE),
    page("/account/feeds?instrument={draft}", PEOPLE),
    sent("/account/feeds", PEOPLE, {"scope": "mine"}, ok=201),
    sent("/account/feeds", READERS, {"scope": "instrument", "id": "{draft}"}, ok=201),
    sent("/account/feeds/{feed}/revoke", HOLDER),
    read("/feeds"),
    post("/feeds", PEOPLE, {"scope": "instrument", "id": "{published}"}),
    post("/feeds", READERS, {"scope": "instrument", "id": "{draft}"}),
    read("/feeds/{feed}", HOLDER),
    drop("/feeds/{feed}", HOLDER),
    Line("GET /feeds/{public_feed_secret}.ics", EVERYBODY),
    Line("GET /feeds/unknown.ics", NO_ONE, nobody=404),
)
