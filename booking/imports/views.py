"""The pages of imports: history and upload, one import from its columns to its report, and files to take away."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, NotFound, Problem, Refused
from booking.core.forms import read
from booking.directory.queries import units
from booking.imports import labels, queries, service, shown, tables
from booking.imports.forms import HistoryPage, MappingForm, RowPage, TemplateQuery, mapping_of
from booking.imports.kinds import FIELDS, KINDS
from booking.imports.rules import problem_in
from booking.imports.uploads import limits, read_upload, started
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor
from booking.web.tables import table_response
from booking.web.uploads import takes_files
from models.imports import Import
from models.vocabulary.imports import WORKING, ImportKind, ImportState, RowFate

bp = Blueprint("imports", __name__)

AT_ONCE = 20
PER_PAGE = 50
ONE = "/imports/<int:import_id>"


@bp.get("/imports")
def index() -> ResponseReturnValue:
    """Show past imports, and take a new table from who may import."""
    return _index({})


def _index(problems: dict[str, list[str]]) -> str:
    """The page with the upload form."""
    session, actor = reading(), require_actor()
    may_import = queries.may_import(actor)
    owners = queries.owners_for(session, actor) if may_import else []
    before = read_query(HistoryPage).before if request.method == "GET" else None
    found = queries.history(session, actor, limit=AT_ONCE + 1, before=before)
    return render_template(
        "imports/index.html",
        may_import=may_import,
        may_list=bool(reach(actor, Permission.EDIT_RECORD)),
        owners=[(owner.id, in_language(owner.name_zh, owner.name_en)) for owner in owners],
        history=found[:AT_ONCE],
        next_before=found[AT_ONCE - 1].found.id if len(found) > AT_ONCE else None,
        problems=problems,
        form=request.form,
        labels=labels,
        kinds=[(kind.value, _(label)) for kind, label in KINDS.items()],
        kind_names=KINDS,
        key=request.form.get("idempotency_key") or new_key(),
        megabytes=limits().packed // 1_000_000,
    )


@bp.post("/imports")
@takes_files
def create() -> ResponseReturnValue:
    """Take a table in, once however often the form is sent, and go on to its page."""
    actor = require_actor()
    queries.owners_for(reading(), actor)
    try:
        answer = started(read_upload(), actor)
    except InvalidInput as invalid:
        return _index(problems_of(invalid)), invalid.status
    except Refused as refused:
        problem = InvalidInput([Problem("file", refused.sentence, refused.values)])
        return _index(problems_of(problem)), refused.status
    return redirect(url_for(".show", import_id=answer["id"]), code=303)


@bp.get(ONE)
def show(import_id: int) -> ResponseReturnValue:
    """One import: its columns, its dry run, its report, as far as it has come."""
    return _show(import_id, {}, None)


def _show(import_id: int, problems: dict[str, list[str]], typed: dict[str, str] | None) -> str:
    """The page of an import, with a mapping as it was typed if there is one."""
    session, actor = reading(), require_actor()
    found = queries.import_for(session, import_id, actor)
    goes_on = queries.goes_on(found, actor)
    wanted = read_query(RowPage) if typed is None else RowPage()
    counts = queries.fate_counts(session, found.id)
    return render_template(
        "imports/show.html",
        found=found,
        is_working=found.state in WORKING,
        kind_name=_(KINDS[found.kind]),
        failure=shown.sentence(problem_in(found.failure)) if found.failure else "",
        counts=counts,
        labels=labels,
        problems=problems,
        goes_on=goes_on,
        may_list=bool(reach(actor, Permission.EDIT_RECORD)),
        columns=_columns(session, found, typed),
        fields=[(name, _(labels.FIELDS[name])) for name in FIELDS[found.kind]],
        steads=_steads(session, found, actor, typed) if goes_on else {},
        rows=_rows(session, found, wanted, counts),
        may_undo=goes_on and _may_undo(session, found),
        key=new_key(),
    )


def _columns(session: Session, found: Import, typed: dict[str, str] | None) -> list[dict[str, str]]:
    """Each column of the file with its samples and what it is read as."""
    samples = queries.samples_of(session, found)
    return [
        {
            "name": name or _("第 %(number)s 列", number=index + 1),
            "samples": samples[index],
            "field": typed.get(f"column-{index}", "") if typed is not None else field,
        }
        for index, (name, field) in enumerate(zip(found.header, found.mapping, strict=False))
    ]


def _steads(session: Session, found: Import, actor: Actor, typed: dict[str, str] | None) -> dict[str, Any]:
    """The names in the table that no organisation has, and what they may stand for."""
    names = sorted({*found.unknown_owners, *found.steads})
    if not names:
        return {}
    owners = queries.owners_for(session, actor)
    choices = [(str(owner.id), in_language(owner.name_zh, owner.name_en)) for owner in owners]
    if found.organisation_id is not None:
        choices = [(value, name) for value, name in choices if value == str(found.organisation_id)]
        for unit in units(session, found.organisation_id):
            choices.append((f"{found.organisation_id}:{unit.name_zh}", f"— {in_language(unit.name_zh, unit.name_en)}"))
    chosen = {}
    for index, name in enumerate(names):
        stead = found.steads.get(name)
        value = f"{stead['organisation_id']}{':' + stead['unit'] if stead['unit'] else ''}" if stead else ""
        chosen[name] = typed.get(f"stead-{index}", "") if typed is not None else value
    return {"choices": choices, "chosen": chosen}


def _rows(session: Session, found: Import, wanted: RowPage, counts: dict[RowFate, int]) -> dict[str, Any]:
    """The rows of one page with their tabs."""
    entries = [("", _("全部"), sum(counts.values()))]
    entries += [(fate.value, _(labels.FATES[fate]), counts[fate]) for fate in RowFate if counts.get(fate)]
    if found.kept_count:
        entries.append(("kept", _("未撤销"), found.kept_count))
    total = next((number for value, _label, number in entries if value == wanted.fate), 0)
    fate = RowFate(wanted.fate) if wanted.fate and wanted.fate != "kept" else None
    offset = (wanted.page - 1) * PER_PAGE
    rows = queries.rows_of(session, found.id, fate=fate, is_kept=wanted.fate == "kept", limit=PER_PAGE, offset=offset)
    return {
        "tabs": [
            {
                "label": label,
                "count": number,
                "active": value == wanted.fate,
                "url": url_for(".show", import_id=found.id, fate=value or None),
            }
            for value, label, number in entries
        ],
        "shown": [
            {
                "row": row,
                "inner_id": shown.inner_id_of(row, found),
                "changes": list(shown.changes_of(row)),
                "reasons": shown.reasons_of(row, found),
                "notes": shown.notes_of(row, found),
            }
            for row in rows
        ],
        "fate": wanted.fate,
        "page": wanted.page,
        "pages": -(-total // PER_PAGE),
    }


def _may_undo(session: Session, found: Import) -> bool:
    """Whether the import can be taken back."""
    is_there = found.state == ImportState.APPLIED and found.emptied_at is None
    return is_there and not queries.later_applied(session, found)


@bp.get(f"{ONE}/progress")
def progress(import_id: int) -> ResponseReturnValue:
    """How far the work has come; when it is done, the whole page is to be shown."""
    found = queries.import_for(reading(), import_id, require_actor())
    answer = Response(render_template("imports/_progress.html", found=found, labels=labels))
    if found.state not in WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.post(f"{ONE}/mapping")
def save_mapping(import_id: int) -> ResponseReturnValue:
    """Say what each column is, and have the rows compared."""
    actor = require_actor()
    found = queries.import_for(reading(), import_id, actor)
    try:
        form = read(MappingForm, mapping_of(request.form, len(found.header)))
        transaction(service.map_columns, import_id, form, actor=actor, now=utcnow())
    except InvalidInput as invalid:
        return _show(import_id, problems_of(_at_columns(invalid)), request.form.to_dict()), invalid.status
    return redirect(url_for(".show", import_id=import_id), code=303)


def _at_columns(invalid: InvalidInput) -> InvalidInput:
    """The problems at the fields of the page."""
    renamed = {"mapping.": "column-", "steads.": "stead-"}
    found = []
    for problem in invalid.problems:
        field = problem.field
        for start, new in renamed.items():
            if field.startswith(start):
                field = new + field.removeprefix(start).partition(".")[0]
        found.append(Problem(field, problem.message, problem.values))
    return InvalidInput(found)


@bp.post(f"{ONE}/apply")
def apply(import_id: int) -> ResponseReturnValue:
    """Have the rows written; a second click changes nothing."""
    transaction(service.apply_import, import_id, actor=require_actor(), now=utcnow())
    return redirect(url_for(".show", import_id=import_id), code=303)


@bp.post(f"{ONE}/undo")
def undo(import_id: int) -> ResponseReturnValue:
    """Have the last import taken back."""
    transaction(service.undo_import, import_id, actor=require_actor(), now=utcnow())
    flash(_("正在撤销。"))
    return redirect(url_for(".show", import_id=import_id), code=303)


@bp.get(f"{ONE}/refused.<kind>")
def refused(import_id: int, kind: str) -> ResponseReturnValue:
    """The refused rows with their reasons, as a table to correct and upload again."""
    if kind not in {"csv", "xlsx"}:
        raise NotFound
    session = reading()
    found = queries.import_for(session, import_id, require_actor())
    rows = tables.refused_rows(session, found)
    return table_response(rows, f"refused-{import_id}", kind, title=_(KINDS[found.kind]))


@bp.get("/imports/template.<kind>")
def template(kind: str) -> ResponseReturnValue:
    """An empty table to fill in; as a workbook with a sheet of codes."""
    if kind not in {"csv", "xlsx"}:
        abort(404)
    session = reading()
    queries.owners_for(session, require_actor())
    wanted = read_query(TemplateQuery).content
    codes = [(_("代码"), tables.code_sheet(session))] if wanted == ImportKind.INSTRUMENTS else []
    name = wanted.value.replace("_", "-")
    return table_response(tables.template_rows(wanted), name, kind, title=_(KINDS[wanted]), more=codes)
