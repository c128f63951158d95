"""Who may call what: imports."""

import io
from typing import Any

from tests.house.asking import Line
from tests.house.matrix.writing import ADMINS, THEIR_ADMINS, page, put, read, sent, step
from tests.house.worlds import THEIR_ADMIN

TABLE = "资产编号,仪器名称\nX-1,电镜\n".encode()
MAPPING: dict[str, Any] = {"mapping": ["inner_id", "name_zh", "model"]}
COLUMNS = {"column-0": "inner_id", "column-1": "name_zh", "column-2": "model"}
IMPORTERS = ADMINS | THEIR_ADMIN


def table() -> tuple[io.BytesIO, str]:
    """A file as a browser sends it, anew for each request."""
    return io.BytesIO(TABLE), "table.csv"


IMPORTS = (
    page("/imports", IMPORTERS, other=403),
    page("/imports/template.csv", IMPORTERS, other=403),
    page("/imports/template.xlsx?content=test_items", IMPORTERS, other=403),
    sent("/imports", IMPORTERS, {"file": table}, other=403),
    page("/imports/{import}", ADMINS),
    page("/imports/{waiting_import}", ADMINS),
    page("/imports/{applied_import}", ADMINS),
    page("/imports/{their_import}", THEIR_ADMINS),
    page("/imports/{import}/progress", ADMINS),
    page("/imports/{import}/refused.csv", ADMINS),
    page("/imports/{their_import}/refused.xlsx", THEIR_ADMINS),
    sent("/imports/{waiting_import}/mapping", ADMINS, COLUMNS),
    sent("/imports/{import}/apply", ADMINS),
    sent("/imports/{applied_import}/undo", ADMINS),
    read("/imports", IMPORTERS, other=403),
    Line("POST /api/v1/imports", IMPORTERS, form={"file": table}, ok=201, other=403),
    read("/imports/{import}", ADMINS),
    read("/imports/{import}/rows", ADMINS),
    read("/imports/{their_import}/rows", THEIR_ADMINS),
    put("/imports/{import}/mapping", ADMINS, MAPPING),
    put("/imports/{their_import}/mapping", THEIR_ADMINS, MAPPING),
    step("/imports/{import}/apply", ADMINS, {}),
    step("/imports/{applied_import}/undo", ADMINS, {}),
)
