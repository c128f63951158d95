"""The same content is made into a file once, as long as there is room."""

from booking.web.kept_papers import KeptPapers


def test_what_was_asked_for_last_is_kept_within_its_room() -> None:
    papers = KeptPapers(most_bytes=10)
    made: list[tuple[object, ...]] = []

    def asked(*content: object, size: int = 4) -> bytes:
        def make() -> bytes:
            made.append(content)
            return f"{content[-1]}".encode().ljust(size)

        return papers.file(content, make)

    assert [asked("zh", 1), asked("zh", 1), asked("en", 1)] == [b"1   "] * 3
    assert made == [("zh", 1), ("en", 1)]
    asked("zh", 1)
    asked("zh", 2)
    assert asked("zh", 1) == b"1   "
    assert made == [("zh", 1), ("en", 1), ("zh", 2)]
    asked("en", 1)
    asked("zh", 3, size=11)
    asked("zh", 3, size=11)
    assert made[3:] == [("en", 1), ("zh", 3), ("zh", 3)]
