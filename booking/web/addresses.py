"""Numbers in addresses: what no row can have as its id is not found, before a database is asked."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**31 - 1


class RowId(IntegerConverter):
    """`<int:…>` as far as an INTEGER column of PostgreSQL reaches."""

    def __init__(self, url_map: Map) -> None:
        """An id without a sign."""
        super().__init__(url_map, max=LARGEST_ID)


def init_addresses(app: Flask) -> None:
    """Let `<int:…>` in every rule mean an id."""
    app.url_map.converters["int"] = RowId
