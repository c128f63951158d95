"""Runs of sample tests as the API says them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from models.samples import SampleRun


class SampleRunAnswer(BaseModel):
    """Time on the instrument in which samples are tested."""

    id: int
    reservation_id: int
    starts_at: datetime
    ends_at: datetime
    note: str


class NewRunAnswer(SampleRunAnswer):
    """A run with its orders."""

    instrument_id: int
    order_ids: list[int]


def run_values(run: SampleRun) -> dict[str, Any]:
    """A run with the time of its reservation."""
    return {
        "id": run.id,
        "reservation_id": run.reservation_id,
        "starts_at": run.reservation.starts_at,
        "ends_at": run.reservation.ends_at,
        "note": run.note,
    }
