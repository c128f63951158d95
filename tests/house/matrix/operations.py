"""Who may call what: operations."""

from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import page, read, sent
from tests.house.worlds import ALL_SEEING, PLATFORM

OPERATIONS = (
    page("/api/docs"),
    page("/api/docs/reservations"),
    page("/api/docs/unknown", NO_ONE, nobody=404),
    page("/api/openapi.json"),
    page("/operations/jobs", ALL_SEEING, other=403),
    sent("/operations/jobs/forget_answers/run", PLATFORM, other=403),
    sent("/operations/events/{event}/retry", PLATFORM, other=403),
    page("/operations/system", ALL_SEEING, other=403),
    read("/system", ALL_SEEING, other=403),
    read("/jobs", ALL_SEEING, other=403),
    Line("POST /api/v1/jobs/forget_answers/run", PLATFORM, other=403),
    read("/outbox-events", ALL_SEEING, other=403),
    Line("POST /api/v1/outbox-events/{event}/retry", PLATFORM, ok=204, other=403),
    read("/mails?state=set_aside", PLATFORM, other=403),
    read("/mails/{mail}", PLATFORM, other=403),
    Line("POST /api/v1/mails/{mail}/retry", PLATFORM, ok=204, other=403),
    page("/operations/mailbox", PLATFORM, other=403),
    page("/operations/mailbox/{mail}", PLATFORM, other=403),
    sent("/operations/mailbox/{mail}/retry", PLATFORM, other=403),
    page("/healthz"),
    page("/readyz"),
    page("/metrics"),
    page("/favicon.ico"),
    page("/static/js/nothing.js", NO_ONE, nobody=404),
    page("/no-such-page", NO_ONE, nobody=404),
    read("/no-such-thing", NO_ONE, nobody=404),
)
