"""Which role somebody with several acts in, as typed values."""

from typing import Annotated

from booking.core.forms import Blank, PageForm
from models.vocabulary.accounts import Role


class RoleForm(PageForm):
    """One of one's roles; nothing means all of them."""

    role: Annotated[Role | None, Blank] = None
