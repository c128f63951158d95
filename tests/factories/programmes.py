"""Voucher programmes, authorities and their officers for tests."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.programmes.forms import ProgrammeForm, VersionForm
from booking.programmes.service import start_programme
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user

CHONGQING, SICHUAN = "500000", "510000"
TERMS: dict[str, Any] = {
    "shares": {"instrument_sharing": 3_000, "testing": 3_000, "proof_of_concept": 2_000},
    "year_cap_fen": 20_000_000,
    "counts_from": "2026-01-01",
    "use_by": "2026-12-31",
    "redeem_by": "2027-03-31",
    "exclusions": ["statutory_testing", "same_legal_person", "related_party"],
    "documents": ["application", "invoice"],
    "redeemed_by": "enterprise",
    "reserves_budget": "hold",
    "counts_on": "service",
    "bears_difference": "enterprise",
    "border_way": "home_pays",
}
"""What a programme says, as the API reads it."""

TYPED: dict[str, Any] = {
    **{name: value for name, value in TERMS.items() if name != "shares"},
    "shares.instrument_sharing": "30",
    "shares.testing": "30",
    "year_cap_fen": "200,000",
    "notice_days": "5",
    "marks.year_cap_fen.kind": "sourced",
    "marks.year_cap_fen.text": "川科政〔2025〕6号",
}
"""The same as a page sends it."""


def make_authority(session: Session, adcode: str | None = SICHUAN, **columns: Any) -> Organisation:
    """An authority of a province, committed."""
    return make_organisation(session, kind=OrganisationKind.AUTHORITY, adcode=adcode, **columns)


def make_officer(session: Session, authority: Organisation, name: str, *, now: datetime) -> Actor:
    """An officer of an authority, committed."""
    user = make_user(session, name)
    give(session, user, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, authority.id)
    return actor_for(session, user, now=now)


def version_form(**changes: Any) -> VersionForm:
    """A version from today on."""
    return VersionForm(**{**TERMS, "valid_from": date(2026, 1, 1), **changes})


def make_programme(
    session: Session, authority: Organisation, officer: Actor, *, now: datetime, **changes: Any
) -> Programme:
    """A programme of 2026 whose first version holds from New Year on, committed."""
    named = {"organisation_id": authority.id, "year": 2026, "name_zh": "创新券 2026", "name_en": "Vouchers 2026"}
    form = ProgrammeForm(**{**TERMS, **named, "valid_from": date(2026, 1, 1), **changes})
    made = start_programme(session, form, actor=officer, now=now)
    session.commit()
    return made
