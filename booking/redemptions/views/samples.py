"""The page of a programme's audit samples: what was drawn by which seed, and the form that draws."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, require
from booking.accounts.views.again import again
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import Written
from booking.core.money import yuan_from_fen
from booking.programmes.queries import programme
from booking.redemptions import labels, queries, sampling
from booking.redemptions.forms import RedemptionSamplePage
from booking.redemptions.wording import number_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import posted
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.redemptions import RedemptionSample


@signed_in
def samples(programme_id: int) -> ResponseReturnValue:
    """Show what was drawn of a programme, and draw anew."""
    who, now = require_actor(), utcnow()
    found = programme(reading(), programme_id)
    require(who, Permission.SEE_REDEMPTION_SAMPLES, Target(found.organisation_id))
    if request.method == "GET":
        return render_template("redemptions/samples.html", form={}, problems={}, **_shown(programme_id))
    require(who, Permission.REVIEW_REDEMPTIONS, Target(found.organisation_id))
    try:
        form = forms.read(RedemptionSamplePage, _typed(programme_id))

        def work(session: Session) -> dict[str, Any]:
            return {"id": sampling.draw_sample(session, form, actor=who, now=now).id}

        create_once(work, actor=who, now=now)
    except InvalidInput as refused:
        return again("redemptions/samples.html", refused, **_shown(programme_id))
    flash(_("已抽取，随机种子一并保存。"), "right")
    return redirect(url_for("redemptions.samples", programme_id=programme_id), code=303)


def _typed(programme_id: int) -> dict[str, Any]:
    """What was typed, the share in percent."""
    values = posted()
    share = {"share": Written(values["share"])} if "share" in values else {}
    return values | share | {"programme_id": programme_id}


def _shown(programme_id: int) -> dict[str, Any]:
    """The programme's samples in words."""
    session, who = reading(), require_actor()
    found = programme(session, programme_id)
    rows = queries.samples_of(session, programme_id)
    numbers = {one.id: number_of(one) for one in queries.by_ids(session, {key for row in rows for key in row.drawn})}
    return {
        "programme_id": programme_id,
        "name": in_language(found.name_zh, found.name_en),
        "rows": [_row(one, numbers) for one in rows],
        "may_draw": may(who, Permission.REVIEW_REDEMPTIONS, Target(found.organisation_id)),
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "today": local_date(utcnow()),
        "key": new_key(),
    }


def _row(one: RedemptionSample, numbers: dict[int, str]) -> dict[str, Any]:
    """One sample in words."""
    return {
        "sample": one,
        "share": f"{yuan_from_fen(one.share)}%" if one.share else "",
        "drawn": [(key, numbers[key]) for key in one.drawn],
        "of": len(one.population),
    }
