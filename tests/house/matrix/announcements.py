"""Who may call what: announcements."""

from tests.house.matrix.writing import FREE, FREE_FORM, drop, page, post, put, read, sent
from tests.house.worlds import EVERYBODY, PLATFORM

TEXT = {"text_zh": "周六停机维护"}

ANNOUNCEMENTS = (
    page("/announcements", PLATFORM, other=403),
    sent("/announcements", PLATFORM, {**TEXT, **FREE_FORM}, other=403),
    page("/announcements/{announcement}", PLATFORM, other=403),
    sent("/announcements/{announcement}", PLATFORM, {**TEXT, **FREE_FORM}, other=403),
    sent("/announcements/{announcement}/end", PLATFORM, other=403),
    read("/announcements/current", EVERYBODY),
    read("/announcements", PLATFORM, other=403),
    post("/announcements", PLATFORM, {**TEXT, **FREE}, other=403),
    read("/announcements/{announcement}", PLATFORM, other=403),
    put("/announcements/{announcement}", PLATFORM, {**TEXT, **FREE}, other=403),
    drop("/announcements/{announcement}", PLATFORM, other=403),
)
