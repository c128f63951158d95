"""Marks sentences for translation where no language is known yet."""


def N_(text: str) -> str:  # noqa: N802 - the name that message extraction looks for
    """The Chinese source sentence itself; the page or answer translates it."""
    return text
