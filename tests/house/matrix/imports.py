"""Who may call what: imports."""

import io
from typing import Any

from tests.house.asking import Line
from tests.house.matrix.writing import ADMINS, AUDITOR, THEIR_ADMINS, page, put, read, sent, step
from tests.house.worlds import THEIR_ADMIN

TABLE = "资产编号,仪器名称\nX-1,电镜\n".encode()
MAPPING: dict[str, Any] = {"mapping": ["inner_id", "name_zh", "model"]}
COLUMNS = {"column-0": "inner_id", "column-1": "name_zh", "column-2": "model"}
IMPORTERS = ADMINS | THEIR_ADMIN
SEEING = ADMINS | AUDITOR
THEIR_SEEING = THEIR_ADMINS | AUDITOR


def table() -> tuple[io.BytesIO, str]:
    """A file as a browser sends it, anew for each request."""
    return io.BytesIO(TABLE), "table.csv"


IMPORTS = (
    page("/imports", IMPORTERS | AUDITOR, other=403),
    page("/imports/template.csv", IMPORTERS, other=403),
    page("/imports/template.xlsx?content=test_items", IMPORTERS, other=403),
    sent("/imports", IMPORTERS, {"file": table}, other=403),
    page("/imports/{import}", SEEING),
    page("/imports/{waiting_import}", SEEING),
    page("/imports/{applied_import}", SEEING),
    page("/imports/{their_import}", THEIR_SEEING),
    page("/imports/{import}/progress", SEEING),
    page("/imports/{import}/refused.csv", SEEING),
    page("/imports/{their_import}/refused.xlsx", THEIR_SEEING),
    sent("/imports/{waiting_import}/mapping", ADMINS, COLUMNS, forbidden=AUDITOR),
    sent("/imports/{import}/apply", ADMINS, forbidden=AUDITOR),
    sent("/imports/{applied_import}/undo", ADMINS, forbidden=AUDITOR),
    read("/imports", IMPORTERS | AUDITOR, other=403),
    Line("POST /api/v1/imports", IMPORTERS, form={"file": table}, ok=201, other=403),
    read("/imports/{import}", SEEING),
    read("/imports/{import}/rows", SEEING),
    read("/imports/{their_import}/rows", THEIR_SEEING),
    put("/imports/{import}/mapping", ADMINS, MAPPING, forbidden=AUDITOR),
    put("/imports/{their_import}/mapping", THEIR_ADMINS, MAPPING, forbidden=AUDITOR),
    step("/imports/{import}/apply", ADMINS, {}, forbidden=AUDITOR),
    step("/imports/{applied_import}/undo", ADMINS, {}, forbidden=AUDITOR),
)
