"""Who may call what: search."""

from tests.house.asking import NO_ONE
from tests.house.matrix.writing import HIDDEN_READERS, READERS, page, read
from tests.house.worlds import ALL_SEEING, EVERYBODY, THEIR_STAFF

SEARCH = (
    page("/"),
    page("/?q=OUR&province=500000"),
    page("/instruments/{published}"),
    page("/instruments/{draft}", READERS, nobody=404),
    page("/instruments/{withheld}", HIDDEN_READERS, nobody=404),
    page("/instruments/{their_draft}", THEIR_STAFF | ALL_SEEING, nobody=404),
    page("/instruments/{absent}", NO_ONE, nobody=404),
    page("/instruments/{published}/pidinst.json"),
    page("/instruments/{draft}/pidinst.json", READERS, nobody=404),
    page("/instruments/export?format=csv"),
    page("/instruments/export?format=test_items&mine=1", READERS | THEIR_STAFF, other=403),
    page("/instruments/export?format=csv&mine=1", READERS | THEIR_STAFF, other=403),
    page("/robots.txt"),
    page("/sitemap.xml"),
    page("/sitemap-0.xml"),
    read("/instruments", EVERYBODY),
    read("/instruments/{published}", EVERYBODY),
    read("/instruments/{draft}", READERS, nobody=404),
    read("/instruments/{withheld}", HIDDEN_READERS, nobody=404),
    read("/instruments/{their_draft}", THEIR_STAFF | ALL_SEEING, nobody=404),
    read("/instruments/{absent}", NO_ONE, nobody=404),
    read("/instruments/export?format=xlsx", EVERYBODY),
    read("/instruments/export?format=test_items", EVERYBODY),
    read("/instruments/export?format=pidinst&mine=1", READERS | THEIR_STAFF, other=403),
    read("/classes", EVERYBODY),
    read("/places", EVERYBODY),
)
