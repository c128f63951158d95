"""The page of a programme's audit samples: what was drawn by which seed, and the form that draws."""

from collections.abc import Sequence
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
from booking.redemptions import drawn, labels, sampling
from booking.redemptions.forms import RedemptionFindingPage, RedemptionSamplePage, RedemptionSamplesPage
from booking.redemptions.wording import number_of
from booking.web import filters
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.redemptions import RedemptionSample

PER_PAGE = 30


@signed_in
def everywhere() -> ResponseReturnValue:
    """Show what was drawn of all programmes whose samples one sees, the newest first."""
    session, who, asked = reading(), require_actor(), read_query(RedemptionSamplesPage)
    page = drawn.samples(session, who, None, limit=PER_PAGE, cursor=asked.cursor)
    next_url = url_for("redemptions.all_samples", cursor=page.next_cursor) if page.next_cursor else ""
    return render_template("redemptions/all_samples.html", rows=_rows(session, page.items), next_url=next_url)


@signed_in
def samples(programme_id: int) -> ResponseReturnValue:
    """Show what was drawn of a programme, and draw anew."""
    who, now = require_actor(), utcnow()
    _seen(programme_id)
    if request.method == "GET":
        return render_template("redemptions/samples.html", form={}, problems={}, **_shown(programme_id))
    require(who, Permission.REVIEW_REDEMPTIONS, _place(programme_id))
    try:
        form = forms.read(RedemptionSamplePage, _typed(programme_id))

        def work(session: Session) -> dict[str, Any]:
            return {"id": sampling.draw_sample(session, form, actor=who, now=now).id}

        create_once(work, actor=who, now=now)
    except InvalidInput as refused:
        return again("redemptions/samples.html", refused, **_shown(programme_id))
    flash(_("已抽取，随机种子一并保存。"), "right")
    return redirect(url_for("redemptions.samples", programme_id=programme_id), code=303)


@signed_in
def find(programme_id: int) -> ResponseReturnValue:
    """Record what was found of a redemption that was drawn."""
    who, now = require_actor(), utcnow()
    _seen(programme_id)
    require(who, Permission.REVIEW_REDEMPTIONS, _place(programme_id))
    try:
        page = forms.read(RedemptionFindingPage, posted())

        def work(session: Session) -> dict[str, Any]:
            made = sampling.record_finding(session, page.sample_id, page.finding, actor=who, now=now)
            return {"id": made.id}

        create_once(work, actor=who, now=now)
    except InvalidInput as refused:
        return again("redemptions/samples.html", refused, **_shown(programme_id))
    flash(_("已登记核查结果。"), "right")
    here = url_for("redemptions.samples", programme_id=programme_id, _anchor=f"sample-{page.sample_id}")
    return redirect(here, code=303)


def _place(programme_id: int) -> Target:
    """Where somebody must hold a permission for the samples of a programme; raises NotFound."""
    return Target(programme(reading(), programme_id).organisation_id)


def _seen(programme_id: int) -> None:
    """Raises NotFound, and Forbidden for who does not see the samples of a programme."""
    require(require_actor(), Permission.SEE_REDEMPTION_SAMPLES, _place(programme_id))


def _typed(programme_id: int) -> dict[str, Any]:
    """What was typed, the share in percent."""
    values = posted()
    share = {"share": Written(values["share"])} if "share" in values else {}
    return values | share | {"programme_id": programme_id}


def _shown(programme_id: int) -> dict[str, Any]:
    """The programme's samples in words."""
    session, who, asked = reading(), require_actor(), read_query(RedemptionSamplesPage)
    found = programme(session, programme_id)
    page = drawn.samples(session, who, programme_id, limit=PER_PAGE, cursor=asked.cursor)
    rows = _rows(session, page.items)
    here = url_for("redemptions.samples", programme_id=programme_id, cursor=page.next_cursor)
    return {
        "programme_id": programme_id,
        "name": in_language(found.name_zh, found.name_en),
        "rows": rows,
        "choices": [(_period(row["sample"]), _values(row)) for row in rows],
        "next_url": here if page.next_cursor else "",
        "may_draw": may(who, Permission.REVIEW_REDEMPTIONS, Target(found.organisation_id)),
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "outcomes": [("1", _("无误")), ("0", _("有误"))],
        "today": local_date(utcnow()),
        "key": new_key(),
    }


def _period(one: RedemptionSample) -> str:
    """Between which days was paid what a sample was drawn of."""
    return str(_("%(first)s – %(last)s", first=filters.day(one.paid_from), last=filters.day(one.paid_until)))


def _values(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What a sample has drawn, to choose from."""
    return [(f"{row['sample'].id}-{item.redemption.id}", number) for number, item in row["drawn"]]


def _rows(session: Session, found: Sequence[RedemptionSample]) -> list[dict[str, Any]]:
    """Samples in words, each with what it has drawn and what was found."""
    items = drawn.drawn_of(session, found)
    return [
        {
            "sample": one,
            "programme": in_language(one.programme.name_zh, one.programme.name_en),
            "authority": in_language(one.programme.organisation.name_zh, one.programme.organisation.name_en),
            "share": f"{yuan_from_fen(one.share)}%" if one.share else "",
            "drawn": [(number_of(item.redemption), item) for item in items[one.id]],
            "seen": sum(item.finding is not None for item in items[one.id]),
            "of": len(one.population),
        }
        for one in found
    ]
