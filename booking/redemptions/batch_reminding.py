"""Batches that are about to close: 30 days before, and again 7 days before, whoever may still claim in one is told."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.notifications.service import announce
from booking.redemptions.claimable import Claimable, open_of_programme, versions_on
from booking.redemptions.moving import locked_book
from booking.redemptions.rules import Batch, batches
from booking.vouchers.reminding import DAYS
from models.programmes import ProgrammeVersion
from models.redemptions import BatchReminder
from models.vocabulary.programmes import CountsOn, RedeemedBy
from models.vocabulary.redemptions import Unclaimable
from models.vouchers import ProgrammeBook

MENDABLE = frozenset({Unclaimable.NOT_INVOICED, Unclaimable.NOT_ACCEPTED})
"""What can still be done before a batch closes."""


@dataclass(slots=True)
class Open:
    """What a claimant may claim in a batch, and what lacks an invoice or the payer's word; nothing that waits."""

    ready_fen: int = 0
    lacking_fen: int = 0


def due_to_remind(session: Session, *, now: datetime, days: Collection[int] = DAYS) -> Sequence[int]:
    """The ids of programmes with vouchers of which an open batch is about to close."""
    today = local_date(now)
    ids = session.scalars(select(ProgrammeBook.programme_id).order_by(ProgrammeBook.programme_id)).all()
    versions = versions_on(session, ids, today)
    return [one for one in ids if _closing(versions[one], today, max(days))]


def remind_of_batches(session: Session, programme_id: int, /, *, now: datetime, days: Collection[int] = DAYS) -> bool:
    """Tell each claimant of each batch once for so many days; whether anybody was told. Nobody with nothing open is."""
    today = local_date(now)
    locked_book(session, programme_id)
    version = versions_on(session, [programme_id], today)[programme_id]
    closing = _closing(version, today, max(days))
    found = open_of_programme(session, programme_id, today=today) if closing else []
    told = _told(session, programme_id)
    has_told = False
    for batch in closing:
        left = min(one for one in days if batch.closes_on <= today + timedelta(days=one))
        for claimant_id, amounts in sorted(_by_claimant(found, batch, today).items()):
            if (claimant_id, batch.closes_on) in told and told[claimant_id, batch.closes_on] <= left:
                continue
            key = {"claimant_id": claimant_id, "programme_id": programme_id}
            session.add(BatchReminder(**key, closes_on=batch.closes_on, days=left, sent_on=today))
            told[claimant_id, batch.closes_on] = left
            said = {"ready_fen": amounts.ready_fen, "lacking_fen": amounts.lacking_fen}
            payload = {**key, **said, "closes_on": batch.closes_on.isoformat()}
            announce(session, "redemptions.batch_closing", payload, now=now)
            has_told = True
    session.flush()
    return has_told


def _closing(version: ProgrammeVersion, today: date, within: int) -> list[Batch]:
    """The batches of a version that are open and close within so many days."""
    last = today + timedelta(days=within)
    return [one for one in batches(version.windows) if one.opens_on <= today <= one.closes_on <= last]


def _told(session: Session, programme_id: int) -> dict[tuple[int, date], int]:
    """For the fewest of how many days each claimant was told of each batch."""
    rows = select(BatchReminder).where(BatchReminder.programme_id == programme_id).order_by(BatchReminder.days.desc())
    return {(one.claimant_id, one.closes_on): one.days for one in session.scalars(rows)}


def _by_claimant(found: Iterable[Claimable], batch: Batch, today: date) -> dict[int, Open]:
    """What belongs into a batch, by who may claim it."""
    amounts: dict[int, Open] = {}
    for one in found:
        is_ready = not one.reasons and one.batch == batch
        if not is_ready and not _could(one, batch, today):
            continue
        is_firms = one.under.redeemed_by == RedeemedBy.ENTERPRISE
        mine = amounts.setdefault(one.voucher.organisation_id if is_firms else one.charge.organisation_id, Open())
        if is_ready:
            mine.ready_fen += one.amount_fen
        else:
            mine.lacking_fen += one.amount_fen
    return amounts


def _could(one: Claimable, batch: Batch, today: date) -> bool:
    """Whether only an invoice or the payer's word is lacking, and the batch would take it then."""
    if not one.reasons or not MENDABLE.issuperset(one.reasons):
        return False
    by_invoice = one.voucher.programme_version.counts_on == CountsOn.INVOICE
    if one.batch is None and by_invoice and one.invoiced_on is None:
        return today <= min(batch.invoiced_until, one.voucher.use_by)
    return one.batch == batch
