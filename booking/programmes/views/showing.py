"""The pages that anybody reads: all programmes, one in plain words with a calculator, and its versions."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may, reach
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, NotFound
from booking.core.forms import read
from booking.programmes import labels, queries
from booking.programmes.budgets import budgets_left
from booking.programmes.forms import ProgrammeCaseForm
from booking.programmes.rules import covered
from booking.programmes.typed import case_values
from booking.programmes.wording import (
    Result,
    authority_name,
    exclusions_of,
    headline,
    programme_name,
    result_of,
    service_types,
    shares_of,
    values_of,
)
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.signed_in import actor
from models.programmes import ProgrammeVersion


def index() -> ResponseReturnValue:
    """Show every programme of both provinces, the latest year first; officers start another one."""
    session, who, today = reading(), actor(), local_date(utcnow())
    programmes = queries.programmes(session, today)
    left = budgets_left(session, [one.version for one in programmes if one.version.use_by >= today])
    found = [
        {
            "programme": one.programme,
            "name": programme_name(one.programme),
            "authority": authority_name(one.programme),
            "headline": headline(one.version),
            "budget_left": left.get(one.programme.id),
            "is_over": one.version.redeem_by < today,
            "is_used_up": one.version.use_by < today,
            "is_coming": max(one.version.valid_from, one.version.counts_from) > today,
        }
        for one in programmes
    ]
    own = queries.authorities_of(session, who, Permission.MANAGE_PROGRAMMES)
    return render_template("programmes/index.html", found=found, may_start=bool(own))


def show(programme_id: int) -> ResponseReturnValue:
    """Show in plain words what a programme pays for, each value with its source, and what a use would be covered."""
    session, who, today = reading(), actor(), local_date(utcnow())
    found = queries.shown(session, programme_id, today)
    form, problems, result = _tried(found.version)
    page = render_template(
        "programmes/show.html",
        programme=found.programme,
        versions=queries.versions_of(session, programme_id),
        today=today,
        may_edit=may(who, Permission.MANAGE_PROGRAMMES, Target(found.programme.organisation_id)),
        may_apply=bool(reach(who, Permission.APPLY_FOR_VOUCHERS)) and found.version.use_by >= today,
        sees_budget=not found.programme.runs_at
        and may(who, Permission.SEE_BUDGETS, Target(found.programme.organisation_id)),
        sees_samples=not found.programme.runs_at
        and may(who, Permission.SEE_REDEMPTION_SAMPLES, Target(found.programme.organisation_id)),
        place=in_language(*queries.jurisdiction(session, found.programme)),
        budget_left=budgets_left(session, [found.version])[programme_id],
        form=form,
        problems=problems,
        result=result,
        service_types=[one for one in service_types() if one[0] in found.version.shares],
        **said(found),
    )
    return page, InvalidInput.status if problems else 200


def version(programme_id: int, number: int) -> ResponseReturnValue:
    """Show one version of a programme as it was written."""
    session = reading()
    found = queries.programme(session, programme_id)
    wanted = next((one for one in queries.versions_of(session, programme_id) if one.number == number), None)
    if wanted is None:
        raise NotFound
    return render_template("programmes/version.html", programme=found, **said(queries.Shown(found, wanted)))


def said(found: queries.Shown) -> dict[str, Any]:
    """A version in words."""
    shown = found.version
    return {
        "name": programme_name(found.programme),
        "authority": authority_name(found.programme),
        "runs_at": found.programme.runs_at,
        "version": shown,
        "shares": shares_of(shown),
        "values": values_of(shown),
        "exclusions": exclusions_of(shown),
        "note": in_language(shown.note_zh, shown.note_en),
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
    }


def _tried(shown: ProgrammeVersion) -> tuple[dict[str, Any], dict[str, list[str]], Result | None]:
    """The calculator: what was typed, what is wrong with it, and what it comes to."""
    first = {"is_recognised": "1", "used_on": min(max(local_date(utcnow()), shown.counts_from), shown.use_by)}
    if "try" not in request.args:
        return first, {}, None
    try:
        case = read(ProgrammeCaseForm, case_values(request.args))
        found = covered(queries.terms_of(shown), case.case, case.left(shown.year_cap_fen, shown.budget_fen))
    except InvalidInput as invalid:
        return request.args.to_dict(), problems_of(invalid), None
    return request.args.to_dict(), {}, result_of(found, shown.redeemed_by)
