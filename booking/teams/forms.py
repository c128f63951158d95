"""What is read from outside about teams: names, wishes to join, decisions, invitations."""

from typing import Annotated

from pydantic import AfterValidator, Field

from booking.accounts.forms import Email
from booking.accounts.rules import normal_address
from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, PageForm, Text
from booking.core.pages import LARGEST_PAGE

Id = Annotated[int, Field(ge=1, lt=2**31)]
Reason = Annotated[Text, Field(max_length=600)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str, Field(max_length=200)]


class TeamForm(Form):
    """What a team is called."""

    name_zh: Annotated[FilledLine, Field(max_length=120)]
    name_en: Annotated[Line, Field(max_length=120)] = ""


class NewTeamForm(TeamForm):
    """A team with the address of its lead; oneself when none is given."""

    organisation_id: Id
    lead: Annotated[Line, Field(max_length=254), AfterValidator(normal_address)] = ""


class JoinForm(Form):
    """Why somebody wants to join."""

    message: Reason = ""


class DecisionForm(Form):
    """Why, for a no."""

    reason: Reason = ""


class RefusalForm(Form):
    """Why not."""

    reason: Annotated[Text, Field(min_length=1, max_length=600)]


class LastDayForm(Form):
    """The last day of a membership, included."""

    last_day: NearDay
    reason: Reason = ""


class DeputyForm(Form):
    """Whether a member is a deputy."""

    is_deputy: bool


class MemberForm(Form):
    """One of the memberships of a team."""

    member: Id


class LeadAnswerForm(Form):
    """Whether one takes the lead over."""

    accepts: bool


class InviteForm(Form):
    """Who is invited: by address, or a person of the institution by staff number; exactly one of the two."""

    email: Annotated[Email | None, Blank] = None
    staff_number: Annotated[Line, Field(max_length=40)] = ""


class TeamsQuery(Form):
    """Whose teams: of an organisation, or one's own."""

    organisation: Annotated[Id | None, Blank] = None
    limit: Limit = 50
    cursor: Cursor = ""


class TeamPage(TeamForm, PageForm):
    """A team's names as the page sends them, with the version the page was made from."""

    version: Annotated[int | None, Blank] = None


class NewTeamPage(TeamForm, PageForm):
    """A new team as the page sends it."""

    lead: Annotated[Line, Field(max_length=254), AfterValidator(normal_address)] = ""


class JoinPage(JoinForm, PageForm):
    """A wish to join, as the page sends it."""


class DecisionPage(DecisionForm, PageForm):
    """A decision, as the page sends it."""


class RefusalPage(RefusalForm, PageForm):
    """A no, as the page sends it."""


class LastDayPage(LastDayForm, PageForm):
    """The end of a membership, as the page sends it."""


class DeputyPage(DeputyForm, PageForm):
    """Naming a deputy, as the page sends it."""


class MemberPage(MemberForm, PageForm):
    """A member chosen from the list, as the page sends it."""


class LeadAnswerPage(LeadAnswerForm, PageForm):
    """The answer of who was asked, as the page sends it."""


class InvitePage(InviteForm, PageForm):
    """An invitation, as the page sends it."""


class ListPage(PageForm):
    """Which part of a list."""

    cursor: Cursor = ""
