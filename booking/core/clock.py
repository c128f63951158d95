"""The one clock and the one time zone people see: moments are UTC inside and Asia/Shanghai outside."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utcnow() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """The calendar day of `moment` in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def at_local(day: date, minute: int = 0) -> datetime:
    """The UTC moment `minute` minutes after local midnight of `day`; 1440 is the next midnight."""
    midnight = datetime.combine(day, time(), tzinfo=SHANGHAI)
    return midnight.astimezone(UTC) + timedelta(minutes=minute)
