"""Lists of contracts: those an institution keeps, and those of the organisations one acts for."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may, reach, require
from booking.contracts import labels, queries
from booking.contracts.forms import ContractsPage
from booking.contracts.queries import Wanted
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.pages import Page
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.contracts import Contract
from models.vocabulary.contracts import ContractState as State

PER_PAGE = 30
ALL = "all"
SHOWS = {
    ALL: (N_("全部"), Wanted()),
    "draft": (N_("草稿"), Wanted((State.DRAFT,))),
    "sent": (N_("待签字"), Wanted((State.SENT,))),
    "signed": (N_("有效"), Wanted((State.SIGNED,))),
    "ending": (N_("两个月内到期"), Wanted(ending=True)),
    "over": (N_("已结束"), Wanted((State.ENDED, State.EXPIRED))),
}
"""The parts of a list."""


@signed_in
def mine() -> ResponseReturnValue:
    """Show the contracts of the organisations one acts for, and where one keeps those of an institution."""
    actor, asked = require_actor(), read_query(ContractsPage)
    show = asked.show if asked.show in SHOWS else ALL
    page = queries.own_contracts(
        reading(), actor, SHOWS[show][1], today=local_date(utcnow()), limit=PER_PAGE, cursor=asked.cursor
    )
    return render_template(
        "contracts/mine.html",
        places=queries.organisations_of(reading(), reach(actor, Permission.SEE_CONTRACTS).organisation_ids),
        acts=bool(queries.parties_of(reading(), actor)),
        **_listed("contracts.mine", page, show),
    )


@signed_in
def index(organisation_id: int) -> ResponseReturnValue:
    """Show the contracts that an institution keeps, to its finance and auditors."""
    place, asked = organisation(reading(), organisation_id), read_query(ContractsPage)
    actor = require(require_actor(), Permission.SEE_CONTRACTS, Target(organisation_id))
    show = asked.show if asked.show in SHOWS else ALL
    page = queries.contracts_at(
        reading(), place.id, SHOWS[show][1], today=local_date(utcnow()), limit=PER_PAGE, cursor=asked.cursor
    )
    return render_template(
        "contracts/index.html",
        organisation=place,
        organisation_name=in_language(place.name_zh, place.name_en),
        may_manage=may(actor, Permission.MANAGE_CONTRACTS, Target(place.id)),
        **_listed("contracts.index", page, show, organisation_id=place.id),
    )


def _listed(endpoint: str, page: Page[Contract], show: str, **here: Any) -> dict[str, Any]:
    """A list with a tab for each part."""
    more = url_for(endpoint, **here, show=show, cursor=page.next_cursor) if page.next_cursor else ""
    return {
        "rows": page.items,
        "next_url": more,
        "show": show,
        "tabs": [
            {"label": _(label), "url": url_for(endpoint, **here, show=code), "active": code == show}
            for code, (label, _wanted) in SHOWS.items()
        ],
        "states": labels.STATES,
        "state_looks": labels.STATE_LOOKS,
        "today": local_date(utcnow()),
    }
