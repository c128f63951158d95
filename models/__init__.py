"""Every table of the service; imports nothing of ours and nothing of Flask."""

from models import (
    accounts,
    affiliations,
    arrivals,
    attachments,
    calendars,
    catalogue,
    custody,
    directory,
    idempotency,
    imports,
    jobs,
    listings,
    notifications,
    privacy,
    publishing,
    reservations,
    teams,
)
from models.base import Base

__all__ = [
    "Base",
    "accounts",
    "affiliations",
    "arrivals",
    "attachments",
    "calendars",
    "catalogue",
    "custody",
    "directory",
    "idempotency",
    "imports",
    "jobs",
    "listings",
    "notifications",
    "privacy",
    "publishing",
    "reservations",
    "teams",
]
