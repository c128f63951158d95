"""Which mails follow from what happened to a charge: each step tells the other side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from booking.accounts.queries import actor_of
from booking.affiliations.queries import has_left
from booking.catalogue.stewards import named_stewards
from booking.charges.disputing import disputed_since
from booking.charges.queries import in_full, sight_of
from booking.charges.withheld import withholds_results
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.payers.answering import answering
from models.accounts import Grant, User
from models.charges import Charge, ChargeEvent
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.charges import ChargeProblem, ChargeState, ChargeStep

TEMPLATE, WAITING = "charges/changed", "charges/disputes_wait"
MOST_LISTED = 50
SILENT = frozenset({ChargeStep.ACCEPT, ChargeStep.TAKE_REST})


def on_changed(news: News) -> list[Letter]:
    """To whoever answers for the charge and booked the time, or to the owner's people; never to who did it."""
    charge = news.session.scalar(in_full().where(Charge.id == news.payload["charge_id"]))
    event = news.session.get(ChargeEvent, news.payload["event_id"])
    if charge is None or event is None or _is_silent(news, charge, event):
        return []
    told = [(one, False) for one in _payers_told(news, charge, event)]
    if _goes_to_staff(news, charge, event):
        told += [(one, True) for one in _staff(news, charge)]
    by_person = {person.id: (person, is_staff) for person, is_staff in told}
    return [
        Letter(one.email, one.language, TEMPLATE, _values(news, charge, event, one, is_staff=is_staff))
        for one, is_staff in by_person.values()
        if one.deactivated_at is None and (one.id != event.actor_id or event.step == ChargeStep.MAKE)
    ]


def _is_silent(news: News, charge: Charge, event: ChargeEvent) -> bool:
    """What whoever it concerns knows already; but not what silence took beyond what was held, or could not take."""
    if event.step not in SILENT:
        return False
    by_silence = event.step == ChargeStep.ACCEPT and event.actor_id is None
    return not (by_silence and (news.payload.get("spent_fen") or charge.problem == ChargeProblem.PAYER_SHORT))


def _payers_told(news: News, charge: Charge, event: ChargeEvent) -> Sequence[User]:
    """Who answers for the charge and booked the time; of a dispute who answers for it, of a message the other side."""
    if _is_unpriced(charge, event) or (event.step == ChargeStep.WRITE and not _wrote(news, charge, event).for_owner):
        return []
    return _answering(news, charge) if event.step == ChargeStep.DISPUTE else _payers(news, charge)


def _goes_to_staff(news: News, charge: Charge, event: ChargeEvent) -> bool:
    """Whether the owner's people are told: of what has no price, disputes, what is short, and what payers write."""
    if event.step == ChargeStep.WRITE:
        return _wrote(news, charge, event).for_payer
    is_short = event.step == ChargeStep.ACCEPT and charge.problem == ChargeProblem.PAYER_SHORT
    return is_short or event.step == ChargeStep.DISPUTE or _is_unpriced(charge, event)


def _is_unpriced(charge: Charge, event: ChargeEvent) -> bool:
    """Whether a charge begins without a price."""
    return event.step == ChargeStep.MAKE and charge.problem == ChargeProblem.NOT_PRICED


@dataclass(frozen=True, slots=True)
class _Wrote:
    """For which sides somebody wrote."""

    for_payer: bool
    for_owner: bool


def _wrote(news: News, charge: Charge, event: ChargeEvent) -> _Wrote:
    """Who booked and who answers write for the payer, who settles for the owner, even if they have left since.

    Whoever looks after an account that nobody else answers for may be of both sides: both are told then.
    """
    if event.actor_id == charge.user_id:
        return _Wrote(for_payer=True, for_owner=False)
    writer = news.session.get_one(User, event.actor_id)
    actor = actor_of(news.session, writer.email, now=news.now) or Actor(writer.id, writer.email, writer.name)
    sight = sight_of(news.session, charge, actor, today=local_date(news.now))
    for_payer = sight.answers or (charge.payer is not None and charge.payer.holder_id == writer.id)
    return _Wrote(for_payer, for_owner=sight.settles or not for_payer)


def on_disputes_wait(news: News) -> list[Letter]:
    """One letter to each of the owner's people with every dispute that they have not answered."""
    told: dict[int, tuple[User, list[dict[str, Any]]]] = {}
    rows = in_full().where(Charge.id.in_(news.payload["charge_ids"]), Charge.state == ChargeState.DISPUTED)
    charges = news.session.scalars(rows.order_by(Charge.updated_at, Charge.id)).all()
    since, staff = disputed_since(news.session, [one.id for one in charges]), _Staff(news, charges)
    for charge in charges:
        for person in staff.of(charge):
            told.setdefault(person.id, (person, []))[1].append(_waiting(charge, since[charge.id]))
    link = news.link("charges/staffed?show=disputed")
    return [
        Letter(one.email, one.language, WAITING, {"count": len(rows), "waiting": rows[:MOST_LISTED], "link": link})
        for one, rows in told.values()
    ]


def _waiting(charge: Charge, since: datetime) -> dict[str, Any]:
    """One dispute in a list."""
    return {
        "number": charge.id,
        "instrument_zh": charge.instrument.name_zh,
        "instrument_en": charge.instrument.name_en,
        "booked_by": charge.user.name,
        "gross_fen": charge.gross_fen,
        "since": since,
    }


def _payers(news: News, charge: Charge) -> Sequence[User]:
    """Who answers for what pays and who booked, unless they have left the institution that keeps the account."""
    answering = _answering(news, charge)
    if charge.payer is None:
        return answering
    gone = has_left(User.id, charge.payer.organisation_id, local_date(news.now))
    booker = select(User).where(User.id == charge.user_id, User.deactivated_at.is_(None), ~gone)
    return list({one.id: one for one in (*answering, *news.session.scalars(booker))}.values())


def _answering(news: News, charge: Charge) -> Sequence[User]:
    """Who answers for a charge: who booked it without an account, else who answers for the account."""
    if charge.payer is None:
        return [charge.user]
    return answering(news.session, charge.payer, today=local_date(news.now))


def _staff(news: News, charge: Charge) -> Iterable[User]:
    """The named stewards, and who made the charge as long as they settle charges there; else all who do."""
    return _Staff(news, [charge]).of(charge)


class _Staff:
    """Whom disputes of some charges are brought before; who looks after an instrument is read once."""

    def __init__(self, news: News, charges: Sequence[Charge]) -> None:
        """Read who made these charges."""
        self.news = news
        self.here: dict[tuple[int, int], tuple[list[User], dict[int, User]]] = {}
        made = select(ChargeEvent.charge_id, ChargeEvent.actor_id).where(
            ChargeEvent.charge_id.in_([one.id for one in charges]), ChargeEvent.step == ChargeStep.MAKE
        )
        self.makers = dict(news.session.execute(made).all())

    def of(self, charge: Charge) -> Iterable[User]:
        """The people for one charge."""
        place = (charge.organisation_id, charge.instrument_id)
        if place not in self.here:
            self.here[place] = self._read(charge)
        named, settling = self.here[place]
        maker = settling.get(self.makers.get(charge.id) or 0)
        return {one.id: one for one in (*named, *([maker] if maker else []))}.values() or settling.values()

    def _read(self, charge: Charge) -> tuple[list[User], dict[int, User]]:
        """The named stewards of the charge's instrument, and all who settle charges there."""
        is_theirs, today = _is_theirs(charge), local_date(self.news.now)
        named = named_stewards(self.news.session, charge.instrument, today=today) if is_theirs else {}
        return list(named.values()), {one.id: one for one in _settling(self.news, charge)}


def _settling(news: News, charge: Charge) -> Iterator[User]:
    """Stewards of the instrument and its unit, finance and administrators of its owner, in order of id."""
    today, instrument = local_date(news.now), charge.instrument
    roles = (Role.STEWARD, Role.INSTITUTION_FINANCE, Role.INSTITUTION_ADMIN)
    here = [(role, ScopeKind.ORGANISATION, charge.organisation_id) for role in roles]
    if _is_theirs(charge):
        here.append((Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id))
        here += [(Role.STEWARD, ScopeKind.UNIT, instrument.unit_id)] if instrument.unit_id is not None else []
    held = or_(*(and_(Grant.role == role, Grant.scope_kind == kind, Grant.scope_id == key) for role, kind, key in here))
    in_force = and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
    rows = select(User).where(User.id.in_(select(Grant.user_id).where(held, in_force)))
    yield from news.session.scalars(rows.where(User.deactivated_at.is_(None)).order_by(User.id))


def _is_theirs(charge: Charge) -> bool:
    """Whether the instrument still is the one's that it was used at."""
    return charge.instrument.organisation_id == charge.organisation_id


def _values(news: News, charge: Charge, event: ChargeEvent, person: User, *, is_staff: bool) -> dict[str, Any]:
    """What the letter says; which instrument it was only to who may know of it."""
    instrument = charge.instrument
    is_public = instrument.publishing_state == PublishingState.PUBLISHED
    knows = is_staff or is_public or person.id == charge.user_id
    return {
        "number": charge.id,
        "instrument_zh": instrument.name_zh if knows else "",
        "instrument_en": instrument.name_en if knows else "",
        "organisation_zh": charge.organisation.name_zh,
        "organisation_en": charge.organisation.name_en,
        "booked_by": charge.user.name,
        "starts_at": charge.booked_starts_at,
        "ends_at": charge.booked_ends_at,
        "step": event.step.value,
        "kind": charge.kind.value,
        "is_order": charge.sample_order_id is not None,
        "withholds_results": withholds_results(charge),
        "is_estimated": event.state == ChargeState.ESTIMATED,
        "is_waived": event.state == ChargeState.WAIVED,
        "gross_fen": charge.gross_fen,
        "voucher_fen": charge.voucher_fen,
        "due_at": charge.due_at if event.state in {ChargeState.FINAL, ChargeState.ADJUSTED} else None,
        "missing_fen": charge.gross_fen - charge.captured_fen - charge.paper_fen if charge.payer_account_id else 0,
        "spent_fen": news.payload.get("spent_fen", 0),
        "text": event.text,
        "is_staff": is_staff,
        "link": news.link(f"charges/{charge.id}"),
    }
