"""The page of an instrument's blocks: set them, see at once what they collide with, take them away."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking.core.actors import Reach
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput
from booking.core.texts import N_
from booking.reservations import blocks as service
from booking.reservations.board_queries import open_conflicts
from booking.reservations.forms import BlockForm
from booking.reservations.labels import BLOCK_KINDS
from booking.reservations.views.todo import conflicts_shown, name_of
from booking.reservations.views.typed import read_typed, typed_texts
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.catalogue import Instrument
from models.vocabulary.reservations import BlockKind

FIELDS = {
    "starts_at": N_("开始"),
    "ends_at": N_("结束"),
    "kind": N_("种类"),
    "reason": N_("说明"),
    "lane_group": N_("停用什么"),
}


@signed_in
def blocks(instrument_id: int) -> ResponseReturnValue:
    """Show an instrument's blocks and their conflicts, and the form for another."""
    return _page(instrument_id, {"kind": str(BlockKind.MAINTENANCE)}, {}), 200


@signed_in
def add_block(instrument_id: int) -> ResponseReturnValue:
    """Set a block, once per form; the page then shows the reservations that lie in it."""
    try:
        form = read_typed(BlockForm, *FIELDS)
        made = _add(instrument_id, form)
    except InvalidInput as invalid:
        return _page(instrument_id, typed_texts(), problems_of(invalid)), invalid.status
    flash(_("停用时段已添加。"), "right")
    if count := made["conflicts"]:
        flash(ngettext("有 %(num)s 个预约与它冲突。", "有 %(num)s 个预约与它冲突。", count), "attention")
    return redirect(url_for(".blocks", instrument_id=instrument_id), code=303)


def _add(instrument_id: int, form: BlockForm) -> dict[str, Any]:
    """The block's id and how many reservations lie in it, made once however often the form is sent."""
    actor, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = service.add_block(
            session,
            instrument_id,
            form.period,
            form.kind,
            form.reason,
            lane_group_id=form.lane_group,
            actor=actor,
            now=now,
        )
        return {"id": made.block.id, "conflicts": len(made.conflicts)}

    return create_once(work, actor=actor, now=now)[0]


@signed_in
def remove_block(block_id: int) -> ResponseReturnValue:
    """Take a block away; its time can be booked again."""
    block = transaction(service.remove_block, block_id, actor=require_actor(), now=utcnow())
    flash(_("停用时段已撤销。"), "right")
    return redirect(url_for(".blocks", instrument_id=block.instrument_id), code=303)


def _page(instrument_id: int, typed: Mapping[str, str], problems: Mapping[str, list[str]]) -> str:
    """The page, with the form as it was filled in."""
    session, now = reading(), utcnow()
    found = service.blocks_of(session, instrument_id, actor=require_actor(), now=now)
    instrument = session.get_one(Instrument, instrument_id)
    only_this = Reach(instrument_ids=frozenset({instrument_id}))
    return render_template(
        "reservations/blocks.html",
        instrument_id=instrument_id,
        instrument_name=name_of(instrument),
        blocks=found,
        conflicts=conflicts_shown(open_conflicts(session, only_this, now=now)),
        kind_labels={kind: _(label) for kind, label in BLOCK_KINDS.items()},
        kinds=[(str(kind), _(label)) for kind, label in BLOCK_KINDS.items() if kind != BlockKind.OUTSIDE],
        groups=_groups(session, instrument_id),
        form=typed,
        problems=problems,
        labels={name: _(label) for name, label in FIELDS.items()},
        key=new_key(),
    )


def _groups(session: Session, instrument_id: int) -> list[tuple[int, str]]:
    """What can be blocked: the instrument itself, or a group that it shares."""
    return [
        (group.id, _("这台仪器") if group.own_instrument_id == instrument_id else group.name or _("共用机位"))
        for group in service.groups_of(session, instrument_id)
    ]
