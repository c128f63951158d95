"""Imports of both institutions, waiting in their states, with rows that nobody else may read."""

from datetime import timedelta

from booking.core.actors import Actor
from booking.core.table_files import Limits
from booking.imports import applying, service, staging
from booking.imports.forms import MappingForm
from booking.imports.service import Upload
from models.imports import Import
from tests.house import worlds

HEADER = "资产编号,仪器名称,型号"


def add_imports(builder: "worlds.Builder") -> None:
    """One whose columns wait, one that was compared and one that was applied; one of the others."""
    ours, theirs = worlds.ADMIN, worlds.THEIR_ADMIN
    for name, state, key in (
        ("import", "compared", "admin"),
        ("waiting_import", "mapping", "admin"),
        ("their_import", "compared", "their_admin"),
        ("applied_import", "applied", "admin"),
    ):
        marker = builder.mark(f"row_{name}", ours if key == "admin" else theirs)
        made = _import(builder, marker, builder.actor(key), state)
        builder.keep(name, made)
    builder.world.markers["qrowappliedimportxz"] |= worlds.REVIEWER
    builder.session.commit()


def _import(builder: "worlds.Builder", marker: str, actor: Actor, state: str) -> Import:
    """An import of one good and one refused row, as far as `state`."""
    session, now = builder.session, builder.now
    content = f"{HEADER}\n{marker},{marker},x\n,{marker},x\n".encode()
    upload = Upload(f"{marker}.csv", content)
    table = service.opened(upload, Limits())
    made = service.start_import(session, upload, table, actor=actor, now=now)
    session.commit()
    leased = _leased(builder, made.id)
    for chunk in staging.chunks_after(table.rows, 0):
        rows = staging.ready_to_read(made.id, chunk, session.get_bind().dialect)
        leased = staging.store_read(session, leased, rows, now=now)
    staging.finish_reading(session, leased)
    if state != "mapping":
        service.map_columns(session, made.id, MappingForm(mapping=made.mapping), actor=actor, now=now)
        leased = _leased(builder, made.id)
        compared = staging.compare(session, made.id, applying.reach_of(actor))
        staging.finish_comparing(session, staging.store_compared(session, leased, compared, now=now))
    if state == "applied":
        service.apply_import(session, made.id, actor=actor, now=now)
        leased = _leased(builder, made.id)
        prepared = applying.prepare_staged(session, made.id, actor=actor, now=now - timedelta(hours=1))
        applying.apply_staged(session, leased, prepared)
    session.commit()
    return made


def _leased(builder: "worlds.Builder", import_id: int) -> staging.Leased:
    """The lease that the service's own work would take."""
    builder.session.flush()
    leased = staging.lease(builder.session, import_id, now=builder.now)
    assert leased is not None
    return leased
