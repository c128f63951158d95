"""How texts differ and when a version is through."""

from booking.catalogue.review_rules import Piece, differences, is_through, pieces


def test_the_same_person_twice_is_one_person() -> None:
    assert [is_through(who) for who in ([], [1], [1, 1], [1, 2])] == [False, False, False, True]


def test_pieces_say_what_stayed_went_and_came() -> None:
    assert pieces("分辨率 0.8 nm", "分辨率 0.4 nm") == [
        Piece("same", "分辨率 "),
        Piece("old", "0.8"),
        Piece("new", "0.4"),
        Piece("same", " nm"),
    ]


def test_only_what_differs_is_to_be_reviewed_and_everything_when_nothing_was() -> None:
    before, after = {"model": "A", "fees_zh": "x"}, {"model": "B", "fees_zh": "x", "url": ""}

    assert [(one.field, one.before, one.after) for one in differences(before, after)] == [("model", "A", "B")]
    assert [(one.field, one.before) for one in differences(None, after)] == [("model", None), ("fees_zh", None)]
