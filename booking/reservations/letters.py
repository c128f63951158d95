"""Which mails follow from what happened to a reservation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from booking.notifications.letters import Letter, News
from booking.reservations.changes import UNAGREED
from booking.reservations.deciders import deciders_of, decides_here
from booking.reservations.queries import in_full
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Reservation, Suspension


@dataclass(frozen=True, slots=True)
class _Matter:
    """A reservation, who caused the event, and what the letters may name."""

    reservation: Reservation
    actor_id: int | None
    values: dict[str, Any]

    @property
    def is_own_doing(self) -> bool:
        """Whether the holder did it."""
        return self.actor_id == self.reservation.booked_by_id


def on_asked(news: News) -> list[Letter]:
    """A request or a wished change: to the stewards, who decide, while it is still undecided."""
    matter = _matter(news)
    if matter is None or matter.reservation.decide_by is None:
        return []
    template = "reservations/move_asked" if matter.reservation.asked_starts_at else "reservations/requested"
    people = deciders_of(news.session, matter.reservation.instrument, now=news.now).people
    return [Letter(person.email, person.language, template, matter.values) for person in people]


def on_confirmed(news: News) -> list[Letter]:
    """To the holder, whoever confirmed it."""
    return _to_holder(_matter(news), "reservations/confirmed")


def on_rejected(news: News) -> list[Letter]:
    """To the holder, with the reason."""
    return _to_holder(_matter(news), "reservations/rejected")


def on_moved(news: News) -> list[Letter]:
    """To the holder, when a steward moved it or agreed to the change."""
    return _to_holder(_by_others(_matter(news)), "reservations/moved")


def on_move_refused(news: News) -> list[Letter]:
    """To the holder: the wished change was rejected or nobody decided; the old time stays."""
    return _to_holder(_matter(news), "reservations/move_refused")


def on_cancelled(news: News) -> list[Letter]:
    """To the holder, when somebody else cancelled it, with the reason; to the stewards, when the holder's house did."""
    matter = _by_others(_matter(news))
    if matter is None:
        return []
    is_outside = _acts_from_outside(news, matter)
    facts = {"is_outside": is_outside, "is_by_staff": not is_outside and _decides(news, matter)}
    told = replace(matter, values={**matter.values, **facts})
    letters = _to_holder(told, "reservations/cancelled")
    stewards = _stewards(news, matter) if is_outside else []
    people = [one for one in stewards if one.id != matter.reservation.booked_by_id]
    return letters + [Letter(one.email, one.language, "reservations/cancelled_here", matter.values) for one in people]


def on_lapsed(news: News) -> list[Letter]:
    """To the holder: nobody decided in time, or what the owner asks of an outside use was not there at its start."""
    matter = _matter(news)
    if matter is None:
        return []
    is_unagreed = (news.payload["after"] or {}).get("cause") == UNAGREED
    told = replace(matter, values={**matter.values, "is_unagreed": is_unagreed})
    return _to_holder(told, "reservations/lapsed")


def on_edited(news: News) -> list[Letter]:
    """To the holder, when vouchers that were to cover a part cannot be used for it any more."""
    if not (news.payload["after"] or {}).get("voucher_let_go"):
        return []
    return _to_holder(_matter(news), "reservations/voucher_let_go")


def on_suspended(news: News) -> list[Letter]:
    """To the person: until when, and why."""
    row = news.session.execute(
        select(Suspension, User, Organisation, Instrument)
        .join(User, User.id == Suspension.user_id)
        .join(Organisation, Organisation.id == Suspension.organisation_id)
        .join(Instrument, Instrument.id == Suspension.instrument_id, isouter=True)
        .where(Suspension.id == news.payload["suspension_id"], User.deactivated_at.is_(None))
    ).one_or_none()
    if row is None:
        return []
    suspension, person, organisation, instrument = row
    path = f"instruments/{instrument.id}" if instrument else f"organisations/{organisation.id}"
    values = {
        "name_zh": (instrument or organisation).name_zh,
        "name_en": (instrument or organisation).name_en,
        "is_whole": instrument is None,
        "until": suspension.ends_at,
        "reason": suspension.reason,
        "link": news.link(f"{path}"),
    }
    return [Letter(person.email, person.language, "reservations/suspended", values)]


def on_handed_over(news: News) -> list[Letter]:
    """To who holds it now and to who held it before, except whoever did it.

    To the stewards too, when the holder did, or who looks after the holder at another institution.
    """
    matter = _matter(news)
    if matter is None or matter.reservation.booked_by_id != news.payload["after"]["booked_by_id"]:
        return []
    earlier, later = (news.payload[side]["booked_by_id"] for side in ("before", "after"))
    people = news.session.scalars(select(User).where(User.id.in_([earlier, later])).order_by(User.id)).all()
    names = {person.id: person.name for person in people}
    values = {**matter.values, "from_name": names[earlier], "to_name": names[later]}
    letters = [
        Letter(
            person.email,
            person.language,
            "reservations/handed_over",
            {**values, "is_new": person.id == later},
        )
        for person in people
        if person.id != matter.actor_id and person.deactivated_at is None
    ]
    is_own = matter.actor_id == earlier
    if not is_own and not _acts_from_outside(news, matter):
        return letters
    told = [steward for steward in _stewards(news, matter) if steward.id not in {earlier, later}]
    values = {**values, "is_own": is_own}
    return letters + [Letter(one.email, one.language, "reservations/handed_over_here", values) for one in told]


def _acts_from_outside(news: News, matter: _Matter) -> bool:
    """Whether the holder's institution did it, by somebody who has no say about the instrument's bookings."""
    return bool(news.payload.get("by_institution")) and not _decides(news, matter)


def _decides(news: News, matter: _Matter) -> bool:
    """Whether who did it has a say about the instrument's bookings."""
    instrument = matter.reservation.instrument
    return matter.actor_id is not None and decides_here(news.session, matter.actor_id, instrument, now=news.now)


def _stewards(news: News, matter: _Matter) -> Sequence[User]:
    """Who decides about the instrument's bookings."""
    return deciders_of(news.session, matter.reservation.instrument, now=news.now).people


def _matter(news: News) -> _Matter | None:
    """The reservation of the event as it is now, or None when it is gone."""
    found = news.session.scalar(in_full().where(Reservation.id == news.payload["reservation_id"]))
    if found is None:
        return None
    values = {
        "instrument_zh": found.instrument.name_zh,
        "instrument_en": found.instrument.name_en,
        "organisation_zh": found.instrument.organisation.name_zh,
        "organisation_en": found.instrument.organisation.name_en,
        "holder": found.booked_by.name,
        "purpose": found.purpose,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "asked_starts_at": found.asked_starts_at,
        "asked_ends_at": found.asked_ends_at,
        "decide_by": found.decide_by,
        "reason": news.payload.get("reason") or "",
        "link": news.link(f"reservations/{found.id}"),
        "instrument_link": news.link(f"instruments/{found.instrument_id}"),
    }
    return _Matter(found, news.payload.get("actor_id"), values)


def _by_others(matter: _Matter | None) -> _Matter | None:
    """The matter unless the holder did it."""
    return None if matter is None or matter.is_own_doing else matter


def _to_holder(matter: _Matter | None, template: str) -> list[Letter]:
    """One letter to who booked it, when the account still is in use."""
    if matter is None or matter.reservation.booked_by.deactivated_at is not None:
        return []
    holder = matter.reservation.booked_by
    return [Letter(holder.email, holder.language, template, matter.values)]
