"""Tables that people take away, as CSV or as a workbook."""

import io
from collections.abc import Iterable

from flask import Response

from booking.core.table_writing import CSV_TYPE, XLSX_TYPE, Row, Sheets, csv_pieces, write_xlsx

KINDS = frozenset({"csv", "xlsx"})


def table_response(rows: Iterable[Row], name: str, kind: str, *, title: str, more: Sheets = ()) -> Response:
    """The rows as a file to keep; `title` and further sheets only in a workbook.

    Everything is written while the request lasts, because it is said in the reader's language.
    """
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "X-Content-Type-Options": "nosniff"}
    if kind == "csv":
        return Response(b"".join(csv_pieces(rows)), mimetype=CSV_TYPE, headers=headers)
    file = io.BytesIO()
    write_xlsx(file, [(title, rows), *more])
    return Response(file.getvalue(), mimetype=XLSX_TYPE, headers=headers)
