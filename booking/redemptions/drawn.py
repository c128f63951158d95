"""Reading audit samples: what was drawn of the programmes that somebody sees, and what was found of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, true
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.errors import Forbidden
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.programmes import Programme
from models.redemptions import Redemption, RedemptionFinding, RedemptionItem, RedemptionSample
from models.vouchers import Voucher

Findings = Mapping[tuple[int, int], RedemptionFinding]
"""What was found last, by sample and redemption."""


@dataclass(frozen=True, slots=True)
class DrawnOne:
    """A redemption that was drawn, with its vouchers, and what was found of it last."""

    redemption: Redemption
    vouchers: Sequence[Voucher]
    finding: RedemptionFinding | None


def samples(
    session: Session, actor: Actor, programme_id: int | None, *, limit: int, cursor: str = ""
) -> Page[RedemptionSample]:
    """What was drawn of one or all of the programmes whose samples one sees, the newest first.

    Raises Forbidden for who sees none, and Unreadable.
    """
    seen = reach(actor, Permission.SEE_REDEMPTION_SAMPLES)
    if not seen:
        raise Forbidden
    theirs = true() if seen.everywhere else Programme.organisation_id.in_(seen.organisation_ids)
    rows = _whole().where(theirs)
    if programme_id is not None:
        rows = rows.where(RedemptionSample.programme_id == programme_id)
    if cursor:
        rows = rows.where(RedemptionSample.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(RedemptionSample.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda one: (one.id,))


def findings_of(session: Session, sample_ids: Collection[int]) -> Findings:
    """What was found last of each redemption of some samples; one statement."""
    rows = select(RedemptionFinding).where(RedemptionFinding.sample_id.in_(sample_ids))
    loaded = rows.options(joinedload(RedemptionFinding.found_by, innerjoin=True)).order_by(RedemptionFinding.id)
    return {(one.sample_id, one.redemption_id): one for one in session.scalars(loaded)}


def drawn_of(session: Session, found: Sequence[RedemptionSample]) -> dict[int, list[DrawnOne]]:
    """What each sample has drawn, in order of id; a constant number of statements."""
    ids = {key for one in found for key in one.drawn}
    whole = select(Redemption).options(joinedload(Redemption.programme, innerjoin=True))
    redemptions = {one.id: one for one in session.scalars(whole.where(Redemption.id.in_(ids)))}
    vouchers: dict[int, dict[int, Voucher]] = {key: {} for key in ids}
    pairs = select(RedemptionItem.redemption_id, Voucher).join(Voucher, Voucher.id == RedemptionItem.voucher_id)
    for key, voucher in session.execute(pairs.where(RedemptionItem.redemption_id.in_(ids)).order_by(Voucher.id)):
        vouchers[key][voucher.id] = voucher
    findings = findings_of(session, [one.id for one in found])
    return {
        one.id: [
            DrawnOne(redemptions[key], list(vouchers[key].values()), findings.get((one.id, key))) for key in one.drawn
        ]
        for one in found
    }


def _whole() -> Select[RedemptionSample]:
    """Samples with their programme, its authority, and who drew."""
    return (
        select(RedemptionSample)
        .join(RedemptionSample.programme)
        .options(
            contains_eager(RedemptionSample.programme).joinedload(Programme.organisation, innerjoin=True),
            joinedload(RedemptionSample.drawn_by, innerjoin=True),
        )
    )
