"""The pages on which an organisation's admin confirms many people at once: chosen, confirmed, accounted for."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission
from booking.affiliations import labels, queries
from booking.affiliations.confirming import Outcome, confirm_many
from booking.affiliations.forms import MOST_CONFIRMED, ConfirmManyForm
from booking.affiliations.looking import note_people
from booking.affiliations.views.showing import group_choices, problems_in, seen_organisation, status_of
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Refused
from booking.core.forms import PageForm
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import posted
from booking.web.signed_in import require_actor
from models.vocabulary.affiliations import AffiliationState


class ConfirmManyPage(ConfirmManyForm, PageForm):
    """The chosen people with what holds for all of them, as the page sends it."""


def choose(organisation_id: int) -> ResponseReturnValue:
    """Show the chosen people who wait, with what can be set for all of them."""
    return _page(organisation_id)


def confirm(organisation_id: int) -> ResponseReturnValue:
    """Confirm the chosen people, each for itself, and say what became of every one."""
    organisation = seen_organisation(organisation_id, Permission.MANAGE_AFFILIATIONS)
    try:
        typed = posted() | {"affiliation_ids": request.form.getlist("affiliation_ids")}
        form = ConfirmManyForm(**forms.read(ConfirmManyPage, typed).model_dump())
        done = transaction(confirm_many, organisation_id, form, actor=require_actor(), now=utcnow())
    except InvalidInput as refused:
        return _page(organisation_id, refused)
    return render_template(
        "affiliations/confirmed.html",
        organisation=organisation,
        rows=[_shown(one) for one in done],
        confirmed=sum(1 for one in done if one.refused is None),
    )


def _page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The chosen people, or all who wait as far as they can be confirmed at once."""
    organisation = seen_organisation(organisation_id, Permission.MANAGE_AFFILIATIONS)
    rows = _chosen(organisation_id)
    page = render_template(
        "affiliations/confirming.html",
        organisation=organisation,
        rows=rows,
        waiting=queries.counts(reading(), organisation_id).get(AffiliationState.PENDING, 0),
        most=MOST_CONFIRMED,
        groups=group_choices(organisation_id),
        labels=labels,
        form=request.form,
        problems=problems_in(refused),
        today=local_date(utcnow()),
    )
    if refused is None:
        seen = [row.person.id for row in rows]
        transaction(note_people, organisation_id, seen, actor=require_actor(), now=utcnow())
    return page, status_of(refused)


def _chosen(organisation_id: int) -> Sequence[queries.Row]:
    """Who was ticked, of those who wait; or all of them."""
    if request.values.get("all"):
        pending = AffiliationState.PENDING
        return queries.people(reading(), organisation_id, pending, limit=MOST_CONFIRMED).items
    texts = request.values.getlist("affiliation_ids")[:MOST_CONFIRMED]
    ids = [int(text) for text in texts if text.isdecimal() and len(text) < 10]
    return queries.waiting_among(reading(), organisation_id, ids)


def _shown(one: Outcome) -> dict[str, Any]:
    """What became of one request, in the reader's words."""
    return {
        "affiliation_id": one.affiliation_id,
        "name": one.name or _("编号 %(number)s", number=one.affiliation_id),
        "is_known": bool(one.name),
        "why": _why(one.refused) if one.refused else "",
    }


def _why(refused: Refused) -> str:
    """Why a request was not confirmed."""
    if not isinstance(refused, InvalidInput):
        return sentence_of(refused)
    found = problems_of(refused)
    return " ".join(f"{_(labels.FIELDS[field])}：{' '.join(said)}" for field, said in found.items())
