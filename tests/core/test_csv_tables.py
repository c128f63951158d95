"""Tables as spreadsheets save them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.csv_tables import Decoded, decoded, is_text, rows_of

PEOPLE = "工号,姓名\n001,张三\n002,李四\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(PEOPLE.encode(), "UTF-8", id="UTF-8"),
        pytest.param(PEOPLE.encode("utf-8-sig"), "UTF-8", id="with a byte order mark"),
        pytest.param(PEOPLE.encode("gb18030"), "GB18030", id="GB18030"),
    ],
)
def test_a_file_is_read_in_the_encoding_it_was_written_in(data: bytes, encoding: str) -> None:
    assert decoded(data) == Decoded(PEOPLE, encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_few_wrong_bytes_are_found_where_they_stand_and_the_rest_is_read(encoding: str) -> None:
    data = PEOPLE.encode(encoding).replace("李四".encode(encoding), b"\xff\xff")

    rows = [cells for _, cells in rows_of(decoded(data).text) if cells]

    assert rows[:2] == [["工号", "姓名"], ["001", "张三"]]
    assert [is_text(cell) for cell in rows[2]] == [True, False]


def test_a_cell_in_another_encoding_does_not_turn_a_file_into_wrong_characters() -> None:
    data = (PEOPLE * 3).encode() + "003,王五\n".encode("gb18030")

    found = decoded(data)

    assert found.encoding == "UTF-8"
    assert found.text.startswith(PEOPLE * 3)
    assert not is_text(found.text)


def test_rows_keep_their_number_and_reading_stops_at_an_open_quote() -> None:
    assert list(rows_of('a,b\n\n1,2\n"3,4\n5,6\n')) == [(1, ["a", "b"]), (3, ["1", "2"]), (4, None)]


@given(st.binary(max_size=200))
def test_any_bytes_become_text(data: bytes) -> None:
    found = decoded(data)

    assert found.encoding in {"UTF-8", "GB18030"}
