"""The other party of a contract and what the contract is about, looked up and checked."""

import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue.queries import is_readable
from booking.contracts.rules import Terms
from booking.core.actors import Actor
from booking.core.errors import Problem
from booking.core.texts import N_
from booking.directory.queries import organisation_by_name
from booking.directory.rules import uscc_problems
from models.catalogue import Instrument
from models.directory import Organisation
from models.samples import SampleOrder

_CODE = re.compile(r"[0-9A-Za-z]{18}")


def named_party(session: Session, text: str, problems: list[Problem]) -> Organisation | None:
    """Whom a USCC or a name means; None and one problem more when it is nobody of the directory."""
    if _CODE.fullmatch(text):
        code = text.upper()
        if wrong := uscc_problems(code):
            problems += [Problem("party", one.message, one.values) for one in wrong]
            return None
        found = session.scalar(select(Organisation).where(Organisation.uscc == code))
    else:
        found = organisation_by_name(session, text)
    if found is None:
        problems.append(Problem("party", N_("名录里没有这个单位，请对方先登记单位。")))
    return found


def party_problems(party: Organisation, organisation_id: int) -> Iterator[Problem]:
    """A contract has two parties, and one in China is known by its USCC, with the right check digit."""
    if party.id == organisation_id:
        yield Problem("party", N_("对方不能是本单位。"))
    if party.country == "CN" and not party.uscc:
        yield Problem("party", N_("名录里还没有对方的统一社会信用代码，请先补上。"))
    for one in uscc_problems(party.uscc):
        yield Problem("party", one.message, one.values)


def subject_problems(
    session: Session, organisation_id: int, party: Organisation, terms: Terms, *, actor: Actor | None = None
) -> Iterator[Problem]:
    """The instrument must be the institution's, the sample order the party's at one of its instruments.

    With an `actor` of the other party, only what they may read.
    """
    if terms.instrument_id is not None:
        instrument = session.get(Instrument, terms.instrument_id)
        is_theirs = instrument is not None and instrument.organisation_id == organisation_id
        if instrument is None or not is_theirs or (actor is not None and not is_readable(instrument, actor)):
            yield Problem("instrument_id", N_("承接单位没有这台仪器。"))
    if terms.sample_order_id is not None:
        order = session.get(SampleOrder, terms.sample_order_id)
        at = session.get(Instrument, order.instrument_id) if order else None
        is_theirs = at is not None and at.organisation_id == organisation_id
        if order is None or not is_theirs or order.organisation_id != party.id:
            yield Problem("sample_order_id", N_("对方没有这个送样委托。"))
