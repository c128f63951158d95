"""Changing many records at once and sending many to review, by the HTTP API."""

from typing import Any

from flask import Response
from pydantic import BaseModel

from booking.accounts.permissions import Permission, reach
from booking.catalogue import bulk, bulk_submitting
from booking.catalogue.api.answering import json_answer
from booking.catalogue.bulk_forms import BulkEdit, BulkSubmission
from booking.catalogue.inheritance import Level
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem, Refused
from booking.core.texts import N_
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.signed_in import require_actor


class DifferenceAnswer(BaseModel):
    """One value before and after; the levels say where it comes from when it can be inherited."""

    field: str
    before: Any
    after: Any
    level_before: Level | None
    level_after: Level | None


class ReasonAnswer(BaseModel):
    """Why a record is left as it is."""

    field: str
    message: str


class RowAnswer(BaseModel):
    """What became of one record, or in a dry run would."""

    instrument_id: int
    name_zh: str
    name_en: str
    version: int
    changes: list[DifferenceAnswer]
    refused: list[ReasonAnswer]


class BulkAnswer(BaseModel):
    """Every record with what differs or why it is refused; each is changed wholly or not at all."""

    dry_run: bool
    changed: int
    unchanged: int
    refused: int
    rows: list[RowAnswer]


class SubmissionAnswer(BaseModel):
    """What became of one record: without reasons it waits for review now; `is_short`: too few people may decide."""

    instrument_id: int
    name_zh: str
    name_en: str
    version: int
    is_short: bool
    refused: list[ReasonAnswer]


class SubmissionsAnswer(BaseModel):
    """Every record with why it was not sent to review, if it was not."""

    submitted: int
    refused: int
    rows: list[SubmissionAnswer]


@documented(tag="catalogue", body=BulkEdit, answers={200: BulkAnswer}, refusals=(400, 401, 403, 415, 422))
def edit_many() -> Response:
    """Set fields of many records, or let them inherit again; with `dry_run` only tell what would come of it."""
    actor, form, now = require_actor(), read_json(BulkEdit), utcnow()
    if not reach(actor, Permission.EDIT_RECORD):
        raise Forbidden
    change = form.change()
    bulk.check(change)
    ids = _ids(form, actor)
    rows: list[bulk.Row] = []
    for part in bulk.parts(ids):
        rows += transaction(
            bulk.edit_many, part, change, versions=form.versions, dry_run=form.dry_run, actor=actor, now=now
        )
    changed, refused = sum(bool(row.differences) for row in rows), sum(row.refused is not None for row in rows)
    unchanged = len(rows) - changed - refused
    answered = [_row(row) for row in rows]
    counts = {"changed": changed, "unchanged": unchanged, "refused": refused}
    return json_answer(BulkAnswer(dry_run=form.dry_run, rows=answered, **counts))


@documented(tag="catalogue", body=BulkSubmission, answers={200: SubmissionsAnswer}, refusals=(400, 401, 403, 415, 422))
def submit_many() -> Response:
    """Send complete drafts to secrecy review, each on its own; the others are told what they lack."""
    actor, form, now = require_actor(), read_json(BulkSubmission), utcnow()
    if not reach(actor, Permission.EDIT_RECORD):
        raise Forbidden
    rows = [
        row
        for part in bulk.parts(_ids(form, actor))
        for row in transaction(
            bulk_submitting.submit_many, part, form.note, versions=form.versions, actor=actor, now=now
        )
    ]
    refused = sum(row.refused is not None for row in rows)
    return json_answer(
        SubmissionsAnswer(submitted=len(rows) - refused, refused=refused, rows=[_submission(row) for row in rows])
    )


def _ids(form: BulkEdit | BulkSubmission, actor: Actor) -> list[int]:
    """The records that are named, or that fit the filter; raises InvalidInput for none."""
    ids = form.instrument_ids or (bulk.chosen_ids(reading(), form.filter, actor=actor) if form.filter else [])
    if not ids:
        raise InvalidInput([Problem("instrument_ids", N_("请先在列表中选择仪器。"))])
    return ids


def _submission(row: bulk_submitting.Submitted) -> SubmissionAnswer:
    """One record."""
    return SubmissionAnswer(
        instrument_id=row.instrument_id,
        name_zh=row.name_zh,
        name_en=row.name_en,
        version=row.version,
        is_short=row.is_short,
        refused=reasons(row.refused),
    )


def _row(row: bulk.Row) -> RowAnswer:
    """One record."""
    changes = [
        DifferenceAnswer(
            field=one.name,
            before=one.before,
            after=one.after,
            level_before=one.level_before,
            level_after=one.level_after,
        )
        for one in row.differences
    ]
    return RowAnswer(
        instrument_id=row.instrument_id,
        name_zh=row.name_zh,
        name_en=row.name_en,
        version=row.version,
        changes=changes,
        refused=reasons(row.refused),
    )


def reasons(refused: Refused | None) -> list[ReasonAnswer]:
    """Every reason in words, at its field."""
    if isinstance(refused, InvalidInput):
        return [
            ReasonAnswer(field=name, message=text) for name, texts in problems_of(refused).items() for text in texts
        ]
    return [ReasonAnswer(field="", message=sentence_of(refused))] if refused else []
