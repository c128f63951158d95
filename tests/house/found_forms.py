"""The forms of a page as a browser without script would send them: action, fields, and what they hold."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

HIDDEN = {"csrf_token", "idempotency_key"}


@dataclass
class FoundForm:
    """One form: where it posts to, and the values it would send."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)

    @property
    def typed(self) -> list[str]:
        """The fields somebody can fill in, and hidden ones that somebody could forge."""
        return [name for name in self.values if name not in HIDDEN]


class _Forms(HTMLParser):
    """Collects forms while it reads."""

    def __init__(self) -> None:
        """Nothing found yet."""
        super().__init__()
        self.found: list[FoundForm] = []
        self._open: FoundForm | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form, or a field of the open one."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = FoundForm(values.get("action", ""), values.get("method", "get").lower())
            self.found.append(self._open)
        elif self._open is not None:
            self._field(tag, values)

    def _field(self, tag: str, values: dict[str, str]) -> None:
        assert self._open is not None
        name = values.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
        if tag == "option" and self._select and "selected" in values:
            self._open.values[self._select] = values.get("value", "")
        elif name and tag != "button" and (values.get("type") not in {"radio", "checkbox"} or "checked" in values):
            self._open.values[name] = values.get("value", "")
        elif name:
            self._open.values.setdefault(name, "")

    def handle_data(self, data: str) -> None:
        """The text of an open text area."""
        if self._open is not None and self._area:
            self._open.values[self._area] = self._open.values.get(self._area, "") + data

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def forms_in(page: str) -> list[FoundForm]:
    """Every form of the page."""
    reader = _Forms()
    reader.feed(page)
    return reader.found
