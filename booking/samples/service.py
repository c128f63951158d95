"""Asking for tests of samples, and what both sides write about them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, require
from booking.affiliations.queries import belongs
from booking.attachments import service as attachments
from booking.attachments.preparing import FIELD, FilesRefused, Prepared
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.catalogue.keeping import staff_organisation_id, staff_target
from booking.catalogue.queries import instrument_for, target_of, test_items_of
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem, Refused
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.samples.forms import SampleOrderForm
from booking.samples.queries import asked_since, requesters_bytes, side_of
from booking.samples.rules import MOST_A_DAY, REQUESTERS_SHARE, Asked, Side, request_problems
from booking.samples.stepping import lock, note
from models.accounts import User
from models.attachments import Attachment
from models.catalogue import Instrument, TestItem
from models.samples import Sample, SampleMessage, SampleOrder
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.catalogue import PublishingState, ShareMode
from models.vocabulary.samples import SampleOrderState, SampleState, SampleStep

ITEM = ("name_zh", "name_en", "standard")


class TooManyOrders(Refused):
    """Somebody asks for more in a day than people can quote."""

    code = "too_many_orders"
    sentence = N_("一天内最多提出 %(most)s 个委托，请明天再试。")


class TakesNoSamples(Refused):
    """The owner does not share the instrument with this person."""

    code = "takes_no_samples"
    sentence = N_("这台仪器不对您开放送样。")


def orderable(session: Session, instrument_id: int, actor: Actor) -> Instrument:
    """The published instrument, which the actor may read; raises NotFound."""
    instrument = instrument_for(session, instrument_id, actor)
    if instrument.publishing_state != PublishingState.PUBLISHED:
        raise NotFound
    return instrument


def request_order(
    session: Session,
    instrument_id: int,
    form: SampleOrderForm,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> SampleOrder:
    """Ask the staff of a published instrument to test samples, for oneself or for a firm one acts for."""
    instrument = orderable(session, instrument_id, actor)
    items = _items(session, instrument, form)
    _check(session, instrument, form, items, actor=actor, now=now)
    order = _new(instrument_id, form, items, actor=actor, now=now)
    session.add(order)
    session.flush()
    marks = [*form.marks, *[""] * (form.sample_count - len(form.marks))]
    session.add_all(
        Sample(order_id=order.id, position=position, mark=mark, state=SampleState.EXPECTED, condition="")
        for position, mark in enumerate(marks, start=1)
    )
    if form.message:
        write(session, order, form.message, is_staff=False, actor=actor, now=now)
    attach(session, order, instrument.organisation_id, files, limits, actor=actor, now=now)
    note(session, order, SampleStep.REQUEST, actor=actor, now=now)
    return order


def _items(session: Session, instrument: Instrument, form: SampleOrderForm) -> list[TestItem]:
    """The chosen test items that everybody may read; raises InvalidInput for others."""
    offered = {item.id: item for item in test_items_of(session, instrument.id) if not item.is_held}
    if not set(form.test_items) <= set(offered):
        raise InvalidInput([Problem("test_items", N_("这台仪器没有这个检测项目。"))])
    return [item for number, item in offered.items() if number in form.test_items]


def _check(
    session: Session,
    instrument: Instrument,
    form: SampleOrderForm,
    items: Sequence[TestItem],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Refuse what does not fit together, a firm one does not act for, and more than a person asks in a day."""
    session.execute(select(User.id).where(User.id == actor.id).with_for_update(key_share=True))
    if not _is_shared(session, instrument, actor, local_date(now)):
        raise TakesNoSamples
    firm = Target(form.organisation_id)
    if form.organisation_id is not None and not may(actor, Permission.ORDER_FOR_FIRM, firm):
        raise InvalidInput([Problem("organisation_id", N_("您不是这个企业的经办人。"))])
    asked = Asked(
        tests=len(items),
        other_tests=form.other_tests,
        marks=len(form.marks),
        sample_count=form.sample_count,
        hazards=len(form.hazards),
        hazard_note=form.hazard_note,
        leftover=form.leftover,
        return_address=form.return_address,
        report=form.report,
        offered=frozenset(item.report_mark for item in items),
        due_on=form.due_on,
    )
    if problems := request_problems(asked, today=local_date(now)):
        raise InvalidInput(problems)
    if asked_since(session, actor.id, now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooManyOrders(most=MOST_A_DAY)


def _is_shared(session: Session, instrument: Instrument, actor: Actor, today: date) -> bool:
    """Whether the owner shares the instrument with the person: with everybody, or with those who belong there."""
    if instrument.share_mode != ShareMode.INTERNAL:
        return instrument.share_mode != ShareMode.NONE
    by_role = may(actor, Permission.BOOK_INTERNALLY, target_of(instrument))
    return by_role or belongs(session, actor.id, instrument.organisation_id, today)


def _new(
    instrument_id: int, form: SampleOrderForm, items: Sequence[TestItem], *, actor: Actor, now: datetime
) -> SampleOrder:
    """The order as it was asked for."""
    said = ("title", "sample_count", "description", "other_tests", "hazard_note", "leftover", "return_address")
    return SampleOrder(
        instrument_id=instrument_id,
        requested_by_id=actor.id,
        organisation_id=form.organisation_id,
        state=SampleOrderState.REQUESTED,
        tests=[{**{name: getattr(item, name) for name in ITEM}, "mark": str(item.report_mark)} for item in items],
        hazards=[str(one) for one in dict.fromkeys(form.hazards)],
        report=form.report,
        due_on=form.due_on,
        courier="",
        tracking_number="",
        return_courier="",
        return_number="",
        requested_at=now,
        changed_at=now,
        version=1,
        **{name: getattr(form, name) for name in said},
    )


def add_message(
    session: Session,
    order_id: int,
    text: str,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> SampleMessage:
    """Write to the other side, with files; as long as the order is known, also after its end."""
    order, side = lock(session, order_id, actor=actor)
    if side == Side.STAFF:
        require(actor, Permission.HANDLE_SAMPLES, staff_target(order))
    message = write(session, order, text, is_staff=side == Side.STAFF, actor=actor, now=now)
    attach(session, order, staff_organisation_id(order), files, limits, actor=actor, now=now)
    order.version += 1
    order.changed_at = now
    session.flush()
    audit.note(session, "samples.written", ("sample_order", order.id), actor=actor, now=now)
    told = {"order_id": order.id, "step": "write", "is_staff": side == Side.STAFF, "message_id": message.id}
    announce(session, "samples.changed", told, now=now)
    return message


def write(
    session: Session,
    order: SampleOrder,
    text: str,
    *,
    is_staff: bool,
    removed_file: str = "",
    actor: Actor,
    now: datetime,
) -> SampleMessage:
    """One message of the actor's side; with the name of a file, why it was taken away."""
    said = {"is_staff": is_staff, "text": text, "removed_file": removed_file}
    message = SampleMessage(order_id=order.id, author_id=actor.id, written_at=now, **said)
    session.add(message)
    session.flush()
    return message


def attach(
    session: Session,
    order: SampleOrder,
    organisation_id: int,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> list[Attachment]:
    """Store files of an order; both sides see them."""
    if not files:
        return []
    owner = Owner(OwnerKind.SAMPLE_ORDER, order.id, organisation_id)
    is_asker = side_of(order, actor) == Side.REQUESTER
    who: dict[str, Any] = {"actor": actor, "now": now, "is_asker": is_asker}
    added = attachments.add_attachments(session, owner, files, Visibility.STAFF, limits, **who)
    if is_asker:
        _check_share(session, organisation_id, limits)
    return added


def _check_share(session: Session, organisation_id: int, limits: Limits) -> None:
    """Refuse files of requesters that would leave results too little room; after storing, under the quota's lock."""
    if requesters_bytes(session, organisation_id) > limits.quota_bytes // REQUESTERS_SHARE:
        raise FilesRefused([Problem(FIELD, N_("承接方为委托附件留的空间已用完，请在留言中商定怎样传送文件。"))])
