"""What is read from outside about merging units."""

from typing import Annotated

from booking.catalogue.form_fields import Id
from booking.core.forms import Blank, Explained, Form, PageForm


class MergeForm(Explained):
    """The unit that a unit is merged into, and why."""

    into_id: Id


class MergePage(MergeForm, PageForm):
    """The same with the version that the page was made from."""

    version: Annotated[int | None, Blank] = None


class MergeQuery(PageForm):
    """Which unit the page previews."""

    into_id: Annotated[Id | None, Blank] = None


class PreviewQuery(Form):
    """Which unit an answer previews."""

    into_id: Id
