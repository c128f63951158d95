"""How an organisation's people stand when a roster is read, and by what somebody is known again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.affiliations.group_reading import stored_groups
from booking.affiliations.roster_reading import ReadRow, RosterRow
from booking.affiliations.rules import OWNS_INSTRUMENTS
from booking.directory import queries as directory
from models.accounts import User
from models.affiliations import Affiliation, Invitation
from models.vocabulary.affiliations import AffiliationState, InvitationState

Mark: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an organisation's people stand: accounts by address, open affiliations, invitations, names of units.

    `accepted` is who came by an invitation and is still there, by what the invitation knew of them. `held_until` is,
    by person, until when they hold roles that whoever applies the roster may not end.
    """

    accounts: Mapping[str, int]
    people: Sequence[tuple[Affiliation, User]]
    by_user: Mapping[int, Affiliation]
    by_number: Mapping[str, Affiliation]
    invited: Sequence[Invitation]
    invitations: Mapping[str, Invitation]
    accepted: Mapping[Mark, int]
    units: Mapping[str, int]
    groups: Mapping[str, int]
    held_until: Mapping[int, date]

    def invitation_for(self, values: RosterRow) -> Invitation | None:
        """The open invitation of whom a row means: by address, else by telephone, else by number."""
        keys = (values.email,) if values.email else (values.phone, values.staff_number)
        return next((found for key in keys if (found := self.invitations.get(key or ""))), None)

    def account_for(self, row: ReadRow) -> int | None:
        """Whose account a row means: the address's own, unless who is there came by an invitation to what it says."""
        own = self.accounts.get(row.email)
        if own in self.by_user:
            return own
        return next((self.accepted[mark] for mark in marks_of(row) if mark in self.accepted), own)


def standing_for(
    session: Session, organisation_id: int, rows: Iterable[ReadRow], held_until: Mapping[int, date], *, now: datetime
) -> Standing:
    """Read how an organisation's people stand; eight statements however many rows.

    A firm learns of nobody whether they have an account here: whoever neither belongs nor has asked is invited, and
    so is everywhere who left of their own accord.
    """
    emails = sorted({row.email for row in rows if row.values and row.email})
    confirmed = (User.confirmed_at.is_not(None), User.deactivated_at.is_(None))
    accounts = session.execute(select(User.email, User.id).where(User.email.in_(emails), *confirmed)).all()
    is_open = Affiliation.state.in_((AffiliationState.PENDING, AffiliationState.CONFIRMED))
    people = session.execute(
        select(Affiliation, User)
        .join(User, User.id == Affiliation.user_id)
        .where(Affiliation.organisation_id == organisation_id, is_open)
        .order_by(Affiliation.id)
    ).all()
    own = select(Invitation).where(Invitation.organisation_id == organisation_id).order_by(Invitation.id)
    still = (Invitation.state == InvitationState.OPEN, Invitation.expires_at > now)
    invited = session.scalars(own.where(*still)).all()
    held = [(found[0], found[1]) for found in people]
    there = {one.user_id for one, _ in held}
    left = _left_by_themselves(session, organisation_id) if _meets_accounts(session, organisation_id) else None
    return Standing(
        accounts={
            found.email: found.id
            for found in accounts
            if found.id in there or (left is not None and found.id not in left)
        },
        people=held,
        by_user={affiliation.user_id: affiliation for affiliation, _ in held},
        by_number={one.staff_number: one for one, _ in held if one.staff_number and is_confirmed(one)},
        invited=invited,
        invitations={key: invitation for invitation in invited for key in _keys(invitation)},
        accepted=_accepted(session, organisation_id, {one.user_id: one.staff_number for one, _ in held}),
        units=_by_name(directory.units(session, organisation_id)),
        groups=_by_name(stored_groups(session, organisation_id)),
        held_until=held_until,
    )


def _meets_accounts(session: Session, organisation_id: int) -> bool:
    """Whether a roster confirms who has an account already, instead of inviting them."""
    return directory.organisation(session, organisation_id).kind in OWNS_INSTRUMENTS


def _left_by_themselves(session: Session, organisation_id: int) -> set[int]:
    """Who ended the last affiliation that they had with the organisation themselves."""
    had = Affiliation.organisation_id == organisation_id, Affiliation.confirmed_by.is_not(None)
    last = select(func.max(Affiliation.id)).where(*had).group_by(Affiliation.user_id)
    ended = select(Affiliation.user_id).where(Affiliation.id.in_(last), Affiliation.ended_by_id == Affiliation.user_id)
    return set(session.scalars(ended))


def _accepted(session: Session, organisation_id: int, numbers: Mapping[int, str]) -> dict[Mark, int]:
    """Who of those present, given with their staff numbers, came by an invitation, by its marks; the latest of several.

    A number that the person no longer has may be somebody else's by now, so it tells nothing.
    """
    columns = (Invitation.name, Invitation.email, Invitation.phone, Invitation.staff_number, Invitation.accepted_by_id)
    settled = (Invitation.organisation_id == organisation_id, Invitation.state == InvitationState.ACCEPTED)
    found = session.execute(select(*columns).where(*settled).order_by(Invitation.id))
    by_mark = {
        mark: one.accepted_by_id for one in found for mark in known_by(one.name, one.email, one.phone, one.staff_number)
    }
    return {
        (kind, value): user_id
        for (kind, value), user_id in by_mark.items()
        if user_id in numbers and (kind != "staff_number" or numbers[user_id] in {"", value})
    }


def is_confirmed(affiliation: Affiliation) -> bool:
    """Whether it is confirmed, not merely asked for."""
    return affiliation.state == AffiliationState.CONFIRMED


def _keys(invitation: Invitation) -> list[str]:
    """What an invitation is known again by: the address, else the telephone and the staff number."""
    keys = (invitation.email,) if invitation.email else (invitation.phone, invitation.staff_number)
    return [key for key in keys if key]


def known_by(name: str, email: str, phone: str, staff_number: str) -> list[Mark]:
    """What somebody is known again by, the surest first; a telephone may be shared, so it counts with the name."""
    found = [("email", email), ("staff_number", staff_number)]
    if phone:
        digits = phone.replace(" ", "").replace("-", "")
        found.append(("phone", f"{digits} {''.join(name.split()).lower()}"))
    return [mark for mark in found if mark[1]]


def marks_of(row: ReadRow) -> list[Mark]:
    """What a row knows somebody by."""
    return known_by(row.label, row.email, row.phone, row.staff_number)


def _by_name(rows: Iterable[Any]) -> dict[str, int]:
    """Ids by names in both languages, letter case aside."""
    return {name.lower(): row.id for row in rows for name in (row.name_en, row.name_zh) if name}
