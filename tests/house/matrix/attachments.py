"""Who may call what: photos and documents of instruments."""

from tests.factories.pictures import photo
from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import ADMINS, HIDDEN_READERS, READERS, STEWARDS, change, drop, page, read, sent
from tests.house.worlds import EVERYBODY, PEOPLE

TAB = "/catalogue/{published}/attachments"
API = "/instruments/{published}/attachments"
FILES = {"files": photo()}
SAID = {"caption_zh": "样品台", "visibility": "public"}

ATTACHMENTS = (
    page(TAB, STEWARDS, other=403),
    page("/catalogue/{draft}/attachments", STEWARDS, forbidden=READERS),
    page("/catalogue/{withheld}/attachments", ADMINS, forbidden=HIDDEN_READERS),
    sent(TAB, STEWARDS, {"visibility": "public"}, files=FILES, other=403),
    sent("/catalogue/{draft}/attachments", STEWARDS, {}, files=FILES, forbidden=READERS),
    page(f"{TAB}/{{photo}}", STEWARDS, other=403),
    page(f"{TAB}/{{staff_photo}}", STEWARDS, other=403),
    page("/catalogue/{draft}/attachments/{photo}", NO_ONE, forbidden=READERS - STEWARDS),
    sent(f"{TAB}/{{photo}}", STEWARDS, SAID, other=403),
    sent(f"{TAB}/{{photo}}/move", STEWARDS, {"places": "1"}, other=403),
    sent(f"{TAB}/{{photo}}/remove", STEWARDS, other=403),
    sent(f"{TAB}/{{their_photo}}/remove", NO_ONE, other=403, unknown=STEWARDS),
    page("/instruments/{published}/attachments/{photo}"),
    page("/instruments/{published}/attachments/{photo}/320"),
    page("/instruments/{published}/attachments/{signed_in_file}", PEOPLE, nobody=404),
    page("/instruments/{published}/attachments/{staff_photo}", READERS, nobody=404),
    page("/instruments/{published}/attachments/{staff_photo}/96", READERS, nobody=404),
    page("/instruments/{published}/attachments/{waiting_photo}", READERS, nobody=404),
    page("/instruments/{draft}/attachments/{draft_photo}", READERS, nobody=404),
    page("/instruments/{draft}/attachments/{draft_photo}/96", READERS, nobody=404),
    page("/instruments/{withheld}/attachments/{withheld_file}", HIDDEN_READERS, nobody=404),
    page("/instruments/{published}/attachments/{draft_photo}", NO_ONE, nobody=404),
    page("/instruments/{published}/attachments/{their_photo}", NO_ONE, nobody=404),
    read(API, EVERYBODY),
    read("/instruments/{draft}/attachments", READERS, nobody=404),
    Line(f"POST /api/v1{API}", STEWARDS, ok=201, form={}, files=FILES, other=403),
    Line("POST /api/v1/instruments/{draft}/attachments", STEWARDS, ok=201, form={}, files=FILES, forbidden=READERS),
    read(f"{API}/{{photo}}", EVERYBODY),
    read(f"{API}/{{staff_photo}}", READERS, nobody=404),
    change(f"{API}/{{photo}}", STEWARDS, SAID, other=403),
    change(f"{API}/{{their_photo}}", NO_ONE, SAID, other=403, unknown=STEWARDS),
    drop(f"{API}/{{photo}}", STEWARDS, other=403),
)
