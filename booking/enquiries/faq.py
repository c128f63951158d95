"""Good answers made public on the instrument's page: edited, without names, in order."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission
from booking.attachments.rules import moved
from booking.catalogue.changes import assign, lock
from booking.core.actors import Actor
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.enquiries.forms import FaqForm, NewFaq
from booking.enquiries.queries import faq_of, in_full, is_readable
from models.enquiries import Enquiry, EnquiryMessage, FaqEntry

MOST_ENTRIES = 50


class WordsWithdrawn(Conflict):
    """The entry was written before the asker took words back."""

    code = "words_withdrawn"
    sentence = N_("提问人已撤回咨询中的内容。请重新打开咨询，用自己的话整理后再公开。")


def add_faq(session: Session, instrument_id: int, form: FaqForm, *, actor: Actor, now: datetime) -> FaqEntry:
    """A new entry after the others; made from an enquiry, it goes when the asker takes their words back.

    Raises InvalidInput, and WordsWithdrawn where some were taken back after the enquiry was read.
    """
    lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    values = form.model_dump(include=set(FaqForm.model_fields))
    _check(values)
    source = _source(session, instrument_id, form, actor)
    count, last = session.execute(
        select(func.count(), func.max(FaqEntry.position)).where(FaqEntry.instrument_id == instrument_id)
    ).one()
    if count >= MOST_ENTRIES:
        raise InvalidInput([Problem("question_zh", N_("常见问题最多 %(most)s 条。"), {"most": MOST_ENTRIES})])
    columns: dict[str, Any] = {**values, "from_enquiry_id": source, "created_at": now, "version": 1}
    entry = FaqEntry(instrument_id=instrument_id, position=(last or 0) + 1, **columns)
    session.add(entry)
    session.flush()
    _note(session, entry, "added", actor=actor, now=now, after=_logged(entry, values))
    return entry


def edit_faq(
    session: Session,
    instrument_id: int,
    entry_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> FaqEntry:
    """Set what is given, position included; an answer that is asked anew is public again.

    Raises InvalidInput, and StaleVersion past `expected_version`.
    """
    entry = _locked(session, instrument_id, entry_id, actor=actor)
    if expected_version is not None and expected_version != entry.version:
        raise StaleVersion
    texts = {name: value for name, value in values.items() if name != "position"}
    if texts:
        _check({name: getattr(entry, name) for name in FaqForm.model_fields} | texts)
        entry.taken_back_at, entry.edited_at = None, now
    before, after = assign(entry, texts)
    if "position" in values and _move(session, entry, values["position"] - 1):
        after["position"] = entry.position
    if after:
        entry.version += 1
        session.flush()
        logged = {"before": _logged(entry, before), "after": _logged(entry, after)}
        _note(session, entry, "edited", actor=actor, now=now, **logged)
    return entry


def move_faq(
    session: Session, instrument_id: int, entry_id: int, places: int, *, actor: Actor, now: datetime
) -> FaqEntry:
    """Move an entry by `places`: −1 is one up."""
    entry = _locked(session, instrument_id, entry_id, actor=actor)
    order = [one.id for one in faq_of(session, instrument_id)]
    if _move(session, entry, order.index(entry_id) + places):
        _note(session, entry, "edited", actor=actor, now=now, after={"position": entry.position})
    return entry


def remove_faq(
    session: Session,
    instrument_id: int,
    entry_id: int,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Take an entry off the page."""
    entry = _locked(session, instrument_id, entry_id, actor=actor)
    if expected_version is not None and expected_version != entry.version:
        raise StaleVersion
    before = _logged(entry, {name: getattr(entry, name) for name in FaqForm.model_fields})
    session.delete(entry)
    session.flush()
    _note(session, entry, "removed", actor=actor, now=now, before=before)


def take_back(session: Session, *made: ColumnElement[bool], actor: Actor, now: datetime) -> list[FaqEntry]:
    """Take entries off their pages, with their questions; the answers stay with the staff, to be asked anew."""
    public = select(FaqEntry).where(FaqEntry.taken_back_at.is_(None), *made).order_by(FaqEntry.id)
    entries = list(session.scalars(public.with_for_update().execution_options(populate_existing=True)))
    for entry in entries:
        entry.question_zh = entry.question_en = ""
        entry.taken_back_at = now
        entry.version += 1
        _note(session, entry, "taken_back", actor=actor, now=now, before={"entry_id": entry.id})
    session.flush()
    return entries


def _source(session: Session, instrument_id: int, form: FaqForm, actor: Actor) -> int | None:
    """The enquiry about this instrument that the entry is made from, locked, if one is named."""
    if not isinstance(form, NewFaq) or form.enquiry_id is None:
        return None
    named = in_full().where(Enquiry.id == form.enquiry_id, Enquiry.instrument_id == instrument_id)
    enquiry = session.scalar(named.with_for_update(of=Enquiry).execution_options(populate_existing=True))
    if enquiry is None or not is_readable(enquiry, actor):
        raise InvalidInput([Problem("enquiry_id", N_("没有关于这台仪器的这个咨询。"))])
    if form.enquiry_version != enquiry.version and _has_withdrawn(session, enquiry.id):
        raise WordsWithdrawn
    return enquiry.id


def _has_withdrawn(session: Session, enquiry_id: int) -> bool:
    """Whether the asker has taken words back."""
    withdrawn = select(EnquiryMessage.id).where(EnquiryMessage.enquiry_id == enquiry_id)
    return session.scalar(withdrawn.where(EnquiryMessage.withdrawn_at.is_not(None)).limit(1)) is not None


def faq_entry(session: Session, instrument_id: int, entry_id: int) -> FaqEntry:
    """The entry of this instrument; raises NotFound."""
    entry = session.get(FaqEntry, entry_id)
    if entry is None or entry.instrument_id != instrument_id:
        raise NotFound
    return entry


def _locked(session: Session, instrument_id: int, entry_id: int, *, actor: Actor) -> FaqEntry:
    """The entry, locked with its instrument, also against who takes words back; raises NotFound or Forbidden."""
    lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    mine = select(FaqEntry).where(FaqEntry.id == entry_id, FaqEntry.instrument_id == instrument_id)
    entry = session.scalar(mine.with_for_update().execution_options(populate_existing=True))
    if entry is None:
        raise NotFound
    return entry


def _check(values: Mapping[str, Any]) -> None:
    """An entry needs question and answer in one language at least, each question its answer."""
    found = []
    for language in ("zh", "en"):
        has_question, has_answer = bool(values[f"question_{language}"]), bool(values[f"answer_{language}"])
        if has_question != has_answer:
            field = f"answer_{language}" if has_question else f"question_{language}"
            found.append(Problem(field, N_("问题和回答请用同一种语言成对填写。")))
    if not found and not (values["question_zh"] or values["question_en"]):
        found.append(Problem("question_zh", N_("请填写此项。")))
    if found:
        raise InvalidInput(found)


def _move(session: Session, entry: FaqEntry, index: int) -> bool:
    """Put the entry at `index` among the others; whether its place changed."""
    entries = {one.id: one for one in faq_of(session, entry.instrument_id)}
    before = entry.position
    for position, one_id in enumerate(moved(list(entries), entry.id, index), start=1):
        one = entries[one_id]
        if one.position != position and one is not entry:
            one.version += 1
        one.position = position
    return entry.position != before


def _logged(entry: FaqEntry, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the log keeps of texts: of those made from an enquiry, whose asker may take it back, never the words."""
    if entry.from_enquiry_id is None:
        return dict(values)
    return {name: _trace(value) if isinstance(value, str) else value for name, value in values.items()}


def _trace(text: str) -> dict[str, Any]:
    """Which text it was, for who has it."""
    return {"length": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _note(
    session: Session,
    entry: FaqEntry,
    fact: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """One row of the audit log about the instrument."""
    subject = ("instrument", entry.instrument_id)
    audit.note(session, f"enquiries.faq_{fact}", subject, actor=actor, now=now, before=before, after=after)
