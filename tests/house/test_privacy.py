"""No table forgets the person: each that refers to an account is exported, or left out for a reason."""

from booking.privacy.export import columns_of
from booking.privacy.sections import LEFT_OUT, SECTIONS
from models.base import Base

REFERRING = {
    table.name
    for table in Base.metadata.tables.values()
    if any(key.column.table.name == "users" for key in table.foreign_keys)
}
EXPORTED = {section.table.__tablename__ for section in SECTIONS}


def test_every_table_that_refers_to_an_account_is_exported_or_left_out_for_a_reason() -> None:
    assert REFERRING - EXPORTED - set(LEFT_OUT) == set()
    assert set(LEFT_OUT) - REFERRING == set()
    assert EXPORTED & set(LEFT_OUT) == set()


def test_no_section_shows_a_secret_or_a_hash() -> None:
    shown = {column.name for section in SECTIONS for column in columns_of(section)}

    assert [name for name in shown if "hash" in name or "secret" in name] == []


def test_sections_have_names_of_their_own() -> None:
    names = [section.name for section in SECTIONS]

    assert sorted(set(names)) == sorted(names)
