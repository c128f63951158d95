from dataclasses import dataclass
from datetime import UTC, date, datetime

from booking.core.clock import at_local
from booking.core.period import Period
from booking.reservations.board_layout import hours_shown, now_column, rows_of, window_of

DAY = date(2026, 11, 24)


@dataclass(frozen=True)
class Item:
    name: str
    period: Period


def item(name: str, start: int, end: int) -> Item:
    return Item(name, Period(at_local(DAY, start), at_local(DAY, end)))


def spans(items: list[Item]) -> list[list[tuple[int, str]]]:
    rows = rows_of(items, window_of(DAY, range(8, 10)))
    return [[(cell.span, cell.item.name if cell.item else "") for cell in row] for row in rows]


def test_the_working_day_is_shown_when_nothing_happens_outside_it() -> None:
    assert hours_shown(DAY, [item("a", 600, 660)]) == range(8, 20)


def test_the_hours_widen_to_what_happens_outside_the_working_day() -> None:
    assert hours_shown(DAY, [item("early", 390, 420), item("late", 1260, 1290)]) == range(6, 22)


def test_what_reaches_into_other_days_never_shows_more_than_one_day() -> None:
    assert hours_shown(DAY, [item("long", -600, 3000)]) == range(24)


def test_an_empty_row_is_cut_at_every_hour() -> None:
    assert spans([]) == [[(12, ""), (12, "")]]


def test_an_item_spans_one_column_for_every_five_minutes() -> None:
    assert spans([item("a", 495, 555)]) == [[(3, ""), (12, "a"), (9, "")]]


def test_an_item_between_two_columns_takes_both() -> None:
    assert spans([item("a", 482, 488)]) == [[(2, "a"), (10, ""), (12, "")]]


def test_an_item_that_began_before_is_cut_at_the_edge() -> None:
    assert spans([item("a", 400, 540)]) == [[(12, "a"), (12, "")]]


def test_items_that_follow_each_other_share_a_row() -> None:
    assert spans([item("b", 540, 600), item("a", 480, 540)]) == [[(12, "a"), (12, "b")]]


def test_items_that_overlap_stand_in_rows_below_each_other() -> None:
    assert spans([item("a", 480, 570), item("b", 540, 600)]) == [
        [(18, "a"), (6, "")],
        [(12, ""), (12, "b")],
    ]


def test_the_present_has_a_column_only_while_it_is_shown() -> None:
    window = window_of(DAY, range(8, 10))

    assert now_column(window, datetime(2026, 11, 24, 0, 32, tzinfo=UTC)) == 6
    assert now_column(window, datetime(2026, 11, 24, 2, 0, tzinfo=UTC)) is None
