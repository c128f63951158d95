"""Voucher programmes and the register in the world: of the officer's authority, and of that of the other province."""

from datetime import date
from typing import TYPE_CHECKING

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.vouchers.issuing import Issue, issue
from booking.vouchers.registering import evidence_of
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.recognitions import RecognitionKind
from tests.factories.programmes import SICHUAN, make_authority, make_officer, make_programme
from tests.factories.vouchers import OPENED, make_firm, make_registered

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_programmes(builder: "Builder") -> None:
    """One programme and one entry of the register on either side."""
    session, officer = builder.session, builder.actor("officer")
    own = session.get_one(Organisation, min(reach(officer, Permission.MANAGE_PROGRAMMES).organisation_ids))
    their = make_authority(session, SICHUAN, name_zh="对方科技厅", name_en="Their authority")
    their_officer = make_officer(session, their, "their-officer", now=builder.now)
    _add(builder, "", own, officer)
    _add(builder, "their_", their, their_officer)
    agent = min(reach(builder.actor("agent"), Permission.ORDER_FOR_FIRM).organisation_ids)
    builder.world.names["firm"] = agent
    _issue(builder, "", agent, officer)
    _issue(builder, "their_", make_firm(session, SICHUAN, name_zh="对方企业").id, their_officer)
    _register(builder, own, builder.world.names["firm_id"], officer)
    session.commit()


def _register(builder: "Builder", authority: Organisation, firm_id: int, officer: Actor) -> None:
    """A programme of the officer's authority whose vouchers live elsewhere, and one that the agent registered."""
    session, said = builder.session, {"reserves_budget": "never", "runs_at": "科创通", "name_zh": "科创通 2026"}
    builder.keep("elsewhere_programme", make_programme(session, authority, officer, now=builder.now, **said))
    firm, agent = session.get_one(Organisation, firm_id), builder.actor("agent")
    programme = session.get_one(Programme, builder.world.names["elsewhere_programme"])
    made = make_registered(session, firm, 100_000, agent=agent, programme=programme)
    builder.keep("elsewhere_voucher", made)
    builder.world.names["evidence"] = evidence_of(session, made.id)[0].id


def _issue(builder: "Builder", side: str, firm_id: int, officer: Actor) -> None:
    """A voucher of one authority, issued in January."""
    wanted = Issue(builder.world.names[f"{side}programme"], firm_id, 100_000)
    builder.keep(f"{side}voucher", issue(builder.session, wanted, actor=officer, now=OPENED))


def _add(builder: "Builder", side: str, authority: Organisation, officer: Actor) -> None:
    """What one authority has."""
    builder.keep(f"{side}authority", authority)
    made = make_programme(builder.session, authority, officer, now=builder.now)
    builder.keep(f"{side}programme", made)
    form = RecognitionForm(
        organisation_id=authority.id,
        kind=RecognitionKind.PROVIDER,
        provider_id=builder.world.names["their_organisation"],
        starts_on=date(2026, 1, 1),
        notice="互认通知",
    )
    builder.keep(f"{side}recognition", recognise(builder.session, form, actor=officer, now=builder.now))
