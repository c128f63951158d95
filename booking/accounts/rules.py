"""What counts as a good password, which role holds where, and when attempts become too many."""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network, ip_address

from booking.accounts.common_passwords import COMMON
from models.vocabulary.accounts import Role, ScopeKind

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
FEWEST_DIFFERENT_CHARACTERS = 4

_WITHIN = frozenset({ScopeKind.ORGANISATION, ScopeKind.UNIT, ScopeKind.INSTRUMENT})
_ORGANISATION = frozenset({ScopeKind.ORGANISATION})

SCOPES_OF_ROLE: dict[Role, frozenset[ScopeKind]] = {
    Role.RESEARCHER: _WITHIN,
    Role.LEAD: _WITHIN,
    Role.STEWARD: _WITHIN,
    Role.TECHNICIAN: _WITHIN,
    Role.TRAINER: _WITHIN,
    Role.REVIEWER: frozenset({ScopeKind.ORGANISATION, ScopeKind.UNIT}),
    Role.INSTITUTION_FINANCE: _ORGANISATION,
    Role.INSTITUTION_ADMIN: _ORGANISATION,
    Role.ENTERPRISE_AGENT: _ORGANISATION,
    Role.VOUCHER_OFFICER: _ORGANISATION,
    Role.OPERATOR: _ORGANISATION,
    Role.AUDITOR: frozenset({ScopeKind.PLATFORM, ScopeKind.ORGANISATION}),
    Role.PLATFORM_ADMIN: frozenset({ScopeKind.PLATFORM}),
}

GIVEN_BY_THE_PLATFORM = frozenset({Role.PLATFORM_ADMIN, Role.VOUCHER_OFFICER, Role.OPERATOR})
"""Roles that handle other people's money or demands: no institution appoints them, not even within itself."""

NEVER_LEFT_EMPTY = frozenset({Role.STEWARD, Role.ENTERPRISE_AGENT, Role.INSTITUTION_ADMIN, Role.PLATFORM_ADMIN})
"""Roles whose last holder leaves only when somebody takes over."""

HANDING_OVER_DAYS = 31
"""How long somebody who may not give a role holds it beside the successor they name."""

LONGEST_TERM_AGAIN = timedelta(days=366)
"""The longest term of a successor whom somebody names whose own term runs out."""


class Looks(StrEnum):
    """Whether a list of the log has the rows that somebody looked at personal data."""

    WITHOUT = "without"
    WITH = "with"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts one account and one network address have within a sliding window."""

    window: timedelta
    per_account: int
    per_address: int


SIGN_INS = Limit(timedelta(minutes=15), per_account=5, per_address=30)
MAILS = Limit(timedelta(hours=1), per_account=5, per_address=60)


def normal_address(email: str) -> str:
    """The form in which an e-mail address identifies an account: NFC, lower case, no space around."""
    return unicodedata.normalize("NFC", email).strip().lower()


def normal_password(password: str) -> str:
    """The form that is hashed, so that full-width typing gives the same password (RFC 8265 §4.2, NFKC here)."""
    return unicodedata.normalize("NFKC", password)


def password_fault(password: str, email: str) -> str | None:
    """Why nobody should choose this password, as the code of a sentence; None when it will do."""
    folded = normal_password(password).strip().casefold()
    if folded in {email, email.partition("@")[0]}:
        return "password_is_address"
    if folded in COMMON or len(set(folded)) < FEWEST_DIFFERENT_CHARACTERS:
        return "password_common"
    return None


def account_key(email: str) -> str:
    """What attempts on an account are counted under, whether or not the account exists."""
    return hashlib.sha256(normal_address(email).encode()).hexdigest()


def address_key(address: str) -> str:
    """What attempts from a network address are counted under: IPv6 by its /64, which one customer holds whole."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:45]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((found, 64), strict=False))


def wait_seconds(decisive: datetime | None, window: timedelta, *, now: datetime) -> int:
    """Seconds until the decisive attempt leaves the window, at least one; 0 when there is none."""
    if decisive is None:
        return 0
    left = (decisive + window - now).total_seconds()
    return max(1, int(-(-left // 1)))
